import Foundation
import TestSupport
import TestValues
import Testing

/// The search for specification files, and which file is used.
@Suite struct ParseSpecificationPathTests {
  private static func file(_ metric: String) -> String {
    #"{ "1-0:99.99.99": ["d", "\#(metric)", "\((.*)\*CCs\)"], "1-0:1.8.0": ["d", "\#(metric)", "\((.*)\*kWh\)"], }"#
  }

  private static func record(_ metric: String) -> String {
    "timestamp=2026-11-23T10:00:00Z\n\(metric)=10\n\n"
  }

  @Test func firstFolderThatHasTheFileCounts() async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        mkdir here option variable
        for version in 10 11 12 14; do cp "$1" variable/dsmr$version.py; done
        sed s/own/option/ "$1" | tee option/dsmr10.py > option/dsmr11.py
        sed s/own/here/ "$1" > here/dsmr10.py
        cd here && shift && exec p1parse "$@"
        """
      try directory.write(Self.file("own"), to: "own.py")
      let input = ["10", "11", "12", "13"].map(SampleTelegram.ofVersion).joined()
      func run(_ options: [String]) async throws -> ProgramResult {
        try await Program.bash(
          "rm -rf here option variable; \(script)", ["\(directory.path)/own.py"] + options,
          environment: ["P1_SPEC_DIR": "../variable"], directory: directory.path
        ).run(input: input)
      }
      // The built-in specification is used.
      let unknown = "timestamp=2026-11-23T10:00:00Z\np1_version=13\n\n"
      let byVariable = try await run([])
      #expect(
        byVariable.text
          == Self.record("here") + Self.record("own") + Self.record("own") + unknown)
      #expect(
        byVariable.messages.first
          == "p1parse: No DSMR config for version 13 (../variable/dsmr13.py)")
      let byOption = try await run(["--spec-dir", "../option"])
      #expect(
        byOption.text
          == Self.record("here") + Self.record("option") + Self.record("own") + unknown)
      #expect(byOption.status == .success)
      #expect(
        byOption.messages.first
          == "p1parse: No DSMR config for version 13 (../option/dsmr13.py)")
      let byFile = try await run(["--spec", "../own.py", "--spec-dir", "../option"])
      #expect(byFile.text == String(repeating: Self.record("own"), count: 4))
    }
  }

  /// In a mount namespace with its own `/etc`.
  @Test func filesOfTheMachineAreUsed() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(Self.file("own"), to: "dsmr10.py")
      let script = """
        mount -t tmpfs none /etc && mkdir /etc/p1 && mv dsmr10.py /etc/p1 && exec p1parse
        """
      let options = (geteuid() == 0 ? [] : ["--map-root-user"]) + ["--mount"]
      let result = try await Program(
        "unshare", options + ["/bin/bash", "-c", script], directory: directory.path
      ).run(input: SampleTelegram.ofVersion("10"))
      #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
      #expect(result.text == Self.record("own"))
    }
  }

  @Test func folderThatWasAskedForHasToBeThere() async throws {
    let option = try await Program("p1parse", ["--spec-dir", "./nowhere"]).run()
    #expect(option.status == .exited(78))
    #expect(option.errorText == "p1parse: ./nowhere: No such file or directory\n")
    let variable = try await Program("p1parse", environment: ["P1_SPEC_DIR": "/dev/null"]).run()
    #expect(variable.status == .exited(78))
    #expect(variable.errorText == "p1parse: /dev/null: Not a directory\n")
    let file = try await Program("p1parse", ["--spec", "nothing.py"]).run()
    #expect(file.status == .exited(78))
    #expect(file.errorText == "p1parse: nothing.py: No such file or directory\n")
  }

  /// A directory that no setting names need not be readable. Root can read any.
  @Test func folderThatMayNotBeLookedIntoIsSaid() async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        chmod 755 . && mkdir closed && cd closed && chmod 311 . && exec "$@"
        """
      let user =
        geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
      var program = Program.bash(script, user + ["p1parse"], directory: directory.path)
      let result = try await program.run(input: SampleTelegram.numbered())
      #expect(result.status == .success)
      #expect(result.records.count == 2)
      #expect(
        result.errorText
          == "p1parse: .: Permission denied; specification files there are ignored\n")
      program.arguments += ["--spec-dir", "."]
      program.arguments[1] = program.arguments[1].replacing("mkdir", with: "mkdir -p")
      let asked = try await program.run(input: SampleTelegram.numbered())
      #expect(asked.status == .exited(77))
      #expect(asked.errorText == "p1parse: .: Permission denied\n")
    }
  }

  /// Reading a pipe would wait for its writer.
  @Test func pipeIsRejectedUnlessNamedByAnOption() async throws {
    try await TemporaryDirectory.with { directory in
      let found = try await Program.bash(
        "mkfifo dsmr99.py && exec p1parse", directory: directory.path
      ).run()
      #expect(found.status == .exited(78))
      #expect(found.errorText == "p1parse: ./dsmr99.py: not a regular file\n")
      try directory.write(Self.file("own"), to: "own")
      let asked = try await Program.bash(
        "rm dsmr99.py; exec p1parse --spec <(sed s/own/piped/ own)", directory: directory.path
      ).run(input: SampleTelegram.ofVersion("10"))
      #expect(asked.text == Self.record("piped") && asked.errorText == "")
      // The pipe has no writer.
      let script = "mkfifo pipe; exec p1parse --spec pipe"
      try await Program.bash(script, directory: directory.path).whileRunning { parser in
        let isWaiting = try await Deadline(in: .seconds(10)).poll {
          !parser.processes(named: "p1parse").isEmpty
        }
        #expect(isWaiting)
        parser.send(signal: SIGTERM)
        let result = try await parser.waitForExit()
        #expect(result.status == .signalled(SIGTERM))
      }
    }
  }

  /// Other Python programs, and files without a version.
  @Test func filesOfOtherNamesAreNotRead() async throws {
    try await TemporaryDirectory.with { directory in
      for name in ["dsmr2mqtt.py", "dsmr_10.py", "dsmrreader.py", "dsmr.py", "dsmr10.pyc", "10.py"]
      {
        try directory.write("import os\n", to: name)
      }
      let result = try await Program("p1parse", directory: directory.path).run(
        input: SampleTelegram.numbered())
      #expect(result.status == .success && result.errorText == "")
    }
  }

  // MARK: - Meters that do not say their version

  private static let old = [
    "1-0:1.8.1(00001.000*kWh)", "0-0:96.14.0(0001)", "1-0:1.7.0(0000.50*kW)", "0-1:24.1.0(3)",
  ]
  private static let swedish = [
    "0-0:1.0.0(261123110000W)", "1-0:1.8.0(00000001.000*kWh)", "1-0:1.7.0(0000.500*kW)",
  ]

  /// The header of a meter, and lines that only this meter prints.
  private static let kinds: [(String, [String])] = [
    ("22", old), ("30", old), ("30", old.map { $0.replacing("(3)", with: "(03)") }),
    ("SE", swedish), ("HU", swedish + ["1-0:1.8.1(1*kWh)", "0-0:42.0.0(41)"]),
    ("NO", swedish + ["1-1:0.2.129(AIDON_V0001)", "1-0:13.7.0(1.0)"]),
    ("LT", swedish + ["1-0:13.7.0(1.0)"]), ("CH", swedish + ["1-1:1.8.1(1*kWh)"]),
    ("IL", swedish + ["1-0:1.8.11(1*kWh)"]), ("Q3D", swedish + ["1-0:96.5.5(80)"]),
    ("ACE4000", swedish + ["7-0:23.1.0*255(1*m3)(26-11-23 10:00:00)"]),
    ("50217", swedish + ["0-0:96.1.4(50217)"]), ("50", swedish + ["1-3:0.2.8(50)"]),
  ]

  @Test(arguments: kinds)
  func meterWithoutAVersionHasANameToo(_ name: String, _ lines: [String]) async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(#"{"1-0:1.7.0": ["d", "mine", "\((.*)\*"]}"#, to: "dsmr\(name).py")
      let result = try await Program("p1parse", ["-q"], directory: directory.path).run(
        input: SampleTelegram.with(lines))
      #expect(result.text.contains("mine="), "\(result.text)")
    }
  }

  @Test func newerOfTwoFilesForOldMetersIsForTheNewerOnes() async throws {
    try await TemporaryDirectory.with { directory in
      for name in ["22", "30"] {
        try directory.write(
          #"{"1-0:1.7.0": ["d", "v\#(name)", "\((.*)\*"]}"#, to: "dsmr\(name).py")
      }
      let new = Self.old.map { $0.replacing("(3)", with: "(003)") }
      let result = try await Program("p1parse", ["-q"], directory: directory.path).run(
        input: SampleTelegram.with(Self.old) + SampleTelegram.with(new))
      #expect(result.text == "v22=0000.50\n\nv30=0000.50\n\n")
    }
  }

  // MARK: - Lists

  @Test func allVersionsAreListed() async throws {
    try await TemporaryDirectory.with { directory in
      for name in ["30", "10"] { try directory.write(Self.file("own"), to: "dsmr\(name).py") }
      let result = try await Program("p1parse", ["--list-specs"], directory: directory.path).run()
      #expect(result.status == .success)
      let rows = result.text.split(separator: "\n").map {
        $0.split(separator: " ", omittingEmptySubsequences: true)
      }
      let byName = Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
      for name in ["22", "40", "42", "50", "50217", "SE", "HU"] {
        #expect(byName[Substring(name)] == "built-in")
      }
      #expect(byName["30"] == "./dsmr30.py" && byName["10"] == "./dsmr10.py")
    }
  }

  @Test(arguments: ["", "--names esphome", "--format json --history", "--net --all"])
  func printedSpecificationMakesTheSameRecords(_ options: String) async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        p1cat sim:start=2026-03-29T00:59:30Z,count=90,rate=max > day.p1
        p1parse \(options) < day.p1 > before
        p1parse --print-spec 50 > dsmr50.py && p1parse \(options) < day.p1 | cmp - before && wc -c < before
        """
      let result = try await Program.bash(script, directory: directory.path).run()
      #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
      #expect(Int(result.text.split(separator: "\n").first ?? "") ?? 0 > 50_000)
    }
  }

  @Test func versionThatIsNotBuiltInHasNothingToPrint() async throws {
    let result = try await Program("p1parse", ["--print-spec", "10"]).run()
    #expect(result.status == .exited(64))
    #expect(
      result.errorText.hasPrefix("p1parse: --print-spec: unknown version \"10\"; use 22, 30, 40, "))
  }

  // MARK: - SIGHUP

  @Test func changedFileIsSeenAtHangup() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(Self.file("before"), to: "dsmr10.py")
      try await Program("p1parse", directory: directory.path).whileRunning { parser in
        let telegram = SampleTelegram.ofVersion("10")
        // There are enough telegrams for templates; each file is used for the next telegrams.
        try await parser.write(telegram + telegram + telegram)
        try await parser.waitForOutput(
          Self.record("before") + Self.record("before") + Self.record("before"))
        try directory.write(Self.file("behind"), to: "dsmr10.py")
        parser.send(signal: SIGHUP)
        let isSeen = try await Deadline(in: .seconds(10)).poll {
          try? await parser.write(telegram)
          return parser.text.contains(Self.record("behind"))
        }
        #expect(isSeen)
        #expect(parser.errorText == "")

        try directory.write("{ 'nothing' }", to: "dsmr10.py")
        parser.send(signal: SIGHUP)
        try await parser.waitForError("the previous specification files stay in use\n")
        #expect(
          parser.errorText.hasPrefix(
            "p1parse: ./dsmr10.py:1:3: \"nothing\" is not an OBIS code such as 1-0:1.8.1\n"))
        let count = parser.output.count
        try await parser.write(telegram)
        try await parser.wait(for: "one more record") {
          $0.output(from: count) == Array(Self.record("behind").utf8)
        }

        // An editor may remove the file for a moment.
        try FileManager.default.removeItem(atPath: directory.path("dsmr10.py"))
        parser.send(signal: SIGHUP)
        try await parser.waitForError(
          "p1parse: ./dsmr10.py: the file was removed; its last content stays in use\n")
        try await parser.write(telegram)
        parser.closeInput()
        let result = try await parser.waitForExit()
        #expect(result.status == .success)
        #expect(result.text.hasSuffix(Self.record("behind") + Self.record("behind")))
      }
    }
  }
}
