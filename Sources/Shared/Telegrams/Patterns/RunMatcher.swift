import Records

/// A pattern of the shape that nearly all specifications use, matched directly: bytes and runs of
/// bytes one after the other, of which some next to each other are the value.
///
///     ^.*\((.*)\*kWh\)        ^0-1:24\.2\.1\([^)]*\)\((\d+\.\d+)
///
/// What it finds is what Python's `re.search` does: the first match, each run as long as it can be, or
/// as short where it is lazy.
struct DirectPattern {
  /// One place of the pattern: how often a byte out of a set stands there.
  private struct Run {
    let set: ByteSet
    let least: Int
    let most: Int
    let isLazy: Bool
    let distinguishesDigits: Bool

    init(_ set: ByteSet, _ times: Pattern.Repeat = Pattern.Repeat(least: 1, most: 1)) {
      self.set = set
      least = times.least
      most = times.most ?? Int.max
      isLazy = times.isLazy
      distinguishesDigits = set.distinguishesDigits
    }

    /// Whether it takes all that a line can have, up to its end if need be.
    var takesAnything: Bool {
      least == 0 && most == Int.max && !isLazy && set == .anyInLine
    }
  }

  private var runs: [Run] = []
  /// Which of the runs are the value.
  private var value = 0..<0
  private var isAtStart = false
  private var isAtEnd = false

  /// Nil for a pattern of any other shape.
  init?(_ pattern: Pattern) {
    guard append(pattern) else { return nil }
    // What would not match from the first byte on would not from any other.
    if let first = runs.first, first.takesAnything { isAtStart = true }
  }

  private mutating func append(_ pattern: Pattern) -> Bool {
    // Nothing can stand behind the end, nor before the start.
    guard !isAtEnd else { return false }
    switch pattern {
    case .byte(let set): runs.append(Run(set))
    case .sequence(let parts): return parts.allSatisfy { append($0) }
    case .repetition(.byte(let set), let times): runs.append(Run(set, times))
    case .group(let inside, let number):
      let start = runs.count
      guard append(inside) else { return false }
      if number == 1 { value = start..<runs.count }
    case .place(.start):
      guard runs.isEmpty, !isAtStart else { return false }
      isAtStart = true
    case .place(.end): isAtEnd = true
    case .place, .choice, .repetition: return false
    }
    return true
  }

  // MARK: - Matching

  /// What became of a try, and what it has used.
  private struct Attempt {
    /// What is left of what it may use.
    var allowance: Int
    /// From here on, a digit may be another one in another line.
    let digitsStart: Int
    var isSteady = true
    var start = 0
    var end = 0
  }

  /// Finds the value in a line.
  ///
  /// - Parameters:
  ///   - line: its bytes, without line ends.
  ///   - digitsStart: where the line can have other digits.
  ///   - allowance: how many bytes may be looked at; it is 0 afterwards where that was not enough.
  /// - Returns: nil where the pattern does not match.
  func match(
    _ line: Span<UInt8>, digitsStart: Int, allowance: inout Int
  ) -> LinePattern.Match {
    var attempt = Attempt(allowance: allowance, digitsStart: digitsStart)
    var value: Range<Int>?
    for start in 0...(isAtStart ? 0 : line.count) {
      if matches(from: 0, at: start, of: line, &attempt) {
        value = attempt.start..<attempt.end
        break
      }
      if attempt.allowance <= 0 { break }
    }
    allowance = max(0, attempt.allowance)
    return LinePattern.Match(value: value, isSteady: attempt.isSteady)
  }

  /// Whether the runs from one on match at an index.
  private func matches(
    from first: Int, at start: Int, of line: Span<UInt8>, _ attempt: inout Attempt
  ) -> Bool {
    var index = start
    for number in first..<runs.count {
      if number == value.lowerBound { attempt.start = index }
      if number == value.upperBound { attempt.end = index }
      let run = runs[number]
      var count = 0
      let wanted = run.isLazy ? run.least : run.most
      while count < wanted, accepts(run, index + count, of: line, &attempt) { count += 1 }
      guard count >= run.least else { return false }
      if run.least == run.most {
        index += count
        continue
      }
      while attempt.allowance > 0 {
        // Most of the ways on end at the first byte behind them.
        let mayGoOn =
          number + 1 == runs.count || runs[number + 1].least == 0
          || accepts(runs[number + 1], index + count, of: line, &attempt)
        if mayGoOn, matches(from: number + 1, at: index + count, of: line, &attempt) {
          return true
        }
        if run.isLazy {
          guard count < run.most, accepts(run, index + count, of: line, &attempt) else {
            return false
          }
          count += 1
        } else {
          guard count > run.least else { return false }
          count -= 1
        }
      }
      return false
    }
    if runs.count == value.lowerBound { attempt.start = index }
    if runs.count == value.upperBound { attempt.end = index }
    return !isAtEnd || index == line.count
  }

  @inline(__always)
  private func accepts(
    _ run: Run, _ index: Int, of line: Span<UInt8>, _ attempt: inout Attempt
  ) -> Bool {
    attempt.allowance -= 1
    guard index < line.count, attempt.allowance > 0 else { return false }
    let byte = line[index]
    if run.distinguishesDigits, index >= attempt.digitsStart, byte.decimalDigit != nil {
      attempt.isSteady = false
    }
    return run.set.contains(byte)
  }
}
