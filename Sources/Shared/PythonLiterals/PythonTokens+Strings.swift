import Records

/// String literals: quotes, prefixes and escapes (The Python Language Reference, "String and Bytes
/// literals").
extension PythonTokens {
  /// Takes one string literal; nil if none begins here.
  mutating func piece() throws(PythonLiteralError) -> String? {
    skipSpace()
    var ahead = index
    while ahead < text.count, ahead < index + 2, "rRuUbBfF".unicodeScalars.contains(text[ahead]) {
      ahead += 1
    }
    guard ahead < text.count, text[ahead] == "\"" || text[ahead] == "'" else { return nil }
    let prefix = String(String.UnicodeScalarView(text[index..<ahead])).lowercased()
    let start = place
    guard ["", "r", "u"].contains(prefix) else {
      throw start.error(
        prefix.contains("b")
          ? "expected text, found bytes (\(prefix)\"…\")"
          : "expected a plain string, found one with the prefix \(prefix)")
    }
    while index < ahead { advance() }
    let quote = text[index]
    let isTriple = isTriple(quote)
    for _ in 0..<(isTriple ? 3 : 1) { advance() }
    var value = ""
    while index < text.count {
      if text[index] == quote, !isTriple || self.isTriple(quote) {
        for _ in 0..<(isTriple ? 3 : 1) { advance() }
        return value
      }
      if text[index] == "\n", !isTriple { break }
      if text[index] == "\\", index + 1 < text.count {
        try takeEscape(isRaw: prefix == "r", into: &value)
      } else {
        value.unicodeScalars.append(text[index])
        advance()
      }
    }
    throw start.error("this string has no closing quote")
  }

  private func isTriple(_ quote: Unicode.Scalar) -> Bool {
    text[index...].starts(with: [quote, quote, quote])
  }

  /// The meaning of a character after a backslash.
  private enum Escape {
    case scalar(Unicode.Scalar)
    /// The string continues on the next line.
    case lineEnd
    case hexadecimal(digitCount: Int)
  }

  private static let escapes: [Unicode.Scalar: Escape] = [
    "\\": .scalar("\\"), "'": .scalar("'"), "\"": .scalar("\""), "a": .scalar("\u{07}"),
    "b": .scalar("\u{08}"), "f": .scalar("\u{0C}"), "n": .scalar("\n"), "r": .scalar("\r"),
    "t": .scalar("\t"), "v": .scalar("\u{0B}"), "\n": .lineEnd,
    "x": .hexadecimal(digitCount: 2), "u": .hexadecimal(digitCount: 4),
    "U": .hexadecimal(digitCount: 8),
  ]

  /// Takes a backslash with the rest of its escape. Python keeps the backslash of an unknown escape,
  /// and every backslash in a raw string: `\(` is `\(` in both.
  private mutating func takeEscape(
    isRaw: Bool, into value: inout String
  ) throws(PythonLiteralError) {
    let start = place
    advance()
    let next = text[index]
    if !isRaw, ("0"..."7").contains(next) {
      return value.unicodeScalars.append(try numbered(8, least: 1, most: 3, from: start))
    }
    guard let escape = isRaw ? nil : PythonTokens.escapes[next] else {
      if next == "N", !isRaw {
        throw start.error("characters by name (\\N) are not supported")
      }
      value.unicodeScalars.append("\\")
      // Also in a raw string, a backslash keeps a quote or line feed from ending the string.
      if "\\'\"\n".unicodeScalars.contains(next) {
        value.unicodeScalars.append(next)
        advance()
      }
      return
    }
    advance()
    switch escape {
    case .scalar(let scalar): value.unicodeScalars.append(scalar)
    case .lineEnd: break
    case .hexadecimal(let count):
      value.unicodeScalars.append(try numbered(16, least: count, most: count, from: start))
    }
  }

  /// Takes the digits of a character's number.
  private mutating func numbered(
    _ radix: UInt32, least: Int, most: Int, from start: Position
  ) throws(PythonLiteralError) -> Unicode.Scalar {
    var number: UInt32 = 0
    var count = 0
    while count < most, index < text.count,
      let digit = UInt8(exactly: text[index].value)?.hexadecimalDigit, digit < radix
    {
      number = number &* radix &+ UInt32(digit)
      count += 1
      advance()
    }
    guard count >= least else { throw start.error("expected \(least) hexadecimal digits here") }
    guard let scalar = Unicode.Scalar(number) else {
      throw start.error("there is no character with this number")
    }
    return scalar
  }
}
