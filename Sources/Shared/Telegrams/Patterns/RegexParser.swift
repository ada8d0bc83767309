/// Reads a regular expression as Python's `re` module does, as far as a specification needs it:
/// characters and their escapes, `.`, classes, `\d \w \s` and their opposites, groups of all kinds
/// that match what they hold, `|`, repeats, greedy and lazy, `^ $ \A \Z \b \B`, and `(?i)` in front.
///
/// Look-around, back references, possessive repeats and conditions are named as what they are.
struct PatternReader {
  /// Why a text is no regular expression.
  struct Invalid: Error, Equatable {
    let reason: String
  }

  private let text: [Unicode.Scalar]
  var index = 0
  private(set) var ignoresCase = false
  private var groupCount = 0
  private var groupNames: Set<String> = []

  /// The most times that something can be told to repeat.
  private static let maximumRepeat = 1000

  private init(_ text: String) {
    self.text = Array(text.unicodeScalars)
  }

  /// Reads a regular expression.
  ///
  /// - Returns: what it is made of, and how many of its groups capture.
  /// - Throws: ``Invalid``.
  static func read(_ text: String) throws(Invalid) -> (pattern: Pattern, groupCount: Int) {
    var reader = PatternReader(text)
    try reader.readFlags()
    let pattern = try reader.choice()
    if reader.next == ")" { throw reader.invalid("a ) that no ( belongs to") }
    return (pattern, reader.groupCount)
  }

  // MARK: - Structure

  /// `(?i)` and the like in front of all. No line has a line feed, which is all that `m` and `s` are
  /// about, and `u` is how it is anyway.
  private mutating func readFlags() throws(Invalid) {
    let start = index
    guard take("("), take("?"), let first = next, "imsu".unicodeScalars.contains(first) else {
      index = start
      return
    }
    while let flag = next, "imsu".unicodeScalars.contains(flag) {
      ignoresCase = ignoresCase || flag == "i"
      index += 1
    }
    // `(?i:…)` and flags of another kind are found where groups are read.
    if !take(")") {
      index = start
      ignoresCase = false
    }
  }

  private mutating func choice() throws(Invalid) -> Pattern {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(Invalid) -> Pattern {
    var parts: [Pattern] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = index
      if try repeatMark() != nil {
        index = start
        throw invalid("there is nothing to repeat")
      }
      var part = try element()
      let mark = index
      if let times = try repeatMark() {
        if case .place = part {
          index = mark
          throw invalid("there is nothing to repeat")
        }
        part = .repetition(part, times)
        let second = index
        if try repeatMark() != nil {
          index = second
          throw invalid("a repeat of a repeat")
        }
      }
      parts.append(part)
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func element() throws(Invalid) -> Pattern {
    let start = index
    let scalar = text[index]
    index += 1
    switch scalar {
    case ".": return .byte(.anyInLine)
    case "^": return .place(.start)
    case "$": return .place(.end)
    case "(": return try group(from: start)
    case "[": return try characterClass(from: start)
    case "\\":
      switch next {
      case "A": return taking(.place(.start))
      case "Z": return taking(.place(.end))
      case "b": return taking(.place(.wordBoundary))
      case "B": return taking(.place(.noWordBoundary))
      default: break
      }
      return .byte(cased(try escape(from: start).set))
    default: return .byte(cased(PatternReader.set(of: scalar)))
    }
  }

  private mutating func taking(_ pattern: Pattern) -> Pattern {
    index += 1
    return pattern
  }

  private mutating func group(from start: Int) throws(Invalid) -> Pattern {
    var number: Int?
    if take("?") {
      if take("P") {
        guard take("<") else {
          throw invalid("a reference to a group, which cannot be used here", start)
        }
        var name = ""
        while let scalar = next, scalar != ">" {
          name.unicodeScalars.append(scalar)
          index += 1
        }
        guard take(">"), PatternReader.isName(name), groupNames.insert(name).inserted else {
          throw invalid("a group needs a name of its own, of letters and digits", start)
        }
        groupCount += 1
        number = groupCount
      } else if !take(":") {
        throw invalid("a group of a kind that cannot be used here", start)
      }
    } else {
      groupCount += 1
      number = groupCount
    }
    let inside = try choice()
    guard take(")") else { throw invalid("this ( has no )", start) }
    return .group(inside, number: number)
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first.decimalDigit == nil else { return false }
    return name.utf8.allSatisfy { ByteSet.nameCharacters.contains($0) }
  }

  /// `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}`, `{2,3}`, each with `?` behind it where it is lazy. Any other
  /// brace is a character.
  private mutating func repeatMark() throws(Invalid) -> Pattern.Repeat? {
    let start = index
    var times: Pattern.Repeat
    if take("*") {
      times = Pattern.Repeat(least: 0, most: nil)
    } else if take("+") {
      times = Pattern.Repeat(least: 1, most: nil)
    } else if take("?") {
      times = Pattern.Repeat(least: 0, most: 1)
    } else if take("{") {
      let least = number()
      let most = take(",") ? number() : least
      let isRange = text[start..<index].contains(",")
      guard take("}"), least != nil || isRange else {
        index = start
        return nil
      }
      times = Pattern.Repeat(least: least ?? 0, most: isRange ? most : least)
      if let most = times.most, most < times.least {
        throw invalid("it repeats at most less often than at least", start)
      }
      guard max(times.least, times.most ?? 1) <= PatternReader.maximumRepeat, times.most != 0 else {
        throw invalid("it can repeat 1 to \(PatternReader.maximumRepeat) times", start)
      }
    } else {
      return nil
    }
    times.isLazy = take("?")
    if !times.isLazy, next == "+" {
      throw invalid("a possessive repeat, which cannot be used here", start)
    }
    return times
  }

  /// Decimal digits, as many as a repeat can have and one more; nil where there are none.
  private mutating func number() -> Int? {
    var number: Int?
    while let digit = next.flatMap({ UInt8(exactly: $0.value)?.decimalDigit }) {
      number = min((number ?? 0) * 10 + digit, PatternReader.maximumRepeat + 1)
      index += 1
    }
    return number
  }

  // MARK: - The text

  var next: Unicode.Scalar? { index < text.count ? text[index] : nil }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    index += 1
    return true
  }

  func invalid(_ reason: String, _ position: Int? = nil) -> Invalid {
    Invalid(reason: "\(reason), at character \((position ?? index) + 1)")
  }
}
