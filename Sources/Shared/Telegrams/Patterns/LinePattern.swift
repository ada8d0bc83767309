import Records

/// A regular expression of a specification file, which finds the value in a line of a telegram: as
/// Python's `re.search` does, and in a time that has bounds.
final class LinePattern {
  /// The expression as the file has it.
  let text: String
  private let way: Way

  private enum Way {
    case direct(DirectPattern)
    case general(BoundedRegex)
  }

  /// What a line holds.
  struct Match: Equatable {
    /// Where the value stands; empty where the group took no part in the match, nil where the pattern
    /// does not match.
    let value: Range<Int>?
    /// Whether a line with other digits in the same places has its value in the same place.
    let isSteady: Bool
  }

  /// Why a pattern cannot be used.
  struct Invalid: Error {
    let reason: String
  }

  /// The most bytes of a pattern: its depth is the depth of the call stack that reads it.
  static let maximumLength = 500

  /// What a pattern may use for one line: many times what a long one takes, and about a ms.
  static let allowance = 1 << 18
  /// What a step of the general way takes, in steps of the direct one.
  private static let generalPrice = 64

  /// - Throws: ``Invalid``, for no regular expression and for one without a capture group.
  init(_ pattern: String) throws(Invalid) {
    guard pattern.utf8.count <= LinePattern.maximumLength else {
      throw Invalid(
        reason: "a regular expression of more than \(LinePattern.maximumLength) bytes")
    }
    let parts: (pattern: Pattern, groupCount: Int)
    do {
      parts = try PatternReader.read(pattern)
    } catch {
      throw Invalid(
        reason: "\"\(pattern)\" is no regular expression that can be used here: \(error.reason)")
    }
    guard parts.groupCount > 0 else {
      throw Invalid(reason: "\"\(pattern)\" has no group ( ) that captures the value")
    }
    text = pattern
    way =
      DirectPattern(parts.pattern).map(Way.direct) ?? .general(BoundedRegex(parts.pattern))
  }

  /// Finds the value in a line: what the first group captures.
  ///
  /// - Parameters:
  ///   - line: its bytes, without line ends.
  ///   - digitsStart: where the line can have other digits.
  ///   - allowance: what may be used; 0 afterwards where that was not enough.
  /// - Returns: where it stands.
  func match(_ line: Span<UInt8>, digitsStart: Int = 0, allowance: inout Int) -> Match {
    switch way {
    case .direct(let pattern):
      return pattern.match(line, digitsStart: digitsStart, allowance: &allowance)
    case .general(let regex):
      var steps = allowance / LinePattern.generalPrice
      let value = regex.match(line, allowance: &steps)
      allowance = min(allowance, steps * LinePattern.generalPrice)
      return Match(value: value, isSteady: false)
    }
  }
}
