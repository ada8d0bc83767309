import Foundation
import TestSupport
import TestValues
import Testing

@testable import Telegrams

/// Specification files are read as Python reads them: both are asked.
@Suite struct PythonTests {
  /// What Python makes of each row of its input, a line each.
  private func python(_ script: String, _ rows: [[String]]) async throws -> [String] {
    let input = rows.map { $0.map(Self.hexadecimal).joined(separator: " ") + "\n" }.joined()
    let result = try await Program("python3", ["-c", Self.prelude + script]).run(
      input: input, within: .seconds(60))
    #expect(result.status == .success, "\(result.errorText)")
    return result.text.split(separator: "\n").map(String.init)
  }

  /// Fields are the hexadecimal of UTF-8, and an empty one is a dash.
  private static func hexadecimal(_ text: String) -> String {
    text.isEmpty ? "-" : text.utf8.map { String(format: "%02x", $0) }.joined()
  }

  private static let prelude = """
    import ast, re, signal, sys, warnings
    warnings.simplefilter("ignore")
    def rows():
        for line in sys.stdin:
            yield ["" if f == "-" else bytes.fromhex(f).decode() for f in line.split()]
    def show(*fields):
        print(*[f.encode().hex() or "-" for f in fields])

    """

  // MARK: - Regular expressions

  private static let atoms = [
    "a", "b", "1", "x", "m3", #"\."#, #"\*"#, #"\("#, #"\)"#, ".", #"\d"#, #"\w"#, #"\s"#, #"\D"#,
    #"\W"#, #"\S"#, "[0-9.]", "[^)]", "[a-c]", "[]a]", "[^]a]", "[a-]", #"[\d.]"#, #"[\w*]"#,
    "[a[b]",
    "^", "$", #"\b"#, #"\B"#, #"\A"#, #"\Z"#, "³", "é", #"\x31"#, "(?i)", "{", "}", "]", "-",
  ]
  private static let repeats = [
    "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,2}", "{2,}", "{1,2}?", "{a}", "{,}", "**",
  ]

  private func pattern(_ depth: Int, by generator: inout SeededGenerator) -> String {
    (0..<(Int.random(in: 0..<5, using: &generator) / 4 + 1)).map { _ in
      (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
        var part = Self.atoms.randomElement(using: &generator) ?? ""
        if depth > 0, Int.random(in: 0..<4, using: &generator) == 0 {
          let open = ["(", "(", "(?:", "(?P<n\(generator.next())>"].randomElement(using: &generator)
          part = (open ?? "(") + pattern(depth - 1, by: &generator) + ")"
        }
        if Int.random(in: 0..<5, using: &generator) < 2 {
          part += Self.repeats.randomElement(using: &generator) ?? ""
        }
        return part
      }.joined()
    }.joined(separator: "|")
  }

  @Test func patternsFindWhatPythonFinds() async throws {
    var generator = SeededGenerator(seed: 53)
    let lines = ["0-1:24.2.1(101209112500W)(12785.123*m3)", "1-0:1.8.1(001234.567*kWh)", ""]
    let rows = (0..<3000).map { _ -> [String] in
      let random = String(
        (0..<10).map { _ in "ab1x().*-_ ³éÉm3".randomElement(using: &generator) ?? "a" })
      return [
        pattern(2, by: &generator),
        (lines + [random, random]).randomElement(using: &generator) ?? "",
      ]
    }
    let expected = try await python(
      """
      def late(*_): raise TimeoutError
      signal.signal(signal.SIGALRM, late)
      for pattern, line in rows():
          try:
              try:
                  signal.setitimer(signal.ITIMER_REAL, 0.05)
                  regex = re.compile(pattern)
                  match = regex.search(line)
                  if not regex.groups: found = ["no group"]
                  elif not match: found = ["no match"]
                  else: found = ["value", match.group(1) or ""]
              except re.error: found = ["no pattern"]
              finally: signal.setitimer(signal.ITIMER_REAL, 0)
          except TimeoutError: found = ["late"]
          show(*found)
      """, rows)
    #expect(expected.count == rows.count)
    var counts: [String: Int] = [:]
    for (row, expected) in zip(rows, expected) {
      // A repeat of what can be empty leaves other captures behind in Swift's Regex.
      let found = found(row[0], row[1])
      let kind = expected == Self.hexadecimal("late") || found == "too long" ? "late" : "compared"
      counts[kind, default: 0] += 1
      if kind == "late" { continue }
      if found.hasPrefix(Self.hexadecimal("value")) { counts["value", default: 0] += 1 }
      #expect(found == expected, "\(row)")
    }
    #expect(counts["compared", default: 0] > 2900 && counts["value", default: 0] > 200, "\(counts)")
  }

  private func found(_ pattern: String, _ line: String) -> String {
    let bytes = line.latin1Bytes
    do {
      var stepsLeft = LinePattern.maximumSteps
      let match = try LinePattern(pattern).match(bytes.span, stepsLeft: &stepsLeft)
      guard stepsLeft > 0 else { return "too long" }
      guard let value = match.value else { return Self.hexadecimal("no match") }
      let text = bytes[value].span.latin1Line
      return Self.hexadecimal("value") + " " + Self.hexadecimal(text)
    } catch {
      let isWithoutGroup = error.reason.contains("no group")
      return Self.hexadecimal(isWithoutGroup ? "no group" : "no pattern")
    }
  }

