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
  private var index = 0
  private var ignoresCase = false
  private var groupCount = 0

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
      if let found = try repeatMark() {
        _ = found
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
        guard take(">"), !name.isEmpty else {
          throw invalid("the name of this group is missing", start)
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

  // MARK: - Characters

  /// What an escape stands for.
  private struct Escaped {
    let set: ByteSet
    /// The character, nil for a class.
    let scalar: Unicode.Scalar?

    init(_ scalar: Unicode.Scalar) {
      self.scalar = scalar
      set = PatternReader.set(of: scalar)
    }

    init(class set: ByteSet) {
      self.set = set
      scalar = nil
    }
  }

  /// What stands behind a backslash.
  private mutating func escape(from start: Int, inClass: Bool = false) throws(Invalid) -> Escaped {
    guard let scalar = next else { throw invalid("a \\ at the end", start) }
    index += 1
    switch scalar {
    case "d": return Escaped(class: .digits)
    case "D": return Escaped(class: ByteSet.digits.inverted)
    case "w": return Escaped(class: .wordCharacters)
    case "W": return Escaped(class: ByteSet.wordCharacters.inverted)
    case "s": return Escaped(class: .whiteSpace)
    case "S": return Escaped(class: ByteSet.whiteSpace.inverted)
    case "a": return Escaped("\u{07}")
    case "b" where inClass: return Escaped("\u{08}")
    case "f": return Escaped("\u{0C}")
    case "n": return Escaped("\n")
    case "r": return Escaped("\r")
    case "t": return Escaped("\t")
    case "v": return Escaped("\u{0B}")
    case "x": return Escaped(try hexadecimal(2, from: start))
    case "u": return Escaped(try hexadecimal(4, from: start))
    case "U": return Escaped(try hexadecimal(8, from: start))
    case "0"..."9": return Escaped(try octal(scalar, from: start, inClass: inClass))
    case "a"..."z", "A"..."Z":
      throw invalid("there is no escape \\\(scalar)", start)
    default: return Escaped(scalar)
    }
  }

  private mutating func hexadecimal(_ count: Int, from start: Int) throws(Invalid) -> Unicode.Scalar
  {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = next.flatMap({ UInt8(exactly: $0.value)?.hexadecimalDigit }) else {
        throw invalid("this escape has \(count) hexadecimal digits", start)
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw invalid("there is no such character", start)
    }
    return scalar
  }

  /// `\0`, `\07`, `\101`: a character by its number; any other number is that of a group.
  private mutating func octal(
    _ first: Unicode.Scalar, from start: Int, inClass: Bool
  ) throws(Invalid) -> Unicode.Scalar {
    var digits = [first]
    while digits.count < 3, let digit = next, ("0"..."7").contains(digit) {
      digits.append(digit)
      index += 1
    }
    let isOctal = digits.allSatisfy { ("0"..."7").contains($0) }
    guard isOctal, first == "0" || digits.count == 3 || inClass else {
      throw invalid("a reference to a group, which cannot be used here", start)
    }
    let value = digits.reduce(UInt32(0)) { $0 << 3 | ($1.value - 0x30) }
    guard value <= 0o377, let scalar = Unicode.Scalar(value) else {
      throw invalid("an octal escape ends at \\377", start)
    }
    return scalar
  }

  /// `[…]`, of which the `[` was read.
  private mutating func characterClass(from start: Int) throws(Invalid) -> Pattern {
    var set = ByteSet()
    let isInverted = take("^")
    var isFirst = true
    while isFirst || next != "]" {
      isFirst = false
      let (lowSet, low) = try member(of: start)
      let dash = index
      guard take("-"), let behind = next, behind != "]" else {
        index = dash
        if next == "-" {
          // A dash in front of the end is one.
          index += 1
          set.insert(UInt8(ascii: "-"))
        }
        set.formUnion(cased(lowSet))
        continue
      }
      let (_, high) = try member(of: start)
      guard let low, let high, low <= high else { throw invalid("a range that is none", dash) }
      let last = min(high.value, 255)
      if low.value <= last { set.formUnion(cased(ByteSet(UInt8(low.value)...UInt8(last)))) }
    }
    index += 1
    return .byte(isInverted ? set.inverted : set)
  }

  /// One member of a class; the character, where it is one.
  private mutating func member(
    of start: Int
  ) throws(Invalid) -> (set: ByteSet, scalar: Unicode.Scalar?) {
    guard let scalar = next else { throw invalid("this [ has no ]", start) }
    let position = index
    index += 1
    guard scalar == "\\" else { return (PatternReader.set(of: scalar), scalar) }
    let escaped = try escape(from: position, inClass: true)
    return (escaped.set, escaped.scalar)
  }

  private func cased(_ set: ByteSet) -> ByteSet { ignoresCase ? set.ignoringCase : set }

  /// A character; the empty set for one that is not in Latin-1, which no meter prints.
  private static func set(of scalar: Unicode.Scalar) -> ByteSet {
    guard let byte = UInt8(exactly: scalar.value) else { return ByteSet() }
    return ByteSet(byte...byte)
  }

  // MARK: - The text

  private var next: Unicode.Scalar? { index < text.count ? text[index] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    index += 1
    return true
  }

  private func invalid(_ reason: String, _ position: Int? = nil) -> Invalid {
    Invalid(reason: "\(reason), at character \((position ?? index) + 1)")
  }
}
