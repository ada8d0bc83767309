import Records

/// A regular expression of a specification file, which finds the value in a line of a telegram like
/// Python's `re.search`, in a limited number of steps.
///
/// ``RegexParser`` reads its text into a ``RegexNode``. A ``RunMatcher`` matches the form that nearly
/// all patterns have; a ``RegexMatcher`` matches any other.
final class LinePattern {
  /// The expression as it is in the file.
  let text: String
  private let matcher: Matcher

  private enum Matcher {
    case runs(RunMatcher)
    case regex(RegexMatcher)
  }

  struct Match: Equatable {
    /// The place of the value; empty if the group took no part in the match, nil if the pattern does
    /// not match.
    let value: Range<Int>?
    /// Whether the value would be in the same place if the line had other digits (KnownShapes.swift).
    let holdsForOtherDigits: Bool
  }

  /// Why a pattern cannot be used.
  struct Invalid: Error {
    let reason: String
  }

  /// In bytes. The parser calls itself for each group, so the length bounds the call stack.
  static let maximumLength = 500

  /// For one line, in steps of a ``RunMatcher``: about a millisecond, many times what a long line
  /// needs.
  static let maximumSteps = 1 << 18
  /// The time of a step of a ``RegexMatcher``, in steps of a ``RunMatcher``.
  private static let stepsPerRegexStep = 64

  /// - Throws: ``Invalid`` if it is no regular expression or has no capture group.
  init(_ pattern: String) throws(Invalid) {
    guard pattern.utf8.count <= LinePattern.maximumLength else {
      throw Invalid(
        reason: "a regular expression of more than \(LinePattern.maximumLength) bytes")
    }
    let parsed: (pattern: RegexNode, groupCount: Int)
    do {
      parsed = try RegexParser.read(pattern)
    } catch {
      throw Invalid(reason: "unsupported regular expression \"\(pattern)\": \(error.reason)")
    }
    guard parsed.groupCount > 0 else {
      throw Invalid(reason: "\"\(pattern)\" has no group ( ) that captures the value")
    }
    text = pattern
    matcher = RunMatcher(parsed.pattern).map(Matcher.runs) ?? .regex(RegexMatcher(parsed.pattern))
  }

  /// Finds the value in a line: the capture of the first group.
  ///
  /// - Parameters:
  ///   - line: its bytes, without line ends.
  ///   - digitsStart: from this index on, the digits may differ in another line.
  ///   - stepsLeft: 0 afterwards if the match was given up.
  func match(_ line: Span<UInt8>, digitsStart: Int = 0, stepsLeft: inout Int) -> Match {
    switch matcher {
    case .runs(let matcher):
      return matcher.match(line, digitsStart: digitsStart, stepsLeft: &stepsLeft)
    case .regex(let matcher):
      var steps = stepsLeft / LinePattern.stepsPerRegexStep
      let value = matcher.match(line, stepsLeft: &steps)
      stepsLeft = min(stepsLeft, steps * LinePattern.stepsPerRegexStep)
      return Match(value: value, holdsForOtherDigits: false)
    }
  }
}
