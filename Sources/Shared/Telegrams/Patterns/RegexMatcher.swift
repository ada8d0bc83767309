import RegexBuilder

/// Matches a pattern of any form with Swift's `Regex`, in a limited number of steps.
///
/// `Regex` backtracks, and a hostile pattern can make that take exponential time. Only repeats and
/// choices cause backtracking, so a step is inserted at each of them, and the match is given up when
/// no step is left.
final class RegexMatcher {
  private typealias Part = Regex<AnyRegexOutput>

  /// Shared with the steps inside the regex.
  private final class StepBudget: @unchecked Sendable {
    var stepsLeft = 0
  }

  private struct BudgetExhausted: Error {}

  private let regex: Part
  private let isAtStart: Bool
  private let budget: StepBudget

  init(_ pattern: RegexNode) {
    let budget = StepBudget()
    let builder = Builder(budget: budget)
    self.budget = budget
    regex = builder.part(of: pattern).matchingSemantics(.unicodeScalar)
    isAtStart =
      if case .sequence(let parts) = pattern { parts.first == .place(.start) } else { false }
  }

  /// Finds the value in a line, as ``LinePattern/Match/value`` has it.
  ///
  /// - Parameter stepsLeft: 0 afterwards if the match was given up.
  func match(_ line: Span<UInt8>, stepsLeft: inout Int) -> Range<Int>? {
    let text = line.latin1Line
    budget.stepsLeft = stepsLeft
    defer { stepsLeft = max(0, budget.stepsLeft) }
    guard let match = try? isAtStart ? regex.prefixMatch(in: text) : regex.firstMatch(in: text)
    else {
      return nil
    }
    guard match.output.count > 1, let value = match.output[1].range else { return 0..<0 }
    let scalars = text.unicodeScalars
    let start = scalars.distance(from: scalars.startIndex, to: value.lowerBound)
    return start..<(start + scalars.distance(from: value.lowerBound, to: value.upperBound))
  }

  private struct Builder {
    let budget: StepBudget

    func part(of pattern: RegexNode) -> Part {
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
      case .repetition(let inside, let times): joined(repeated(inside, times), step)
      case .group(let inside, number: 1):
        Part(Regex { Capture { part(of: inside) } })
      case .group(let inside, _): part(of: inside)
      case .place(let place):
        Part(Regex { Component { place.holds(at: $1, of: $0) ? $1 : nil } })
      }
    }

    /// A character class that lists its characters by number, as `Regex` gives other classes a wider
    /// meaning. An empty class is not valid, so a component takes its place.
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

    /// Matches the empty text and takes a step from the budget.
    private var step: Part {
      let budget = budget
      return Part(
        Regex {
          Component { _, index in
            budget.stepsLeft -= 1
            guard budget.stepsLeft > 0 else { throw BudgetExhausted() }
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

    private func branch(of pattern: RegexNode) -> Part { joined(step, part(of: pattern)) }

    private func repeated(_ inside: RegexNode, _ times: RegexNode.Repeat) -> Part {
      // Repeating a single byte does not backtrack within a repetition.
      let isByte = if case .byte = inside { true } else { false }
      let body = isByte ? part(of: inside) : joined(part(of: inside), step)
      let behavior = times.isLazy ? RegexRepetitionBehavior.reluctant : .eager
      if let most = times.most {
        return Part(Regex { Repeat(times.least...most, behavior) { body } })
      }
      return Part(Regex { Repeat(times.least..., behavior) { body } })
    }
  }

  /// Computes the end of a match at an index, nil for none, where `Regex` has no syntax for it.
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

extension RegexNode.Place {
  /// Whether the index of a line is such a place.
  fileprivate func holds(at index: String.Index, of line: String) -> Bool {
    switch self {
    case .start: index == line.startIndex
    case .end: index == line.endIndex
    case .wordBoundary: RegexNode.Place.isBoundary(index, line.unicodeScalars)
    // In Python, `\B` does not match in an empty text.
    case .noWordBoundary:
      !line.isEmpty && !RegexNode.Place.isBoundary(index, line.unicodeScalars)
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
