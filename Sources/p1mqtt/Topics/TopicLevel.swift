import Records

/// A level of a topic with text from a meter.
enum TopicLevel {
  /// A text with `%` and two hexadecimal digits in place of each byte that no level can hold: of `/`, `+`,
  /// `#`, `$`, `%` and control characters, and of what is not UTF-8.
  static func escaped(_ text: [UInt8]) -> String {
    guard let characters = String(validating: text, as: UTF8.self) else {
      return text.map {
        isPlain(Unicode.Scalar($0)) && $0 < 0x80 ? String(Unicode.Scalar($0)) : escape($0)
      }
      .joined()
    }
    return characters.unicodeScalars.map {
      isPlain($0) ? String($0) : String($0).utf8.map(escape).joined()
    }
    .joined()
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    // Brokers reject code points without a character as well.
    let isText = ![.control, .unassigned, .privateUse].contains(scalar.properties.generalCategory)
    return isText && !"/+#$%".unicodeScalars.contains(scalar)
  }

  private static func escape(_ byte: UInt8) -> String { "%\(byte.hexadecimal)" }
}
