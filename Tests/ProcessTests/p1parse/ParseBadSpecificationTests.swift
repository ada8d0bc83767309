import TestSupport
import TestValues
import Testing

/// A specification file with a mistake: one clear line that says where it is and what was expected,
/// at the start, before any telegram.
@Suite struct ParseBadSpecificationTests {
  /// Files, and the message about each after its name.
  static let files: KeyValuePairs<String, String> = [
    "": "1:1: expected {, found the end",
    "# nothing yet\n": "2:1: expected {, found the end",
    "[]": "1:1: expected {, found [",
    "import os\n": "1:1: expected {, found i",
    "spec = {}": "1:1: expected {, found s",
    "{} {}": "1:4: expected the end of the file, found {",
    "{": #"1:2: expected a code such as "1-0:1.8.1", found the end"#,
    #"{ 1.7: ["a", "b", "(c)"] }"#: #"1:3: expected a code such as "1-0:1.8.1", found 1"#,
    #"{ "one": ["a", "b", "(c)"] }"#: #"1:3: "one" is not an OBIS code such as 1-0:1.8.1"#,
    #"{ "1-0:1.7": ["a", "b", "(c)"] }"#: #"1:3: "1-0:1.7" is not an OBIS code such as 1-0:1.8.1"#,
    #"{ "1-0:1.7.999": ["a", "b", "(c)"] }"#:
      #"1:3: "1-0:1.7.999" is not an OBIS code such as 1-0:1.8.1"#,
    #"{ "1-n:1.7.0": ["a", "b", "(c)"] }"#:
      #"1:3: "1-n:1.7.0" is not an OBIS code such as 1-0:1.8.1"#,
    #"{ "1-0:1.7.0" ["a", "b", "(c)"] }"#: "1:15: expected :, found [",
    #"{ "1-0:1.7.0": "a" }"#: "1:16: expected [, found \"",
    #"{ "1-0:1.7.0": {} }"#: "1:16: expected [, found {",
    #"{ "1-0:1.7.0": [] }"#: "1:17: expected a description in quotes, found ]",
    #"{ "1-0:1.7.0": ["a"] }"#: "1:20: expected a comma and a metric, found ]",
    #"{ "1-0:1.7.0": ["a", None, "(c)"] }"#: "1:22: expected a metric in quotes, found N",
    "{\n  \"1-0:1.7.0\": [\"a\", \"b\"] }":
      "2:25: expected a comma and a regular expression, found ]",
    #"{ "1-0:1.7.0": ["a", "b", "(c)" "1-0:2.7.0" }"#: "1:45: expected a comma or ], found }",
    #"{ "1-0:1.7.0": ["a", "b", "(c)"] "1-0:2.7.0": [] }"#: "1:34: expected a comma or }, found \"",
    #"{ "1-0:1.7.0": ("a", "b", "(c)"] }"#: "1:32: expected a comma or ), found ]",
    "{ \"1-0:1.7.0\":\n [\"a\",\n \"no name\", \"(c)\"] }":
      #"3:2: invalid metric "no name": use 1 to 128 letters, digits and _ . : -"#,
    #"{ "1-0:1.7.0": ["a", "", "(c)"] }"#:
      #"1:22: invalid metric "": use 1 to 128 letters, digits and _ . : -"#,
    #"{ "1-0:1.7.0": ["a", "channel", "(c)"] }"#:
      #"1:22: "channel" is reserved for the channel of a sub-meter"#,
    #"{ "1-0:1.7.0": ["a", "b", "("] }"#:
      #"1:27: unsupported regular expression "(": unmatched (, at character 1"#,
    #"{ "1-0:1.7.0": ["a", "b", "(a))"] }"#:
      #"1:27: unsupported regular expression "(a))": unmatched ), at character 4"#,
    #"{ "1-0:1.7.0": ["a", "b", "(*)"] }"#:
      #"1:27: unsupported regular expression "(*)": nothing to repeat, at character 2"#,
    #"{ "1-0:1.7.0": ["a", "b", "([a-c)"] }"#:
      #"1:27: unsupported regular expression "([a-c)": unmatched [, at character 2"#,
    #"{ "1-0:1.7.0": ["a", "b", r"(\y)"] }"#:
      #"1:27: unsupported regular expression "(\y)": unknown escape \y, at character 2"#,
    #"{ "1-0:1.7.0": ["a", "b", r"(?<=x)(y)"] }"#:
      #"1:27: unsupported regular expression "(?<=x)(y)": this kind of group is not supported, at character 1"#,
    #"{ "1-0:1.7.0": ["a", "b", r"(a)\1"] }"#:
      #"1:27: unsupported regular expression "(a)\1": references to groups are not supported, at character 4"#,
    #"{ "1-0:1.7.0": ["a", "b", "c"] }"#:
      #"1:27: "c" has no group ( ) that captures the value"#,
    #"{ "1-0:1.7.0": ["a", "b", "(?:c)"] }"#:
      #"1:27: "(?:c)" has no group ( ) that captures the value"#,
    #"{ "1-0:1.7.0": ["a", "b", "(c)", "kWatt"] }"#:
      #"1:34: unknown type "kWatt": use number, state, text, hex, timestamp, built-in or a unit, such as kWh"#,
    #"{ "1-0:99.1.7": ["a", "b", "(c)", "built-in"] }"#:
      "1:35: no built-in type for 1-0:99.1.7",
    #"{ "1-0:1.7.0": ["a", "b", "(c)", "kW", b"x"] }"#:
      #"1:40: expected text, found bytes (b"…")"#,
    #"{ "1-0:1.7.0": ["a", "b", "(c)", "kW", [1, (2, {]}] }"#:
      "1:49: expected a value, found ]",
    #"{ "1-0:1.7.0": ["a", "b", "(c)", kW] }"#: "1:34: expected a type in quotes, found k",
    #"{ "1-0:1.7.0": ["a", "b", "(?P<v>c)(?P<v>d)"] }"#:
      #"1:27: unsupported regular expression "(?P<v>c)(?P<v>d)": a group's name must be unique and consist of letters and digits, at character 9"#,
    #"{ "1-0:1.7.0": ["a", f"b", "(c)"] }"#:
      "1:22: expected a plain string, found one with the prefix f",
    #"{ "1-0:1.7.0": ["a\x4", "b", "(c)"] }"#: "1:19: expected 2 hexadecimal digits here",
    "{ \"1-0:1.7.0\": [\"a\n\", \"b\", \"(c)\"] }": "1:17: this string has no closing quote",
    "{ \"1-0:1.7.0\": ['''a\n, 'b', '(c)'] }": "1:17: this string has no closing quote",
    "{ '1-0:1.7.0': ['a', 'b', '(c)'],\n  '1-0:1:7:0': ['d', 'e', '(f)'] }":
      "2:3: 1-0:1.7.0 is defined twice",
  ]

