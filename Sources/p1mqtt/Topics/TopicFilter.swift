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

  /// Whether a filter names a topic. A shared subscription (MQTT 5, 4.8.2) has its filter behind the group.
  static func matches(_ filter: String, _ topic: String) -> Bool {
    var levels = filter.split(separator: "/", omittingEmptySubsequences: false)[...]
    if levels.first == "$share" { levels = levels.dropFirst(2) }
    let names = topic.split(separator: "/", omittingEmptySubsequences: false)
    for (index, level) in levels.enumerated() {
      if level == "#" { return true }
      guard index < names.count, level == "+" || level == names[index] else { return false }
    }
    return levels.count == names.count
  }
}
