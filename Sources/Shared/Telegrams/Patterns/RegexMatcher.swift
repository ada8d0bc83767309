import RegexBuilder

/// A pattern of any shape, matched by Swift's `Regex`, which is made to end: each way on costs a toll,
/// and where the allowance is used up, the match is given up.
///
/// `Regex` tries one way after the other. What makes it try more of them than a line has bytes are
/// repeats and alternatives, so a toll stands behind each of those.
final class BoundedRegex {
  private typealias Part = Regex<AnyRegexOutput>

  /// What is left to be used: the regex refers to it.
  private final class Purse: @unchecked Sendable {
    var allowance = 0
  }

  /// The allowance is used up.
  private struct Spent: Error {}

  private let regex: Part
  private let isAtStart: Bool
  private let purse: Purse

  init(_ pattern: Pattern) {
    let purse = Purse()
    let builder = Builder(purse: purse)
    self.purse = purse
    regex = builder.part(of: pattern).matchingSemantics(.unicodeScalar)
    isAtStart =
      if case .sequence(let parts) = pattern { parts.first == .place(.start) } else { false }
  }

  /// Finds the value in a line.
  ///
  /// - Parameters:
  ///   - line: its bytes, without line ends.
  ///   - allowance: how much may be tried; it is 0 afterwards where that was not enough.
  /// - Returns: where the value stands; an empty one where the group took no part in the match, nil
  ///   where the pattern does not match.
  func match(_ line: Span<UInt8>, allowance: inout Int) -> Range<Int>? {
    let text = line.latin1Line
    purse.allowance = allowance
    defer { allowance = max(0, purse.allowance) }
    guard let match = try? isAtStart ? regex.prefixMatch(in: text) : regex.firstMatch(in: text)
    else {
      return nil
    }
    guard match.output.count > 1, let value = match.output[1].range else { return 0..<0 }
    let scalars = text.unicodeScalars
    let start = scalars.distance(from: scalars.startIndex, to: value.lowerBound)
    return start..<(start + scalars.distance(from: value.lowerBound, to: value.upperBound))
  }

  /// Makes the regex.
  private struct Builder {
    let purse: Purse

    func part(of pattern: Pattern) -> Part {
      switch pattern {
      case .byte(let set): byte(of: set)
      case .sequence(let parts):
        parts.dropFirst().reduce(parts.first.map(part(of:)) ?? nothing) { joined($0, part(of: $1)) }
      case .choice(let branches):
        branches.dropFirst().reduce(branches.first.map(branch(of:)) ?? nothing) { choice, next in
          let last = branch(of: next)
          return Part(
            Regex {
              ChoiceOf {
                choice; last
              }
            })
        }
      case .repetition(let inside, let times): joined(repeated(inside, times), toll)
      case .group(let inside, number: 1):
        Part(Regex { Capture { part(of: inside) } })
      case .group(let inside, _): part(of: inside)
      case .place(let place):
        Part(Regex { Component { place.holds(at: $1, of: $0) ? $1 : nil } })
      }
    }

    /// A class by the numbers of its characters, which has no other meaning to `Regex`. It has none
    /// without any.
    private func byte(of set: ByteSet) -> Part {
      let ranges = set.ranges.map {
        "\\x{\(String($0.lowerBound, radix: 16))}-\\x{\(String($0.upperBound, radix: 16))}"
      }
      guard !ranges.isEmpty, let part = try? Part("[\(ranges.joined())]") else {
        return Part(
          Regex {
            Component { line, index in
              let scalars = line.unicodeScalars
              guard index < scalars.endIndex, let byte = UInt8(exactly: scalars[index].value),
                set.contains(byte)
              else {
                return nil
              }
              return scalars.index(after: index)
            }
          })
      }
      return part
    }

    private var nothing: Part { Part(Regex { "" }) }

    /// Matches nothing, and has its price.
    private var toll: Part {
      let purse = purse
      return Part(
        Regex {
          Component { _, index in
            purse.allowance -= 1
            guard purse.allowance > 0 else { throw Spent() }
            return index
          }
        })
    }

    private func joined(_ first: Part, _ second: Part) -> Part {
      Part(
        Regex {
          first; second
        })
    }

    private func branch(of pattern: Pattern) -> Part { joined(toll, part(of: pattern)) }

    private func repeated(_ inside: Pattern, _ times: Pattern.Repeat) -> Part {
      // Bytes of a set are only counted; nothing is tried in between.
      let isByte = if case .byte = inside { true } else { false }
      let body = isByte ? part(of: inside) : joined(part(of: inside), toll)
      let behavior = times.isLazy ? RegexRepetitionBehavior.reluctant : .eager
      if let most = times.most {
        return Part(Regex { Repeat(times.least...most, behavior) { body } })
      }
      return Part(Regex { Repeat(times.least..., behavior) { body } })
    }
  }

  /// Something that `Regex` has no text for: tells where a match at an index ends, nil for none.
  private struct Component: CustomConsumingRegexComponent {
    typealias RegexOutput = Substring
    let end: (_ input: String, _ index: String.Index) throws -> String.Index?

    func consuming(
      _ input: String, startingAt index: String.Index, in bounds: Range<String.Index>
    ) throws -> (upperBound: String.Index, output: Substring)? {
      try end(input, index).map { ($0, input[index..<$0]) }
    }
  }
}

extension Pattern.Place {
  /// Whether an index of a line is such a place.
  fileprivate func holds(at index: String.Index, of line: String) -> Bool {
    switch self {
    case .start: index == line.startIndex
    case .end: index == line.endIndex
    case .wordBoundary: Pattern.Place.isBoundary(index, line.unicodeScalars)
    // Python takes the empty text for one without any such place.
    case .noWordBoundary:
      !line.isEmpty && !Pattern.Place.isBoundary(index, line.unicodeScalars)
    }
  }

  private static func isBoundary(
    _ index: String.Index, _ text: String.UnicodeScalarView
  ) -> Bool {
    func isOfWord(_ index: String.Index) -> Bool {
      UInt8(exactly: text[index].value).map(ByteSet.wordCharacters.contains) ?? false
    }
    let before = index > text.startIndex && isOfWord(text.index(before: index))
    return before != (index < text.endIndex && isOfWord(index))
  }
}
