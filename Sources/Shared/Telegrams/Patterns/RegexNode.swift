/// The syntax tree of a regular expression, which ``RegexParser`` makes from its text.
indirect enum RegexNode: Equatable {
  /// One byte of a set.
  case byte(ByteSet)
  /// One after the other; an empty sequence matches the empty text.
  case sequence([RegexNode])
  /// The first branch that leads to a match.
  case choice([RegexNode])
  case repetition(RegexNode, Repeat)
  /// A group; capturing groups have a number, counted from 1.
  case group(RegexNode, number: Int?)
  case place(Place)

  struct Repeat: Equatable {
    var least: Int
    /// Nil if unlimited.
    var most: Int?
    /// Whether as few times as possible are tried first.
    var isLazy = false
  }

  /// A position in the line, which consumes no byte.
  enum Place: Equatable {
    /// `^`, `\A`
    case start
    /// `$`, `\Z`. A line has no line feed here, so both mean the end.
    case end
    /// `\b`: between a word character and another one.
    case wordBoundary
    /// `\B`
    case noWordBoundary
  }
}
