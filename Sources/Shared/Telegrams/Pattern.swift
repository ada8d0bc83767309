/// A regular expression, taken apart: what ``PatternReader`` makes of its text.
indirect enum Pattern: Equatable {
  /// One byte out of a set.
  case byte(ByteSet)
  /// One after the other; none matches the empty text.
  case sequence([Pattern])
  /// The first that leads to a match.
  case choice([Pattern])
  /// So many times, as often as leads to a match, or as seldom.
  case repetition(Pattern, Repeat)
  /// A group; the number of one that captures counts from 1.
  case group(Pattern, number: Int?)
  case place(Place)

  /// How often something is repeated.
  struct Repeat: Equatable {
    var least: Int
    /// Nil where nothing bounds it.
    var most: Int?
    var isLazy = false
  }

  /// A place in the line, which takes no byte of it.
  enum Place: Equatable {
    /// `^`, `\A`
    case start
    /// `$`, `\Z`: a line here has no line feed to stand before.
    case end
    /// `\b`: between a character of a word and another one.
    case wordBoundary
    /// `\B`
    case noWordBoundary

    /// Whether an index is such a place; `byte` tells what stands at an index within the line.
    func holds(at index: Int, count: Int, _ byte: (Int) -> UInt8) -> Bool {
      switch self {
      case .start: return index == 0
      case .end: return index == count
      case .wordBoundary, .noWordBoundary:
        let isWordBefore = index > 0 && ByteSet.wordCharacters.contains(byte(index - 1))
        let isWordBehind = index < count && ByteSet.wordCharacters.contains(byte(index))
        // Python takes the empty text for one without any boundary, and without any other place.
        return count > 0 && (isWordBefore != isWordBehind) == (self == .wordBoundary)
      }
    }
  }
}
