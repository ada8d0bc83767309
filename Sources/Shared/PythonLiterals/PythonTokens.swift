import Records

/// What is wrong in a text of Python literals, and where; lines and columns count from 1.
public struct PythonLiteralError: Error, Equatable, Sendable {
  public let line: Int
  public let column: Int
  public let reason: String
}

/// The tokens of a Python literal: strings and punctuation, without white space and comments.
public struct PythonTokens {
  /// A place in the text, for an error.
  public struct Position {
    public fileprivate(set) var line = 1
    public fileprivate(set) var column = 1

    fileprivate mutating func advance(over scalar: Unicode.Scalar) {
      if scalar == "\n" {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }

    public func error(_ reason: String) -> PythonLiteralError {
      PythonLiteralError(line: line, column: column, reason: reason)
    }
  }

  let text: [Unicode.Scalar]
  private(set) var index = 0
  private(set) var place = Position()

  /// - Throws: ``PythonLiteralError`` if the bytes are not UTF-8.
  public init(_ bytes: [UInt8]) throws(PythonLiteralError) {
    var text: [Unicode.Scalar] = []
    var place = Position()
    var last: Unicode.Scalar?
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    decoding: while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        // Python takes CR and CR LF as a line feed.
        if scalar == "\n", last == "\r" {
          last = scalar
          continue
        }
        last = scalar
        text.append(scalar == "\r" ? "\n" : scalar)
        place.advance(over: text.last ?? scalar)
      case .emptyInput: break decoding
      case .error: throw place.error("expected text in UTF-8, found an invalid byte")
      }
    }
    self.text = text
  }

  /// The place of the next token.
  public var position: Position {
    mutating get {
      skipSpace()
      return place
    }
  }

  /// Takes a punctuation mark if it comes next; returns whether it did.
  public mutating func take(_ mark: Character) -> Bool {
    skipSpace()
    guard index < text.count, Character(text[index]) == mark else { return false }
    advance()
    return true
  }

  /// Takes a punctuation mark, which must come next. An error says that `what` was expected.
  public mutating func expect(_ mark: Character, _ what: String? = nil) throws(PythonLiteralError) {
    if !take(mark) { throw position.error("expected \(what ?? "\(mark)"), found \(found)") }
  }

  /// Takes what follows an element of a list: its end, or a comma, after which the end may come, too.
  ///
  /// - Returns: whether the list has ended.
  public mutating func endsList(with close: Character) throws(PythonLiteralError) -> Bool {
    if take(",") { return take(close) }
    try expect(close, "a comma or \(close)")
    return true
  }

  /// Whether nothing follows but white space and comments.
  public var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return index == text.count
    }
  }

  /// Throws an error if another token follows.
  public mutating func expectEnd() throws(PythonLiteralError) {
    if !isAtEnd { throw place.error("expected the end of the file, found \(found)") }
  }

  /// Takes a string, which may consist of several literals and be in parentheses. An error says that
  /// `what` was expected.
  public mutating func string(_ what: String) throws(PythonLiteralError) -> String {
    var depth = 0
    while take("(") { depth += 1 }
    guard var value = try piece() else {
      throw position.error("expected \(what), found \(found)")
    }
    while let more = try piece() { value += more }
    for _ in 0..<depth { try expect(")") }
    return value
  }

  /// Takes a string, or `None`, for which it returns nil.
  public mutating func stringOrNone(_ what: String) throws(PythonLiteralError) -> String? {
    skipSpace()
    if word == "None" {
      for _ in 0..<4 { advance() }
      return nil
    }
    return try string(what)
  }

  /// Takes a value of any kind: a string, a number, `None`, `True`, `False`, or a list, tuple or
  /// dictionary of values.
  public mutating func skipValue() throws(PythonLiteralError) {
    var open: [Character] = []
    repeat {
      skipSpace()
      if let bracket = "([{".first(where: { take($0) }) {
        open.append(bracket == "(" ? ")" : bracket == "[" ? "]" : "}")
      } else if let close = open.last, take(close) {
        open.removeLast()
      } else if !open.isEmpty, take(",") || take(":") {
        continue
      } else if PythonTokens.isValue(word) {
        for _ in word.unicodeScalars { advance() }
      } else {
        _ = try string("a value")
      }
    } while !open.isEmpty
  }

  /// The letters, digits and signs that come next.
  private var word: String {
    let word = text[index...].prefix {
      $0.properties.isAlphabetic || "0123456789.+-_".unicodeScalars.contains($0)
    }
    return String(String.UnicodeScalarView(word))
  }

  /// Whether a word is a constant or a number.
  private static func isValue(_ word: String) -> Bool {
    if ["None", "True", "False"].contains(word) { return true }
    guard let first = word.utf8.first, first.decimalDigit != nil || "+-.".utf8.contains(first)
    else {
      return false
    }
    return Double(word.replacing("_", with: "")) != nil
  }

  // MARK: - The text

  /// The next character in words, for an error.
  private var found: String {
    index < text.count ? text[index] == "\n" ? "the end of the line" : "\(text[index])" : "the end"
  }

  mutating func skipSpace() {
    while index < text.count {
      if text[index] == "#" {
        while index < text.count, text[index] != "\n" { advance() }
      } else if text[index].properties.isWhitespace || text[index] == "\u{FEFF}" {
        advance()
      } else if text[index] == "\\", text[(index + 1)...].first == "\n" {
        // A backslash at the end of a line joins it to the next one.
        advance()
      } else {
        return
      }
    }
  }

  mutating func advance() {
    place.advance(over: text[index])
    index += 1
  }
}
