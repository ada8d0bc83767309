/// A text that a subscription names topics by (MQTT 5, 4.7): `dsmr/+/record`.
enum TopicFilter {
  /// What keeps a text from being a filter; nil for nothing.
  static func fault(in text: String) -> String? {
    let levels = text.split(separator: "/", omittingEmptySubsequences: false)
    let areWildcardsAlone = levels.allSatisfy { level in
      level.count == 1 || !level.contains { "+#".contains($0) }
    }
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && !$0.properties.isNoncharacterCodePoint
    }
    guard !text.isEmpty, text.utf8.count <= 65_535, isPlain, areWildcardsAlone,
      !levels.dropLast().contains("#")
    else {
      return "invalid topic filter \"\(text)\": + and # must be whole levels, and # the last one"
    }
    return nil
  }
}
