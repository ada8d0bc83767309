import Records

/// A state that most meters print as a number, and some as a word in plain text or in hexadecimal:
/// `TARIFF 1`, `T1`, `5431`, `ON`.
///
/// A state is a number in every record, as a database rejects a field that is sometimes a number and
/// sometimes text.
enum StateWord {
  private static let tariffPrefixes = ["tariff", "t"]

  /// The number that a group means, or the group itself.
  static func number(_ group: Span<UInt8>) -> [UInt8] {
    if let number = word(group) { return number }
    // Two digits are more likely a number than the hexadecimal of one character.
    guard group.count > 2 else { return [UInt8](group) }
    let decoded = OctetText.decode(group)
    if decoded.allSatisfy({ $0.decimalDigit != nil }), decoded.count < group.count, !decoded.isEmpty
    {
      return decoded
    }
    return word(decoded.span) ?? [UInt8](group)
  }

  /// The number that a word means; nil for any other text.
  private static func word(_ text: Span<UInt8>) -> [UInt8]? {
    guard text.count > 0, text[0].decimalDigit == nil else { return nil }
    let word = text.latin1Line.lowercased()
    switch word {
    case "on": return [UInt8(ascii: "1")]
    case "off": return [UInt8(ascii: "0")]
    default:
      guard let prefix = tariffPrefixes.first(where: { word.hasPrefix($0) }) else { return nil }
      let number = text.extracting(text.withoutBlanks(prefix.utf8.count..<text.count))
      return number.number == nil ? nil : [UInt8](number)
    }
  }
}
