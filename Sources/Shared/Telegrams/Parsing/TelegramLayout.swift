import Metrics
import Records

/// Where the lines of a telegram and their groups stand.
///
///     A-B:C.D.E[*F] ( text [*unit] ) { ( … ) }          (P1 companion standard, §6.2)
///
/// A line may go on: DSMR 2.2 and 3.0 print a gas reading on the line after its code, and some
/// meters wrap a long message. A Hungarian meter prints what its registers said at the end of the
/// last month as lines of their own within `0-0:98.1.0`, `(` and `)`. A line that cannot be read
/// costs only itself.
struct TelegramLayout {
  struct Line {
    let code: OBISCode
    /// From the code to the last `)`, line ends inside included.
    let range: Range<Int>
    /// Which of ``TelegramLayout/groups`` are its own.
    let groups: Range<Int>
  }

  private(set) var lines: [Line] = []
  /// The lines within parentheses that stand on lines of their own: what was, not what is.
  private(set) var pastLines: [Line] = []
  /// What stands between each `(` and its `)`, without the blanks that some meters print beside it.
  private(set) var groups: [Range<Int>] = []
  /// The lines that cannot be read.
  private(set) var unreadable: [Range<Int>] = []
  /// Where the lines end: at the `!`, or at the end of the telegram.
  private(set) var end = 0
  private var isInPast = false
  /// The line that opened the lines of the past.
  private var opening = 0..<0

  /// The groups of a line.
  func groups(of line: Line) -> ArraySlice<Range<Int>> { groups[line.groups] }

  /// Takes a telegram apart.
  mutating func read(_ telegram: Span<UInt8>) {
    lines.removeAll(keepingCapacity: true)
    pastLines.removeAll(keepingCapacity: true)
    isInPast = false
    groups.removeAll(keepingCapacity: true)
    unreadable.removeAll(keepingCapacity: true)
    var index = TelegramLayout.lineEnd(telegram, from: 0)
    while index < telegram.count, !TelegramLayout.isEnd(telegram, at: index) {
      if telegram[index] <= UInt8(ascii: " ") {
        index += 1
      } else if isInPast, telegram[index] == UInt8(ascii: ")") {
        isInPast = false
        index = TelegramLayout.lineEnd(telegram, from: index)
      } else {
        index = readLine(telegram, at: index)
      }
    }
    end = index
    // Nothing tells where it should have ended.
    if isInPast { unreadable.append(TelegramLayout.trimmed(telegram, opening)) }
  }

  /// Reads the line at `index`.
  ///
  /// - Returns: where the next one begins.
  private mutating func readLine(_ telegram: Span<UInt8>, at start: Int) -> Int {
    let firstGroup = groups.count
    let lineEnd = TelegramLayout.lineEnd(telegram, from: start)
    var index = start
    while index < lineEnd, telegram[index] != UInt8(ascii: "("), telegram[index] > UInt8(ascii: " ")
    {
      index += 1
    }
    let code = OBISCode(telegram.extracting(start..<index))
    // Some meters print blanks there, too.
    index = telegram.withoutBlanks(index..<lineEnd).lowerBound
    if code == TelegramLayout.blockCode, !isInPast,
      let block = TelegramLayout.block(telegram, behind: index)
    {
      isInPast = true
      opening = start..<lineEnd
      return block
    }
    guard let code, index < lineEnd, telegram[index] == UInt8(ascii: "(") else {
      unreadable.append(TelegramLayout.trimmed(telegram, start..<lineEnd))
      return lineEnd
    }
    var end = index
    while index < telegram.count, telegram[index] == UInt8(ascii: "(") {
      guard let close = TelegramLayout.close(telegram, of: index) else {
        groups.removeSubrange(firstGroup...)
        unreadable.append(TelegramLayout.trimmed(telegram, start..<lineEnd))
        return lineEnd
      }
      groups.append(telegram.withoutBlanks((index + 1)..<close))
      end = close + 1
      index = TelegramLayout.nextGroup(telegram, from: end)
    }
    let line = Line(code: code, range: start..<end, groups: firstGroup..<groups.count)
    if isInPast { pastLines.append(line) } else { lines.append(line) }
    // What stands behind it, where a line end was lost, is the next line.
    return end
  }

  /// `!` at the start of a line; anywhere else it is text.
  private static func isEnd(_ telegram: Span<UInt8>, at index: Int) -> Bool {
    telegram[index] == UInt8(ascii: "!") && telegram[index - 1] == UInt8(ascii: "\n")
  }

  /// The code of a line that can hold others within its parentheses.
  static let blockCode = OBISCode(0, 0, 98, 1, 0)

  /// Where the lines begin within a `(` that ends its line, right behind the code that ends at
  /// `index` or below it; nil where there is none.
  private static func block(_ telegram: Span<UInt8>, behind index: Int) -> Int? {
    let open = nextGroup(telegram, from: index)
    guard open < telegram.count, telegram[open] == UInt8(ascii: "(") else { return nil }
    let rest = open..<lineEnd(telegram, from: open)
    return telegram.extracting(trimmed(telegram, rest)) == "(" ? rest.upperBound : nil
  }

  /// Where the `)` stands that closes the `(` at `open`; nil where the line ends before it.
  private static func close(_ telegram: Span<UInt8>, of open: Int) -> Int? {
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

  /// Whether the line at `index` goes on with the text of the one before: where it neither begins
  /// with a code nor ends the telegram.
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

  /// Where a `(` may stand that goes on with the line ended at `index`: right there, or at the
  /// beginning of the next line.
  private static func nextGroup(_ telegram: Span<UInt8>, from index: Int) -> Int {
    var index = index
    while index < telegram.count, telegram[index] <= UInt8(ascii: " ") { index += 1 }
    return index
  }

  /// Just behind the line feed of the line that `index` stands in.
  private static func lineEnd(_ telegram: Span<UInt8>, from index: Int) -> Int {
    telegram.firstIndex(of: UInt8(ascii: "\n"), from: index).map { $0 + 1 } ?? telegram.count
  }

  private static func trimmed(_ telegram: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var end = range.upperBound
    while end > range.lowerBound, telegram[end - 1] <= UInt8(ascii: " ") { end -= 1 }
    return range.lowerBound..<end
  }
}
