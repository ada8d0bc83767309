import Records

/// The header that begins a telegram: `/`, the three letters of the manufacturer, and a digit for the
/// baud rate, which a few meters replace (IEC 62056-21, identification message).
extension Framer {
  /// `/` with its even parity bit: a meter set to 7E1, read as 8N1.
  static let slashWithParity = UInt8(ascii: "/") | 0x80

  /// The index of a header in a line; the header extends to the end of the line. Nil if there is none.
  ///
  /// At the start of a line, `/` and a letter are enough. In the middle of a line, a header needs the
  /// three letters and the digit, and no bracket may follow, as a `/` may also be part of a text.
  ///
  /// - Parameters:
  ///   - line: a line with its line feed, or the rest of one.
  ///   - isWhole: whether `line` begins at the start of a line.
  func header(in line: Range<Int>, isWhole: Bool = false) -> Int? {
    if isWhole, isHeader(line) { return line.lowerBound }
    var first = max(line.lowerBound, line.upperBound - Framer.maximumHeaderLength)
    if let bracket = bytes[first..<line.upperBound].lastIndex(where: \.isBracket) {
      first = bracket + 1
    }
    return (first..<line.upperBound).first { isInnerHeader($0..<line.upperBound) }
  }

  /// Whether a line is a header, complete or cut off by the end of the input.
  func isHeader(_ line: Range<Int>) -> Bool {
    line.count <= Framer.maximumHeaderLength
      && Framer.beginsAsHeader(bytes.span.extracting(line), letters: 1)
  }

  private func isInnerHeader(_ rest: Range<Int>) -> Bool {
    5...Framer.maximumHeaderLength ~= rest.count
      && Framer.mayBeInnerHeader(bytes.span.extracting(rest))
  }

  /// Whether bytes are the start of a header in the middle of a line, as far as they go.
  public static func mayBeInnerHeader(_ bytes: Span<UInt8>) -> Bool {
    beginsAsHeader(bytes, letters: 3)
      && (bytes.count < 5 || (bytes[4] & 0x7F).decimalDigit != nil)
  }

  private static func beginsAsHeader(_ bytes: Span<UInt8>, letters: Int) -> Bool {
    bytes[0] & 0x7F == UInt8(ascii: "/")
      && (1..<max(1, min(bytes.count, 1 + letters))).allSatisfy { bytes[$0].isLetterWithAnyParity }
  }

  /// The headers in the middle of lines before `mark`, the last one first, at most four.
  ///
  /// Where a telegram was cut off by the next one, the header of the next one is the last match, or
  /// nearly the last if its name contains a `/`. A checksum is computed for each, so a hostile input
  /// with many matches would be expensive without the limit.
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

  /// The header, in the middle of a line, of a telegram that cut off this one; nil if there is none.
  /// A match in this telegram's own header is part of its name.
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
  /// The index after the line feed of the line that contains `index`; without one, the count.
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