  // MARK: - Files

  /// Files in the many ways of Python.
  private static let files = [
    #"{"1-0:1.8.1":["d","m","(x)"]}"#, #"{'1-0:1.8.1':('d','m','(x)',),}"#,
    #"{ '1-0:1.8.1' : ( "d" , 'm' , "(x)" ) , }"#,
    "# one\n{ # two\n'1-0:1.8.1' # three\n:['d',\n\n'm','(x)'\t]}#",
    #"{"1-0:1.8.1": ["""d""", '''m''', r"(x)"]}"#,
    #"{"1-0" ':1.8.1': ["d" "", "" 'm', "(" 'x' ")"]}"#,
    "{'1-0:1.8.1': ['d', 'm',\n  ('('\n  'x)')]}\n", #"{u"1-0:1.8.1": [U"d", R"m", r"(\x41)"]}"#,
    "{\r\n\"1-0:1.8.1\":\r\n[\"d\",\"m\",\"(x)\"]\r\n}\r\n",
    #"{"1-0:1.8.1":["d","\x6D","(\x78)"]}"#,
    "{\"1-0:1.8.1\":[\"d\",\"m\",\"(\\\nx)\"]}", "{\"1-0:1.8.1\":[\"d\",\"m\",\"(\\\r\nx)\"]}",
    #"{"1-0:1.8.1":["\a\b\f\v\101\7\u00e9\U0001F600\'\"\\","m","\((.*)\*m3\)\d\."]}"#,
    #"{"1-0:1.8.1":[r"\a\"b","m",r"\((.*)\\\*m3\)\'"]}"#,
    "{'1-0:1.8.1':['''a\nb'c''d''','m',\"\"\"(x\r\ny)\"\"\"]}",
    "{'1-0:1.8.1' \\\n : ['d', 'm', '(x)']}",
    #"{"1-0:1.8.1": ["d","m","(x)","kWh",None,1.5,-2,True,'e']}"#,
    "{\n    '1-0:1.8.1': ['Größe', 'm', '(é)'],\n    # '1-0:1.8.2': [],\n    '1-0:1.8.2': ['d', 'n', '(y)'],\n}\n",
    #"{"1-0:1.8.1":["d","m","\-(\.\!)"]}"#, "{}", "{'1-0:1.8.1': ['', 'm', '()' '']}",
    "{'1-0:1.8.1': ['d','m','(x)',None,[1,(2,),{'a':-3.5}],1_000]}",
    "{'1-0:1.8.1': ['#', 'm', '(#)']}", "{'1-0:1.8.1': [r'a\\\nb', 'm', (((('(x)'))))]}",
    #"{"1-0:1.8.1": ["d", "m", r'''\((.*)''\*"''']}"#,
    // Not for Python either.
    "{'1-0:1.8.1': ['d', 'm', '(x)'}", "{'1-0:1.8.1': ['d', 'm, '(x)']}",
    "{'1-0:1.8.1': ['d', 'm', '\\x4']}",
    "{'1-0:1.8.1': ['d', 'm', '(x)'],, }", "{'1-0:1.8.1': ['d', 'm', '\\ud80']}",
    "{'1-0:1.8.1' ['d', 'm', '(x)']}",
    "{'1-0:1.8.1': ['d', 'm', ur'(x)']}", "{'1-0:1.8.1': ['d', 'm', 'a\n(x)']}",
    #"{'1-0:1.8.1': ['d', 'm', r'(x)\']}"#,
    "{'1-0:1.8.1': ['d' 'm', b'(x)' '']}",
  ]

  @Test func filesAreReadAsPythonReadsThem() async throws {
    // And what becomes of each where a byte is left out.
    var generator = SeededGenerator(seed: 54)
    let damaged = Self.files.flatMap { file in
      (0..<12).map { _ -> String in
        var scalars = Array(file.unicodeScalars)
        scalars.remove(at: Int.random(in: scalars.indices, using: &generator))
        return String(String.UnicodeScalarView(scalars))
      }
    }
    let files = Self.files + damaged
    let expected = try await python(
      #"""
      for (text,) in rows():
          try:
              spec = ast.literal_eval(text.lstrip())
              entries = [[code, *entry[:3]] for code, entry in spec.items()]
              show("read", *[field for entry in entries for field in entry])
          except Exception: show("rejected")
      """#, files.map { [$0] })
    #expect(expected.count == files.count)
    var readCount = 0
    for (file, expected) in zip(files, expected) {
      let entries = try? SpecificationReader.entries(of: file.bytes)
      guard let entries else {
        // What is no entry may be Python all the same, but what is none of its own is not ours.
        let isOurs = Self.files.dropLast(10).contains(file)
        #expect(!isOurs, "\(file)")
        continue
      }
      readCount += 1
      let fields = entries.flatMap { [$0.header, $0.description, $0.metric, $0.expression] }
      let found = (["read"] + fields).map(Self.hexadecimal).joined(separator: " ")
      #expect(found == expected, "\(file)")
    }
    #expect(readCount > 60)
  }
}
