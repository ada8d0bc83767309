import Metrics
import Records

/// The places of a telegram's lines and of the groups in their parentheses.
///
///     A-B:C.D.E[*F] ( text [*unit] ) { ( … ) }          (P1 companion standard, §6.2)
///
/// A line may continue: DSMR 2.2 and 3.0 print a gas reading on the line after its code, and some
/// meters wrap a long message. A Hungarian meter prints the registers at the end of the last month as
/// separate lines after `0-0:98.1.0` and `(`, up to a line `)`. An unreadable line does not affect the
/// others.
struct TelegramLayout {
  struct Line {
    let code: OBISCode
    /// From the code to the last `)`, with the line ends in between.
    let range: Range<Int>
    /// The line's part of ``TelegramLayout/groups``.
    let groups: Range<Int>
  }

  private(set) var lines: [Line] = []
  /// The lines inside the parentheses of ``blockCode``.
  private(set) var historyLines: [Line] = []
  /// The text between each `(` and its `)`, without the blanks that some meters print around it.
  private(set) var groups: [Range<Int>] = []
  private(set) var unreadable: [Range<Int>] = []
  /// The index of the `!`, or the end of the telegram.
  private(set) var end = 0
  private var isInHistory = false
  /// The line that opened ``historyLines``.
  private var opening = 0..<0

  func groups(of line: Line) -> ArraySlice<Range<Int>> { groups[line.groups] }

  mutating func read(_ telegram: Span<UInt8>) {
    lines.removeAll(keepingCapacity: true)
    historyLines.removeAll(keepingCapacity: true)
    isInHistory = false
    groups.removeAll(keepingCapacity: true)
    unreadable.removeAll(keepingCapacity: true)
    var index = TelegramLayout.lineEnd(telegram, from: 0)
    while index < telegram.count, !TelegramLayout.isEnd(telegram, at: index) {
      if telegram[index] <= UInt8(ascii: " ") {
        index += 1
      } else if isInHistory, telegram[index] == UInt8(ascii: ")") {
        isInHistory = false
        index = TelegramLayout.lineEnd(telegram, from: index)
      } else {
        index = readLine(telegram, at: index)
      }
    }
    end = index
    // Its end was lost.
    if isInHistory { unreadable.append(TelegramLayout.trimmed(telegram, opening)) }
  }

  /// Reads the line at `start`; returns the start of the next one.
  private mutating func readLine(_ telegram: Span<UInt8>, at start: Int) -> Int {
    let firstGroup = groups.count
    guard let (code, codeEnd) = OBISCode.first(in: telegram, from: start) else {
      return skipLine(telegram, at: start)
    }
    var index = codeEnd
    // Some meters print blanks after the code.
    while index < telegram.count,
      telegram[index] == UInt8(ascii: " ") || telegram[index] == UInt8(ascii: "\t")
    {
      index += 1
    }
    if code == TelegramLayout.blockCode, !isInHistory,
      let block = TelegramLayout.block(telegram, behind: index)
    {
      isInHistory = true
      opening = start..<TelegramLayout.lineEnd(telegram, from: start)
      return block
    }
    guard index < telegram.count, telegram[index] == UInt8(ascii: "(") else {
      return skipLine(telegram, at: start)
    }
    var end = index
    while index < telegram.count, telegram[index] == UInt8(ascii: "(") {
      guard let close = TelegramLayout.close(telegram, of: index) else {
        groups.removeSubrange(firstGroup...)
        return skipLine(telegram, at: start)
      }
      groups.append(telegram.withoutBlanks((index + 1)..<close))
      end = close + 1
      index = TelegramLayout.nextGroup(telegram, from: end)
    }
    let line = Line(code: code, range: start..<end, groups: firstGroup..<groups.count)
    if isInHistory { historyLines.append(line) } else { lines.append(line) }
    // If the line end was lost, the next line follows in the same line.
    return index
  }

  private mutating func skipLine(_ telegram: Span<UInt8>, at start: Int) -> Int {
    let lineEnd = TelegramLayout.lineEnd(telegram, from: start)
    unreadable.append(TelegramLayout.trimmed(telegram, start..<lineEnd))
    return lineEnd
  }

  /// A `!` ends the telegram only at the start of a line.
  private static func isEnd(_ telegram: Span<UInt8>, at index: Int) -> Bool {
    telegram[index] == UInt8(ascii: "!") && telegram[index - 1] == UInt8(ascii: "\n")
  }

  /// The code of a line whose parentheses can contain other lines.
  static let blockCode = OBISCode(0, 0, 98, 1, 0)

  /// The start of the lines inside the parentheses that follow a code that ends at `index`; nil if the
  /// `(` does not end its line.
  private static func block(_ telegram: Span<UInt8>, behind index: Int) -> Int? {
    let open = nextGroup(telegram, from: index)
    guard open < telegram.count, telegram[open] == UInt8(ascii: "(") else { return nil }
    let rest = open..<lineEnd(telegram, from: open)
    return telegram.extracting(trimmed(telegram, rest)) == "(" ? rest.upperBound : nil
  }

  /// The index of the `)` that matches the `(` at `open`; nil if the line ends before it.
  private static func close(_ telegram: Span<UInt8>, of open: Int) -> Int? {
    var start = open + 1
    // Most groups hold neither parentheses nor blanks, so the first byte up to `)` is their end.
    while start < telegram.count, telegram[start] > UInt8(ascii: ")") { start += 1 }
    if start < telegram.count, telegram[start] == UInt8(ascii: ")") { return start }
    var depth = 0
    for index in open..<telegram.count {
      switch telegram[index] {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return index }
      case UInt8(ascii: "\n") where !isWrapped(telegram, at: index + 1): return nil
      default: continue
      }
    }
    return nil
  }

  /// Whether the line at `index` continues the line before: it neither begins with a code nor ends the
  /// telegram.
  private static func isWrapped(_ telegram: Span<UInt8>, at index: Int) -> Bool {
    guard index < telegram.count, telegram[index] != UInt8(ascii: "!") else { return false }
    var end = index
    while end < telegram.count, end - index <= OBISCode.maximumLength,
      telegram[end] != UInt8(ascii: "("), telegram[end] != UInt8(ascii: "\n")
    {
      end += 1
    }
    guard end < telegram.count, telegram[end] == UInt8(ascii: "(") else { return true }
    let code = OBISCode(telegram.extracting(index..<end))
    return code == nil
  }

  /// The index after the blanks and line ends at `index`, where another `(` continues the line.
  private static func nextGroup(_ telegram: Span<UInt8>, from index: Int) -> Int {
    var index = index
    while index < telegram.count, telegram[index] <= UInt8(ascii: " ") { index += 1 }
    return index
  }

  /// The index after the line feed of the line that contains `index`.
  private static func lineEnd(_ telegram: Span<UInt8>, from index: Int) -> Int {
    telegram.firstIndex(of: UInt8(ascii: "\n"), from: index).map { $0 + 1 } ?? telegram.count
  }

  private static func trimmed(_ telegram: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var end = range.upperBound
    while end > range.lowerBound, telegram[end - 1] <= UInt8(ascii: " ") { end -= 1 }
    return range.lowerBound..<end
  }
}
