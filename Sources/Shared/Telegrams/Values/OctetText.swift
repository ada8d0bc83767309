import Records

/// Text of which a meter prints the octets in hexadecimal: meter numbers, messages.
///
/// Many meters print plain text instead, or an odd number of digits, so a text that does not decode to
/// printable characters stays as it is.
enum OctetText {
  /// The decoded text of a group, without surrounding spaces.
  static func decode(_ group: Span<UInt8>) -> [UInt8] {
    if let octets = octets(group) { return trimmed(octets) }
    let printed = unwrapped(group)
    return trimmed(octets(printed.span) ?? plain(printed))
  }

  /// The text of a group in plain characters, without surrounding spaces.
  static func plain(_ group: Span<UInt8>) -> [UInt8] {
    trimmed(plain(unwrapped(group)))
  }

  /// Whether a group is an error code in place of a value: `ER11`, `(ER11)`.
  static func isError(_ group: Span<UInt8>) -> Bool {
    var text = group
    if text.count > 2, text[0] == UInt8(ascii: "("), text[text.count - 1] == UInt8(ascii: ")") {
      text = text.extracting(1..<(text.count - 1))
    }
    return text.count == 4 && text[0] == UInt8(ascii: "E") && text[1] == UInt8(ascii: "R")
      && text.number(2..<4) != nil
  }

  /// The text without line ends, as a long message may be wrapped over several lines.
  private static func unwrapped(_ group: Span<UInt8>) -> [UInt8] {
    var printed: [UInt8] = []
    printed.reserveCapacity(group.count)
    for index in group.indices
    where group[index] != UInt8(ascii: "\r") && group[index] != UInt8(ascii: "\n") {
      printed.append(group[index])
    }
    return printed
  }

  /// The octets of an even number of hexadecimal digits; nil if one is not printable.
  private static func octets(_ digits: Span<UInt8>) -> [UInt8]? {
    guard digits.count > 0, digits.count.isMultiple(of: 2) else { return nil }
    var octets: [UInt8] = []
    octets.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index].hexadecimalDigit, let low = digits[index + 1].hexadecimalDigit
      else {
        return nil
      }
      let octet = high << 4 | low
      guard (0x20...0x7E).contains(octet) || [0x09, 0x0A, 0x0D].contains(octet) else { return nil }
      octets.append(octet)
    }
    return octets
  }

  /// Text that is neither ASCII nor UTF-8 is Latin-1. Control characters are removed. 0xFF is
  /// removed, too: Hungarian meters fill an empty message with it.
  private static func plain(_ printed: [UInt8]) -> [UInt8] {
    guard printed.contains(where: { !(0x20...0x7E).contains($0) }) else { return printed }
    let latin1 = printed.filter { $0 != 0xFF }
    let text: String = String(validating: printed, as: UTF8.self) ?? latin1.span.latin1Line
    let scalars = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
    return String(String.UnicodeScalarView(scalars)).utf8Bytes
  }

  /// The text without surrounding spaces.
  static func trimmed(_ text: [UInt8]) -> [UInt8] {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") }
    guard isBlank(text.first ?? UInt8(ascii: " ")) || isBlank(text.last ?? UInt8(ascii: " ")) else {
      return text
    }
    guard let first = text.firstIndex(where: { !isBlank($0) }),
      let last = text.lastIndex(where: { !isBlank($0) })
    else {
      return []
    }
    return [UInt8](text[first...last])
  }
}
