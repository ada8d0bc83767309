/// The tokens of a Python literal: strings and punctuation, without white space and comments.
struct PythonTokens {
  /// A place in the text, of which errors speak.
  struct Position {
    fileprivate(set) var line = 1
    fileprivate(set) var column = 1

    func error(_ reason: String) -> SpecificationError {
      SpecificationError(line: line, column: column, reason: reason)
    }
  }

  private let text: [Unicode.Scalar]
  private var index = 0
  private var place = Position()

  init(_ text: String) {
    self.text = Array(text.unicodeScalars)
  }

  /// Where the next token stands.
  var position: Position {
    mutating get {
      skipSpace()
      return place
    }
  }

  /// Takes a punctuation mark if it comes next, and says whether it did.
  mutating func take(_ mark: Character) throws(SpecificationError) -> Bool {
    skipSpace()
    guard index < text.count, Character(text[index]) == mark else { return false }
    advance()
    return true
  }

  /// Takes a punctuation mark, which has to come next.
  mutating func expect(_ mark: Character) throws(SpecificationError) {
    if try !take(mark) { throw position.error("expected \(mark), found \(found)") }
  }

  /// Makes sure that nothing follows.
  mutating func expectEnd() throws(SpecificationError) {
    skipSpace()
    if index < text.count { throw place.error("expected the end of the file, found \(found)") }
  }

  /// Takes a string, in one or more pieces; `what` says in an error what was expected.
  mutating func string(_ what: String) throws(SpecificationError) -> String {
    skipSpace()
    guard var value = try piece() else {
      throw place.error("expected \(what), found \(found)")
    }
    skipSpace()
    while let more = try piece() {
      value += more
      skipSpace()
    }
    return value
  }

  // MARK: - Strings

  /// One string literal, nil where none begins here.
  private mutating func piece() throws(SpecificationError) -> String? {
    var ahead = index
    var isRaw = false
    while ahead < text.count, ahead < index + 2, "rRuUbB".unicodeScalars.contains(text[ahead]) {
      isRaw = isRaw || text[ahead] == "r" || text[ahead] == "R"
      ahead += 1
    }
    guard ahead < text.count, text[ahead] == "\"" || text[ahead] == "'" else { return nil }
    let start = place
    while index < ahead { advance() }
    let quote = text[index]
    let isTriple = text[index...].starts(with: [quote, quote, quote])
    for _ in 0..<(isTriple ? 3 : 1) { advance() }
    var value = ""
    while index < text.count {
      if text[index] == quote {
        if !isTriple {
          advance()
          return value
        }
        if text[index...].starts(with: [quote, quote, quote]) {
          for _ in 0..<3 { advance() }
          return value
        }
      }
      if text[index] == "\n", !isTriple { break }
      if text[index] == "\\", index + 1 < text.count {
        value.unicodeScalars.append(contentsOf: escape(isRaw: isRaw))
      } else {
        value.unicodeScalars.append(text[index])
        advance()
      }
    }
    throw start.error("this string has no end")
  }

  /// A backslash and what follows. Python keeps the backslash of an escape that it does not know,
  /// and all of them in a raw string: `\(` is `\(` either way.
  private mutating func escape(isRaw: Bool) -> [Unicode.Scalar] {
    let next = text[index + 1]
    advance()
    advance()
    if isRaw { return ["\\", next] }
    switch next {
    case "\\", "'", "\"": return [next]
    case "n": return ["\n"]
    case "r": return ["\r"]
    case "t": return ["\t"]
    case "\n": return []
    case "x":
      let digits = String(String.UnicodeScalarView(text[index...].prefix(2)))
      guard digits.unicodeScalars.count == 2, let value = UInt8(digits, radix: 16) else {
        return ["\\", next]
      }
      advance()
      advance()
      return [Unicode.Scalar(value)]
    default: return ["\\", next]
    }
  }

  // MARK: - The text

  /// What stands here, for an error.
  private var found: String {
    index < text.count ? text[index] == "\n" ? "the end of the line" : "\(text[index])" : "the end"
  }

  private mutating func skipSpace() {
    while index < text.count {
      if text[index] == "#" {
        while index < text.count, text[index] != "\n" { advance() }
      } else if text[index].properties.isWhitespace || text[index] == "\u{FEFF}" {
        advance()
      } else {
        return
      }
    }
  }

  private mutating func advance() {
    if text[index] == "\n" {
      place.line += 1
      place.column = 1
    } else {
      place.column += 1
    }
    index += 1
  }
}
