import Foundation
import TestSupport
import TestValues
import Testing

/// `--capture`: each telegram also in the file of its day, as p1capture has it.
@Suite struct CatCaptureTests {
  @Test func telegramsAreKeptByTheMetersDay() async throws {
    try await TemporaryDirectory.with { directory in
      let source = "sim:start=2026-01-01T22:59:59Z,count=3,rate=max"
      let plain = try await Program("p1cat", [source]).run()
      for program in [
        Program("p1cat", ["--capture", directory.path, source]),
        Program("p1cat", [source], environment: ["P1_CAPTURE": directory.path]),
      ] {
        let result = try await program.run()
        #expect(result.status == .success && result.errorText == "" && result.text == plain.text)
      }
      #expect(
        try directory.names() == ["telegrams-2026-01-01.p1", "telegrams-2026-01-02.p1"])
      let kept = try directory.names().map { try directory.text(of: $0) }
      #expect(kept.map { $0.matches(of: /(?m)^#20\S+Z\n\/SIM5/).count } == [2, 4])
      // p1cat reads the files like those of p1capture.
      let stamped = try await Program.bash("cat telegrams-* | p1cat", directory: directory.path)
        .run()
      #expect(stamped.text == kept.joined() && stamped.errorText == "")
      #expect(
        kept.joined().replacing(/#20\S+Z\n/, with: "").utf8.count == 2 * plain.text.utf8.count)
    }
  }

  /// A file is already a capture: capturing it again could read and write the same file for ever.
  @Test func aFileIsNotKeptAgain() async throws {
    try await TemporaryDirectory.with { directory in
      let file = try directory.write(SampleTelegram.numbered(1), to: "telegrams-2026-11-23.p1")
      for (arguments, environment) in [([file], ["P1_CAPTURE": directory.path]), (["-"], [:])] {
        let result = try await Program("p1cat", arguments, environment: environment)
          .run(input: SampleTelegram.numbered(1))
        #expect(result.status == .success && result.text == SampleTelegram.numbered(1))
      }
      let asked = try await Program("p1cat", ["--capture", directory.path, file]).run()
      #expect(asked.status == .exited(64))
      #expect(asked.errorText.contains("cannot be used with a file as the source"))
      #expect(try directory.names() == ["telegrams-2026-11-23.p1"])
    }
  }