  @Test(arguments: files.map { $0 })
  func badFileIsNamedWithThePlace(_ file: (text: String, message: String)) async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(file.text, to: "dsmr10.py")
      // The file is read before any telegram.
      for input in ["", SampleTelegram.numbered()] {
        let result = try await Program("p1parse", directory: directory.path).run(input: input)
        #expect(result.status == .exited(78))
        #expect(result.output.isEmpty)
        #expect(result.errorText == "p1parse: ./dsmr10.py:\(file.message)\n")
      }
      for option in ["--list-specs", "--check"] {
        let all = try await Program(
          "p1parse", ["--spec", "dsmr10.py", option], directory: directory.path
        ).run()
        #expect(all.status == .exited(78))
        #expect(all.errorText == "p1parse: dsmr10.py:\(file.message)\n")
      }
    }
  }

  @Test func fileThatIsNoTextIsNamedWithThePlace() async throws {
    try await TemporaryDirectory.with { directory in
      let script = #"printf '{\n "m\263": 1' > dsmr10.py && exec p1parse"#
      let result = try await Program.bash(script, directory: directory.path).run()
      #expect(result.status == .exited(78))
      #expect(
        result.errorText
          == "p1parse: ./dsmr10.py:2:4: expected text in UTF-8, found an invalid byte\n")
    }
  }

  @Test func fileThatIsTooLongIsNamed() async throws {
    try await TemporaryDirectory.with { directory in
      let script = "head -c 2000000 /dev/zero > dsmr10.py && exec p1parse"
      let result = try await Program.bash(script, directory: directory.path).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText == "p1parse: ./dsmr10.py: more than 1048576 bytes\n")
    }
  }
}
