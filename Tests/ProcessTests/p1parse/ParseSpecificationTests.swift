import TestSupport
import TestValues
import Testing

/// Specification files `dsmrNN.py`, for meters of an unknown version.
@Suite struct ParseSpecificationTests {
  private static let cottonCandies = #"""
    { "1-0:99.99.98": ["Number of Cotton Candies per Second (output)", "cotton_candies_produced", "^.*\((.*)\*CCs\)"],
    "1-0:99.99.99": ["Number of Cotton Candies per Second (input)", "cotton_candies_consumed", "^.*\((.*)\*CCs\)"] }

    """#

  private static let record = "timestamp=2026-11-23T10:00:00Z\ncotton_candies_consumed=10\n\n"

  @Test func withoutTheFileItSaysWhichOneIsMissing() async throws {
    let result = try await Program("p1parse").run(input: SampleTelegram.ofVersion("10"))
    #expect(result.status == .exited(78))
    #expect(result.output.isEmpty)
    #expect(result.messages.first == "p1parse: No DSMR config for version 10 (./dsmr10.py)")
    #expect(result.messages.count == 2)
    #expect(result.messages.last?.hasPrefix("p1parse: to make one, start with ") == true)
  }

  @Test func fileInTheWorkingDirectoryIsUsed() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(Self.cottonCandies, to: "dsmr10.py")
      let program = Program("p1parse", ["-v"], directory: directory.path)
      let result = try await program.run(input: SampleTelegram.ofVersion("10"))
      #expect(result.status == .success && result.errorText == "")
      #expect(result.text == Self.record)
    }
  }

  @Test func fileInAnotherDirectoryIsUsed() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(Self.cottonCandies, to: "dsmr10.py")
      let options = ["--spec-dir", directory.path]
      let result = try await Program("p1parse", options).run(
        input: SampleTelegram.ofVersion("10") + SampleTelegram.ofVersion("11"))
      #expect(result.status == .success)
      #expect(
        result.text == Self.record + "timestamp=2026-11-23T10:00:00Z\np1_version=11\n\n")
      #expect(
        result.messages.first
          == "p1parse: No DSMR config for version 11 (\(directory.path)/dsmr11.py)")
      let first = try await Program("p1parse", options).run(input: SampleTelegram.ofVersion("11"))
      #expect(first.status == .exited(78))
      #expect(first.messages.first == result.messages.first)
      let names = try await Program("p1parse", options + ["--names", "obis"]).run(
        input: SampleTelegram.ofVersion("10"))
      #expect(names.text == "timestamp=2026-11-23T10:00:00Z\n1-0:99.99.99=10\n\n")
    }
  }

  @Test func fileReplacesWhatIsBuiltIn() async throws {
    try await TemporaryDirectory.with { directory in
      let file = #"{ "1-0:1.7.0": ["Power", "power", r"\((.*)\*kW\)"], }"#
      try directory.write("# ours\n\(file)\n", to: "dsmr50.py")
      let result = try await Program("p1parse", directory: directory.path).run(
        input: SampleTelegram.numbered())
      #expect(result.status == .success && result.errorText == "")
      #expect(
        result.records.first?.fields.map(\.key) == ["timestamp", "meter", "power"])
      // The value is what the meter printed.
      #expect(result.records.first?["power"] == "00.321")
    }
  }

  @Test func fileThatCannotBeReadIsNamed() async throws {
    let program = Program.bash("cd \"$1\" && mkdir dsmr10.py && exec p1parse", [])
    try await TemporaryDirectory.with { directory in
      var program = program
      program.arguments.append(directory.path)
      let result = try await program.run(input: SampleTelegram.ofVersion("10"))
      #expect(result.status == .exited(78))
      #expect(result.errorText == "p1parse: ./dsmr10.py: Is a directory\n")
    }
  }

  /// After an update to an unknown version, telegrams are read with the built-in specification.
  @Test func unknownVersionInMidStreamIsAWarning() async throws {
    let known = SampleTelegram.numbered(1) + SampleTelegram.numbered(2)
    let changed = SampleTelegram.with([
      "1-3:0.2.8(60)", "0-0:1.0.0(261123110300W)", "1-0:1.7.0(00.321*kW)",
    ])
    let input = known + String(repeating: changed, count: 12) + SampleTelegram.numbered(4)
    let result = try await Program("p1parse").run(input: input)
    #expect(result.status == .success)
    #expect(result.records.count == 4 + 12 + 2)
    #expect(
      result.records[4].fields.map(\.value) == ["2026-11-23T10:03:00Z", "60", "0.321"])
    // The warning is logged at the first, the tenth, the hundredth telegram …
    #expect(
      result.errorText
        == ["1 telegram", "10 telegrams"].map { count in
          """
          p1parse: No DSMR config for version 60 (./dsmr60.py)
          p1parse: \(count) of an unknown version read with the built-in specification

          """
        }.joined())
    let strict = try await Program("p1parse", ["--strict"]).run(input: input)
    #expect(strict.status == .exited(65))
    #expect(strict.records.count == 4)
    #expect(
      strict.errorText == "p1parse: standard input: No DSMR config for version 60 (./dsmr60.py)\n")
  }

  /// A damaged bit of a telegram without a checksum.
  @Test func damagedVersionInMidStreamCostsNothing() async throws {
    let telegrams = ["42", "4\"", "42"].map {
      "/TST5\r\n\r\n1-3:0.2.8(\($0))\r\n1-0:1.7.0(1.5*kW)\r\n!\r\n"
    }
    let result = try await Program("p1parse", ["-q"]).run(input: telegrams.joined())
    #expect(result.status == .success && result.errorText == "")
    #expect(result.records.compactMap { $0["power_import_kw"] } == ["1.5", "1.5", "1.5"])
  }

  /// A telegram must not be able to name any file.
  @Test(arguments: ["../../etc/x", "/etc/x", "..", "10/../../x", "1 0", "10\u{0}", "%s", "*"])
  func versionIsNoPath(_ version: String) async throws {
    try await TemporaryDirectory.with { directory in
      // Each of these versions, used in a path, would lead to this file.
      for name in ["x.py", "dsmr10.py", "dsmr...py", "dsmr*.py", "dsmr1 0.py", "dsmr%s.py"] {
        try directory.write(Self.cottonCandies, to: name)
      }
      let script = "mkdir -p a/dsmr.. a/dsmr10 && cp *.py a && cd a && exec p1parse"
      var program = Program.bash(script)
      program.directory = directory.path
      let result = try await program.run(input: SampleTelegram.ofVersion(version))
      #expect(result.status == .exited(78))
      #expect(result.output.isEmpty)
      #expect(result.errorText.hasPrefix("p1parse: No DSMR config for version "))
      #expect(!result.errorText.contains(".py"))
    }
  }
}
