import Records

/// What begins a telegram: `/`, the three letters of the manufacturer, and nearly always a digit.
extension Framer {
  /// `/` as a line of 7 bits and even parity shows it to a reader of 8 bits and no parity.
  static let slashWithParity = UInt8(ascii: "/") | 0x80

  /// Where in a line a header stands, which goes to the end of the line.
  ///
  /// At the start of the line `/` and a letter are enough. Behind what was cut off in the middle of a
  /// line it needs the three letters and the digit, and has no bracket: any other `/` may stand in a
  /// text.
  ///
  /// - Parameters:
  ///   - line: a line with its end, or the rest of one.
  ///   - isWhole: whether it is not only the rest.
  /// - Returns: nil where there is none.
  func header(in line: Range<Int>, isWhole: Bool = false) -> Int? {
    if isWhole, isHeader(line) { return line.lowerBound }
    var first = max(line.lowerBound, line.upperBound - Framer.maximumHeaderLength)
    if let bracket = bytes[first..<line.upperBound].lastIndex(where: \.isBracket) {
      first = bracket + 1
    }
    return (first..<line.upperBound).first { isInnerHeader($0..<line.upperBound) }
  }

  /// Whether a line is a header, or what the end of the input left of one.
  func isHeader(_ line: Range<Int>) -> Bool { beginsAsHeader(line, letters: 1) }

  private func isInnerHeader(_ rest: Range<Int>) -> Bool {
    beginsAsHeader(rest, letters: 3) && rest.count > 4
      && (bytes[rest.lowerBound + 4] & 0x7F).decimalDigit != nil
  }

  private func beginsAsHeader(_ line: Range<Int>, letters: Int) -> Bool {
    line.count <= Framer.maximumHeaderLength
      && bytes[line.lowerBound] & 0x7F == UInt8(ascii: "/")
      && bytes[line].dropFirst().prefix(letters).allSatisfy(\.isLetterWithAnyParity)
  }

  /// The headers in the middle of lines before `mark`, the last one first.
  ///
  /// There are at most four: where one telegram was cut off by the next, the header of that one is
  /// the last thing that looks like a header, but for a `/` in its own name. The others would only
  /// take time, of which a checksum for each can be made to cost much.
  func innerHeaders(before mark: Int) -> [Int] {
    let span = bytes.span
    var headers: [Int] = []
    var lineEnd = mark
    var hasBracket = false
    var index = mark - 1
    while index > start, headers.count < 4 {
      switch span[index] {
      case UInt8(ascii: "\n"):
        lineEnd = index + 1
        hasBracket = false
      case UInt8(ascii: "("), UInt8(ascii: ")"):
        hasBracket = true
      case UInt8(ascii: "/"), Framer.slashWithParity:
        if !hasBracket, isInnerHeader(index..<lineEnd) { headers.append(index) }
      default: break
      }
      index -= 1
    }
    return headers
  }

  /// The header, in the middle of a line, of a telegram that cut off this one.
  ///
  /// One in the line of this telegram's own header is taken for a part of its name.
  func lastHeader(before mark: Int) -> Int? {
    guard let last = innerHeaders(before: mark).first,
      let lineFeed = bytes[start..<last].lastIndex(of: UInt8(ascii: "\n"))
    else {
      return nil
    }
    return header(in: (lineFeed + 1)..<bytes.lineEnd(from: last))
  }
}

extension [UInt8] {
  /// Just behind the line feed that ends the line which `index` stands in, or the end of all.
  func lineEnd(from index: Int) -> Int {
    span.firstIndex(of: UInt8(ascii: "\n"), from: index).map { $0 + 1 } ?? count
  }
}

extension UInt8 {
  fileprivate var isBracket: Bool { self == UInt8(ascii: "(") || self == UInt8(ascii: ")") }

  fileprivate var isLetterWithAnyParity: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self & 0x7F | 0x20)
  }
}
