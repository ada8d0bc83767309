import Records

/// Matches a pattern that is a sequence of runs of bytes, without choices or nested repeats, which
/// nearly all specifications use. Some adjacent runs are the value.
///
///     ^.*\((.*)\*kWh\)        ^0-1:24\.2\.1\([^)]*\)\((\d+\.\d+)
///
/// It finds what Python's `re.search` finds: the first match, each run as long as possible, or as
/// short as possible if it is lazy.
struct RunMatcher {
  /// A number of bytes of a set.
  private struct Run {
    let set: ByteSet
    let least: Int
    let most: Int
    let isLazy: Bool
    let distinguishesDigits: Bool

    init(_ set: ByteSet, _ times: RegexNode.Repeat = RegexNode.Repeat(least: 1, most: 1)) {
      self.set = set
      least = times.least
      most = times.most ?? Int.max
      isLazy = times.isLazy
      distinguishesDigits = set.distinguishesDigits
    }

    /// Whether it can match all bytes up to the end of the line.
    var takesAnything: Bool {
      least == 0 && most == Int.max && !isLazy && set == .anyInLine
    }
  }

  private var runs: [Run] = []
  /// The runs that are the value.
  private var value = 0..<0
  private var isAtStart = false
  private var isAtEnd = false

  /// Nil for a pattern of any other form.
  init?(_ pattern: RegexNode) {
    guard append(pattern) else { return nil }
    // If it does not match from the first byte on, it does not match from a later one.
    if let first = runs.first, first.takesAnything { isAtStart = true }
  }

  private mutating func append(_ pattern: RegexNode) -> Bool {
    // Nothing can follow `$`, or precede `^`.
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

  /// The state of a match.
  private struct Attempt {
    var stepsLeft: Int
    let digitsStart: Int
    var holdsForOtherDigits = true
    var start = 0
    var end = 0
  }

  /// Finds the value in a line: ``LinePattern/match(_:digitsStart:stepsLeft:)``. A step reads a byte.
  func match(
    _ line: Span<UInt8>, digitsStart: Int, stepsLeft: inout Int
  ) -> LinePattern.Match {
    var attempt = Attempt(stepsLeft: stepsLeft, digitsStart: digitsStart)
    var value: Range<Int>?
    for start in 0...(isAtStart ? 0 : line.count) {
      if matches(from: 0, at: start, of: line, &attempt) {
        value = attempt.start..<attempt.end
        break
      }
      if attempt.stepsLeft <= 0 { break }
    }
    stepsLeft = max(0, attempt.stepsLeft)
    return LinePattern.Match(value: value, holdsForOtherDigits: attempt.holdsForOtherDigits)
  }

  /// Whether the runs from `first` on match at an index.
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
      while attempt.stepsLeft > 0 {
        // Most attempts fail at the first byte of the next run, so that is tried first.
        let mayMatchNext =
          number + 1 == runs.count || runs[number + 1].least == 0
          || accepts(runs[number + 1], index + count, of: line, &attempt)
        if mayMatchNext, matches(from: number + 1, at: index + count, of: line, &attempt) {
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
    attempt.stepsLeft -= 1
    guard index < line.count, attempt.stepsLeft > 0 else { return false }
    let byte = line[index]
    if run.distinguishesDigits, index >= attempt.digitsStart, byte.decimalDigit != nil {
      attempt.holdsForOtherDigits = false
    }
    return run.set.contains(byte)
  }
}
