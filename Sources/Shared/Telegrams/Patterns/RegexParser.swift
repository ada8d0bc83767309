/// Parses a regular expression like Python's `re` module, as far as specifications need it:
/// characters and their escapes, `.`, classes, `\d \w \s` and their opposites, plain, named and
/// non-capturing groups, `|`, greedy and lazy repeats, `^ $ \A \Z \b \B`, and `(?i)` at the start.
///
/// Look-around, back references, possessive repeats and conditions are reported as unsupported.
struct RegexParser {
  /// Why a text is not a regular expression that can be used.
  struct Invalid: Error, Equatable {
    let reason: String
  }

  private let text: [Unicode.Scalar]
  var index = 0
  private(set) var ignoresCase = false
  private var groupCount = 0
  private var groupNames: Set<String> = []

  private static let maximumRepeat = 1000

  private init(_ text: String) {
    self.text = Array(text.unicodeScalars)
  }

  /// Parses a regular expression; `groupCount` is the number of capturing groups.
  static func read(_ text: String) throws(Invalid) -> (pattern: RegexNode, groupCount: Int) {
    var parser = RegexParser(text)
    try parser.readFlags()
    let pattern = try parser.choice()
    if parser.next == ")" { throw parser.invalid("unmatched )") }
    return (pattern, parser.groupCount)
  }

  // MARK: - Structure

  /// `(?i)` and other flags at the start. `m` and `s` only concern line feeds, which no line contains,
  /// and `u` is the default.
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
    // ``group(from:)`` reports `(?i:…)` and other flags as unsupported.
    if !take(")") {
      index = start
      ignoresCase = false
    }
  }

  private mutating func choice() throws(Invalid) -> RegexNode {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(Invalid) -> RegexNode {
    var parts: [RegexNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = index
      if try repeatMark() != nil {
        index = start
        throw invalid("nothing to repeat")
      }
      var part = try element()
      let mark = index
      if let times = try repeatMark() {
        if case .place = part {
          index = mark
          throw invalid("nothing to repeat")
        }
        part = .repetition(part, times)
        let second = index
        if try repeatMark() != nil {
          index = second
          throw invalid("repeated repeat")
        }
      }
      parts.append(part)
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func element() throws(Invalid) -> RegexNode {
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
    default: return .byte(cased(RegexParser.set(of: scalar)))
    }
  }

  private mutating func taking(_ pattern: RegexNode) -> RegexNode {
    index += 1
    return pattern
  }

  private mutating func group(from start: Int) throws(Invalid) -> RegexNode {
    var number: Int?
    if take("?") {
      if take("P") {
        guard take("<") else {
          throw invalid("references to groups are not supported", start)
        }
        var name = ""
        while let scalar = next, scalar != ">" {
          name.unicodeScalars.append(scalar)
          index += 1
        }
        guard take(">"), RegexParser.isName(name), groupNames.insert(name).inserted else {
          throw invalid("a group's name must be unique and consist of letters and digits", start)
        }
        groupCount += 1
        number = groupCount
      } else if !take(":") {
        throw invalid("this kind of group is not supported", start)
      }
    } else {
      groupCount += 1
      number = groupCount
    }
    let inside = try choice()
    guard take(")") else { throw invalid("unmatched (", start) }
    return .group(inside, number: number)
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first.decimalDigit == nil else { return false }
    return name.utf8.allSatisfy { ByteSet.nameCharacters.contains($0) }
  }

  /// `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}`, `{2,3}`, followed by `?` if it is lazy. Any other brace is a
  /// character.
  private mutating func repeatMark() throws(Invalid) -> RegexNode.Repeat? {
    let start = index
    var times: RegexNode.Repeat
    if take("*") {
      times = RegexNode.Repeat(least: 0, most: nil)
    } else if take("+") {
      times = RegexNode.Repeat(least: 1, most: nil)
    } else if take("?") {
      times = RegexNode.Repeat(least: 0, most: 1)
    } else if take("{") {
      let least = number()
      let most = take(",") ? number() : least
      let isRange = text[start..<index].contains(",")
      guard take("}"), least != nil || isRange else {
        index = start
        return nil
      }
      times = RegexNode.Repeat(least: least ?? 0, most: isRange ? most : least)
      if let most = times.most, most < times.least {
        throw invalid("the largest number of repeats is below the smallest", start)
      }
      guard max(times.least, times.most ?? 1) <= RegexParser.maximumRepeat, times.most != 0 else {
        throw invalid("the number of repeats must be 1 to \(RegexParser.maximumRepeat)", start)
      }
    } else {
      return nil
    }
    times.isLazy = take("?")
    if !times.isLazy, next == "+" {
      throw invalid("possessive repeats are not supported", start)
    }
    return times
  }

  /// A decimal number, limited to just above ``maximumRepeat``; nil if there is no digit.
  private mutating func number() -> Int? {
    var number: Int?
    while let digit = next.flatMap({ UInt8(exactly: $0.value)?.decimalDigit }) {
      number = min((number ?? 0) * 10 + digit, RegexParser.maximumRepeat + 1)
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
