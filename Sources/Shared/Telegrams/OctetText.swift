import Records

/// Text that a meter prints as the hexadecimal of its octets: numbers of meters, messages.
///
/// Many meters print plain text all the same, or an odd number of digits: what does not decode to
/// printable characters stays as it is.
enum OctetText {
  /// The text of a group, without spaces around it; empty where there is none.
  static func decode(_ group: Span<UInt8>) -> [UInt8] {
    var printed: [UInt8] = []
    printed.reserveCapacity(group.count)
    for index in group.indices where group[index] != UInt8(ascii: "\r") {
      // A long message may be wrapped over several lines.
      if group[index] != UInt8(ascii: "\n") { printed.append(group[index]) }
    }
    let text = octets(printed.span) ?? printed
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") }
    guard let first = text.firstIndex(where: { !isBlank($0) }),
      let last = text.lastIndex(where: { !isBlank($0) })
    else {
      return []
    }
    return [UInt8](text[first...last])
  }

  /// The printable octets that an even number of hexadecimal digits stands for, else nil.
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
}
