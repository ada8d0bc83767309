/// A regular expression of a specification file, which finds the value in a line of a telegram.
final class LinePattern {
  /// The expression as the file has it.
  let text: String
  private let regex: Regex<AnyRegexOutput>

  /// The most bytes of a pattern: its depth is the depth of the call stack that compiles it.
  static let maximumLength = 500

  /// Why a pattern cannot be used.
  struct Invalid: Error {
    let reason: String
  }

  /// - Throws: ``Invalid``, for no regular expression and for one without a capture group.
  init(_ pattern: String) throws(Invalid) {
    guard pattern.utf8.count <= LinePattern.maximumLength else {
      throw Invalid(
        reason: "a regular expression of more than \(LinePattern.maximumLength) bytes")
    }
    let compiled: Regex<AnyRegexOutput>
    do {
      compiled = try Regex(pattern)
    } catch {
      throw Invalid(reason: "\"\(pattern)\" is no regular expression that can be used here")
    }
    text = pattern
    // Bytes are what a meter prints: CR LF and the like are never one character.
    regex = compiled.matchingSemantics(.unicodeScalar)
    guard LinePattern.capturesAnything(pattern) else {
      throw Invalid(reason: "\"\(pattern)\" has no group ( ) that captures the value")
    }
  }

  /// Whether the pattern has a group that captures: one of a pattern that matches anyhow tells.
  private static func capturesAnything(_ pattern: String) -> Bool {
    guard let always = try? Regex("(?:\(pattern))|"), let match = try? always.firstMatch(in: "")
    else {
      return false
    }
    return match.output.count > 1
  }

  /// The value in a line: what the first group captures; nil where the pattern does not match.
  func value(in line: String) -> String? {
    guard let match = try? regex.firstMatch(in: line), match.output.count > 1 else { return nil }
    return match.output[1].substring.map(String.init)
  }
}