  /// A pipe may hold a capture, too.
  @Test func aPipeIsKeptOnlyIfAskedFor() async throws {
    try await TemporaryDirectory.with { directory in
      let telegrams = SampleTelegram.numbered(1)
      let files = ["P1_CAPTURE": directory.path, "P1_RAW": directory.path("bytes.raw")]
      let result = try await Program("p1cat", environment: files).run(input: telegrams)
      #expect(result.status == .success && result.text == telegrams)
      #expect(
        result.messages == [
          "p1cat: standard input: P1_CAPTURE does not apply to a pipe; use --capture",
          "p1cat: standard input: P1_RAW does not apply to a pipe; use --raw",
        ])
      #expect(try directory.names() == [])
      let options = ["--capture", directory.path, "--raw", directory.path("bytes.raw")]
      try await Program("p1cat", options).run(input: telegrams)
      #expect(try directory.names().count == 2)
    }
  }

  /// A clock that was never set, no clock, and an invalid time.
  @Test(arguments: [
    SampleTelegram.with(["0-0:1.0.0(000101000000W)", "1-0:1.8.1(1*kWh)"]),
    SampleTelegram.with(["0-0:1.0.0(632525252525S)", "1-0:1.8.1(1*kWh)"]),
    "/TST3\r\n\r\n1-0:1.8.1(00512.345*kWh)\r\n!\r\n",
  ])
  func withoutATimeItIsTheDayHere(_ telegram: String) async throws {
    try await TemporaryDirectory.with { directory in
      let before = Date.now
      try await Program("p1cat", ["--capture", directory.path]).run(input: telegram)
      let days = [before, Date.now].map { $0.formatted(.iso8601.year().month().day()) }
      let written = try #require(try directory.names().first)
      #expect(days.map { "telegrams-\($0).p1" }.contains(written))
      #expect(try directory.text(of: written).hasSuffix("Z\n\(telegram)"))
    }
  }

  @Test func tornTailEndsInItsLine() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write("#2026-11-23T10:00:00Z\n/TST5\\2HALF", to: "telegrams-2026-11-23.p1")
      try await Program("p1cat", ["--capture", directory.path]).run(
        input: SampleTelegram.numbered(1))
      let text = try directory.text(of: "telegrams-2026-11-23.p1")
      #expect(text.contains("HALF\n#20") && text.hasSuffix(SampleTelegram.numbered(1)))
    }
  }

  /// A limit of 1 KiB for the size of a file takes the place of a full disk.
  @Test func whatCannotBeKeptIsSaidAndEndsNothing() async throws {
    try await TemporaryDirectory.with { directory in
      let script = "ulimit -f 1; exec p1cat --capture . --stats 1"
      try await Program.bash(script, directory: directory.path).whileRunning { reader in
        let telegrams = (0..<20).map { SampleTelegram.numbered($0) }
        try await reader.write(telegrams.joined())
        try await reader.wait(for: "all of them") { $0.text == telegrams.joined() }
        try await reader.waitForError(
          "p1cat: ./telegrams-2026-11-23.p1: File too large; the telegram was not written to this file\n"
        )
        let kept = try directory.text(of: "telegrams-2026-11-23.p1")
        let count = kept.matches(of: /(?m)^\//).count
        #expect(count > 0 && kept.hasSuffix(SampleTelegram.numbered(count - 1)))
        try await reader.waitForError("capture_failures=\(20 - count)\n")
        reader.closeInput()
        let result = try await reader.waitForExit()
        #expect(result.status == .success)
      }
    }
  }

  @Test func unusableDirectoryIsRejected() async throws {
    try await TemporaryDirectory.with { directory in
      let file = try directory.write("", to: "file")
      for (folder, status) in [("/no/such", 73), (file, 73), ("", 64)] as [(String, Int32)] {
        let result = try await Program("p1cat", ["--capture", folder, "sim:"]).run()
        #expect(result.status == .exited(status))
        #expect(result.messages.count == 1 && result.output.isEmpty)
      }
      let set = try await Program("p1cat", ["sim:"], environment: ["P1_CAPTURE": "/no/such"]).run()
      #expect(set.status == .exited(73))
      #expect(set.errorText == "p1cat: /no/such: No such file or directory\n")
    }
  }

  /// Root tries the settings of a service by hand; the service must be able to write to the file afterwards.
  @Test(.enabled(if: geteuid() == 0))
  func aFileOfRootBelongsToTheOwnerOfTheDirectory() async throws {
    try await TemporaryDirectory.with { directory in
      try FileManager.default.setAttributes(
        [.ownerAccountID: 4321, .groupOwnerAccountID: 4322], ofItemAtPath: directory.path)
      try await Program("p1cat", ["--capture", directory.path, "sim:count=1"]).run()
      let capture = Repository.path("scripts/p1capture")
      try await Program(capture, ["-d", directory.path, "sim:start=2026-01-01T12:00:00Z,count=1"])
        .run()
      #expect(try directory.names().count == 3)
      for name in try directory.names() {
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path(name))
        #expect(attributes[.ownerAccountID] as? Int == 4321, "\(name)")
        #expect(attributes[.groupOwnerAccountID] as? Int == 4322, "\(name)")
      }
    }
  }

  @Test func theStatusTellsOfAFailure() async throws {
    try await TemporaryDirectory.with { directory in
      let status = try directory.write("", to: "status")
      let files = directory.path("captures")
      let day = "telegrams-2026-01-01.p1"
      try FileManager.default.createDirectory(
        atPath: "\(files)/\(day)", withIntermediateDirectories: true)
      let source = "sim:start=2026-01-01T12:00:00Z"
      try await Program(
        "p1cat", ["--capture", files, source], environment: ["P1_STATUS": status]
      ).whileRunning { reader in
        let reason = "p1cat: \(files)/\(day): Is a directory; telegrams are not captured\n"
        try await reader.wait(for: reason) { _ in
          try directory.text(of: "status") == reason
        }
        try FileManager.default.removeItem(atPath: "\(files)/\(day)")
        try await reader.wait(for: "p1cat is reading \(source)\n") { _ in
          try directory.text(of: "status") == "p1cat is reading \(source)\n"
        }
      }
    }
  }

  /// p1capture compresses the earlier days while p1cat continues with the current one.
  @Test func daysAreCompressedBesideIt() async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        for start in 2026-01-01 2026-01-03; do
          P1_CAPTURE=. p1cat "sim:start=${start}T00:00:00Z,step=600,count=2000,rate=1000" >/dev/null &
        done
        while [[ $(jobs -pr) ]]; do "$1" -z; done
        "$1" -z
        ls | grep -v gz
        ls -A | grep -c '^\\.telegrams'
        zcat -f telegrams-* | p1cat -v | grep -c ^/
        """
      let capture = "\(Repository.directory)/scripts/p1capture"
      let result = try await Program.bash(script, [capture], directory: directory.path).run(
        within: .seconds(120))
      #expect(result.text == "telegrams-2026-01-16.p1\n0\n4000\n", "\(result.text)")
      #expect(result.errorText == "")
    }
  }

  @Test func daysOfARunThatWasKilledAreCompressed() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write("early\n", to: ".telegrams-2026-01-01.p1")
      try directory.write("late\n", to: "telegrams-2026-01-01.p1")
      try directory.write("", to: "telegrams-2026-01-02.p1")
      let capture = "\(Repository.directory)/scripts/p1capture"
      let script = "\"$1\" -z && zcat telegrams-2026-01-01.p1.gz && ls -A | grep telegrams"
      let result = try await Program.bash(script, [capture], directory: directory.path).run()
      #expect(
        result.text == """
          early
          late
          telegrams-2026-01-01.p1.gz
          telegrams-2026-01-02.p1\n
          """)
      let removed = try await Program.bash(
        "\"$1\" -z -k 1; \"$1\" -z sim:; echo $?", [capture], directory: directory.path
      ).run()
      #expect(removed.text == "64\n")
    }
  }
}
