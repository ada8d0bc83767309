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
  }
}
