import Metrics
import Records
import TestValues
import Testing

@testable import Telegrams

/// Regular expressions of specification files: the value that each finds, in a limited time.
@Suite struct LinePatternTests {
  /// The capture of the first group; nil if the pattern does not match.
  private func value(_ pattern: String, _ line: String) throws -> String? {
    var stepsLeft = LinePattern.maximumSteps
    let bytes = line.latin1Bytes
    let match = try LinePattern(pattern).match(bytes.span, stepsLeft: &stepsLeft)
    #expect(stepsLeft > 0)
    return match.value.map { bytes[$0].span.latin1Line }
  }

  @Test(
    arguments: [
      (#"^.*\((.*)\*kWh\)"#, "1-0:1.8.1(001234.567*kWh)", "001234.567"),
      (#"^.*\((.*)\*kWh\)"#, "1-0:1.8.1(001234.567*Wh)", nil),
      (#"^.*\((.*)\)"#, "0-1:24.2.1(101209112500W)(12785.123*m3)", "12785.123*m3"),
      (#"^.*?\((.*?)\)"#, "0-1:24.2.1(101209112500W)(12785.123*m3)", "101209112500W"),
      (#"^.*?\((.*)\)$"#, "1-1:31.4.0(100*A)(-063*A)", "100*A)(-063*A"),
      (#"\((\d+\.\d{2})"#, "1-0:1.7.0(00.321*kW)", "00.32"), (#"(\d{2,3}?)"#, "12345", "12"),
      (#"(?P<v>[^*(]+)\*"#, "1-0:1.7.0(00.321*kW)", "00.321"), (#"\*(m\u00b3|m3)"#, "(1*m³)", "m³"),
      (#"(?i)\*(KWH)\)"#, "(1*kWh)", "kWh"), (#"(?i)(É[a-c]+)"#, "éABC", "éABC"),
      (#"(a|ab)(c|bcd)(d*)"#, "abcd", "a"), (#"((a)|b)*c"#, "abc", "b"), (#"x(y)?z"#, "xz", ""),
      (#"()"#, "abc", ""), (#"(?:a|b)+(c)"#, "ababc", "c"), (#"\b(\w+)$"#, "one two", "two"),
      (#"\A([\s\S]*)\Z"#, "(1 2)", "(1 2)"), (#"(\D\d)\B"#, "a12", "a1"), ("(a{,2})", "aaa", "aa"),
      ("(a{)", "a{", "a{"), (#"([]\-a^]+)"#, "x]-a^b", "]-a^"), (#"([^\d.]+)"#, "1.a²b", "a²b"),
      (#"(\x41\101\0?[\b\x42]\W)"#, "AAB-", "AAB-"), (#"€|(x)"#, "x", "x"), ("(€?)", "x", ""),
      (#"^(.*)\.(.*)$"#, "a.b.c", "a.b"), ("(x*)", "", ""), ("$(x?)", "ab", ""),
      (#"(.)\B"#, "ab", "a"),
    ] as [(String, String, String?)])
  func firstGroupIsFound(_ pattern: String, _ line: String, _ expected: String?) throws {
    #expect(try value(pattern, line) == expected)
  }

  @Test(arguments: [
    ("(?=a)", "this kind of group is not supported, at character 1"),
    ("a(?P=x)", "references to groups are not supported, at character 2"),
    ("(?P<>a)", "a group's name must be unique and consist of letters and digits, at character 1"),
    ("(a)b**", "repeated repeat, at character 6"),
    ("^*", "nothing to repeat, at character 2"),
    ("(a|*)", "nothing to repeat, at character 4"),
    ("(a)++", "possessive repeats are not supported, at character 4"),
    ("(a){0}", "the number of repeats must be 1 to 1000, at character 4"),
    ("(a){2000}", "the number of repeats must be 1 to 1000, at character 4"),
    ("(a){99999999999999999999}", "the number of repeats must be 1 to 1000, at character 4"),
    ("(a){3,2}", "the largest number of repeats is below the smallest, at character 4"),
    ("[z-a]", "invalid range, at character 3"),
    (#"[\d-z]"#, "invalid range, at character 4"),
    (#"(a\"#, "nothing follows the \\, at character 3"),
    (#"\x4"#, "this escape needs 2 hexadecimal digits, at character 1"),
    (#"\777(a)"#, "octal escapes must not exceed \\377, at character 1"),
    ("(?x)(a)", "this kind of group is not supported, at character 1"),
    (#"\p{L}"#, "unknown escape \\p, at character 1"),
  ])
  func unsupportedExpressionIsExplained(_ pattern: String, _ reason: String) {
    do {
      _ = try LinePattern(pattern)
      Issue.record("\(pattern) is one")
    } catch {
      let expected = "unsupported regular expression \"\(pattern)\": \(reason)"
      #expect(error.reason == expected)
    }
  }

  // MARK: - Both matchers

  private static let atoms =
    ["a", "b", "1", "2", #"\("#, #"\)"#, #"\*"#, ".", #"\d"#, #"\w"#, "[^)]", "[0-9.]", "m3", "k"]
  private static let repeats = ["", "", "", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{2,}?"]

  /// ``RunMatcher`` and ``RegexMatcher`` find the same.
  @Test func bothMatchersFindTheSame() throws {
    var generator = SeededGenerator(seed: 51)
    var count = 0
    for _ in 0..<4000 {
      var pattern = Bool.random(using: &generator) ? "^" : ""
      let group = Int.random(in: 0..<4, using: &generator)
      for number in 0..<4 {
        if number == group { pattern += "(" }
        pattern += Self.atoms.randomElement(using: &generator) ?? ""
        pattern += Self.repeats.randomElement(using: &generator) ?? ""
        if number == group { pattern += ")" }
      }
      if Int.random(in: 0..<4, using: &generator) == 0 { pattern += "$" }
      let parts = try RegexParser.read(pattern).pattern
      let direct = try #require(RunMatcher(parts), "\(pattern)")
      let general = RegexMatcher(parts)
      for _ in 0..<3 {
        let line = generator.bytes(0...12, from: "ab12()*km3.\u{E9}".latin1Bytes)
        var (steps, regexSteps) = (LinePattern.maximumSteps, LinePattern.maximumSteps)
        let one = direct.match(line.span, digitsStart: 0, stepsLeft: &steps).value
        let other = general.match(line.span, stepsLeft: &regexSteps)
        #expect(one == other, "\(pattern) in \(line.text)")
        count += one == nil ? 0 : 1
      }
    }
    #expect(count > 500)
  }

  /// If ``LinePattern/Match/holdsForOtherDigits``, the value is in the same place with any other digits.
  @Test func matchThatHoldsForOtherDigitsIsTheSame() throws {
    var generator = SeededGenerator(seed: 52)
    let patterns = [
      #"^.*\((.*)\*kWh\)"#, #"\((\d+)\."#, #"\(0*(.*)\*"#, #"m3\)\((.*)\)"#, #"([1-5]+)"#,
      #"(.*)3"#,
      #"^1-0:1\.8\.1\((.*)\*"#, #"\((\d{3})"#, #"([^3]*)\)"#, "1(.*)",
    ]
    var steadyCount = 0
    for pattern in patterns {
      let pattern = try LinePattern(pattern)
      for _ in 0..<300 {
        let rest = generator.bytes(0...12, from: "0123().*kWhm".bytes)
        let line = "1-0:1.8.1(".bytes + rest + ")".bytes
        let other = line.enumerated().map { index, byte in
          index >= 10 && byte.decimalDigit != nil
            ? UInt8.random(in: 0x30...0x39, using: &generator) : byte
        }
        var stepsLeft = LinePattern.maximumSteps
        let match = pattern.match(line.span, digitsStart: 10, stepsLeft: &stepsLeft)
        let otherMatch = pattern.match(other.span, digitsStart: 10, stepsLeft: &stepsLeft)
        if match.holdsForOtherDigits {
          #expect(match == otherMatch, "\(pattern.text) in \(line.text) and \(other.text)")
          steadyCount += 1
        }
      }
    }
    #expect(steadyCount > 1000)
  }

  // MARK: - Hostile patterns and lines

  @Test(arguments: [
    "(.+)+x", "(.*.*.*.*.*.*)x", "((a|aa)+)+x", "(a|a)*x", "^(.*)(.*)(.*)(.*)(.*)(.*)x",
    "(?:(a*)*)*x",
    "(?:.*?.*?)*?(x)", "((.*)*)*$y", "(.*)b{1000}(.*)b{1000}x", "(\\w*\\w*\\w*\\w*)*x",
  ])
  func hostilePatternEnds(_ pattern: String) throws {
    let pattern = try LinePattern(pattern)
    for line in [String(repeating: "a", count: 10_000), String(repeating: "ab", count: 40)] {
      var stepsLeft = LinePattern.maximumSteps
      let match = pattern.match(line.bytes.span, stepsLeft: &stepsLeft)
      #expect(match.value == nil)
      #expect(stepsLeft < LinePattern.maximumSteps)
    }
  }

  /// A line that takes too long affects no other line, not even with the same code in the next telegram.
  @Test func hostileLineAffectsNoOther() throws {
    let files = try SpecificationFiles(
      #"""
      {"1-0:1.7.0": ["d", "slow", "((?:a.*)+x|z)"], "1-0:1.8.0": ["d", "m", "\((.*)\)"],
       "1-0:1.8.1": ["d", "n", "(?:x|.)+?\((.*)\)"]}
      """#)
    let code = OBISCode(1, 0, 1, 7, 0)
    let slow = "1-0:1.7.0(\(String(repeating: "a", count: 500)))"
    let lines = [slow, slow, "1-0:1.8.0(1)", "1-0:1.8.1(2)"]
    let parsed = try Parsed(
      (telegram(lines) + telegram(lines)).bytes, files: files)
    #expect(parsed.records == "m=1\nn=2\n\nm=1\nn=2\n\n")
    #expect(
      parsed.findings == [
        .patternTooSlow(code), .unreadable(line: slow), .patternTooSlow(code),
        .unreadable(line: slow),
      ])
  }
}
