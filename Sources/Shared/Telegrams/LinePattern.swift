/// A regular expression of a specification file, which finds the value in a line of a telegram.
struct LinePattern {
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
    // Bytes are what a meter prints: CR LF and the like are never one character.
    regex = compiled.matchingSemantics(.unicodeScalar)
    guard LinePattern.groupCount(pattern) > 0 else {
      throw Invalid(reason: "\"\(pattern)\" has no group ( ) that captures the value")
    }
  }

  /// The value in a line: what the first group captures; nil where the pattern does not match.
  func value(in line: String) -> String? {
    guard let match = try? regex.firstMatch(in: line), match.output.count > 1 else { return nil }
    return match.output[1].substring.map(String.init)
  }

  /// How many groups of a pattern capture: each `(` that is neither escaped, in a class nor `(?:`.
  private static func groupCount(_ pattern: String) -> Int {
    var count = 0
    var isEscaped = false
    var isInClass = false
    let scalars = Array(pattern.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if isInClass {
        isInClass = scalar != "]"
      } else if scalar == "[" {
        isInClass = true
      } else if scalar == "(" {
        let rest = scalars[(index + 1)...]
        let isNamed =
          rest.starts(with: "?P<".unicodeScalars)
          || (rest.starts(with: "?<".unicodeScalars) && !rest.starts(with: "?<=".unicodeScalars)
            && !rest.starts(with: "?<!".unicodeScalars))
        if rest.first != "?" || isNamed { count += 1 }
      }
    }
    return count
  }
}
