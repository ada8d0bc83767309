import Foundation
import TestSupport
import TestValues
import Testing

/// `scripts/p1capture` appends a telegram to the file of its day.
@Suite struct CaptureTests {
  @Test func telegramGoesIntoTheFileOfTheMetersDay() async throws {
    try await capturing { directory, capture in
      // An hour before midnight in UTC, it is the next day at the meter.
      try await capture(["sim:start=2026-01-01T22:59:59Z"])
      try await capture(["sim:start=2026-01-01T23:00:00Z"])
      #expect(try files(directory) == ["telegrams-2026-01-01.p1.gz", "telegrams-2026-01-02.p1"])
      let text = try directory.text(of: "telegrams-2026-01-02.p1")
      #expect(text.hasPrefix("#20") && text.contains("Z\n/SIM5") && text.hasSuffix("\r\n"))
    }
  }

  /// A clock that was never set, no clock, and an invalid time.
  @Test(arguments: [
    SampleTelegram.with(["1-3:0.2.8(50)", "0-0:1.0.0(000101000000W)", "1-0:1.8.1(1*kWh)"]),
    SampleTelegram.with(["1-3:0.2.8(50)", "0-0:1.0.0(632525252525S)", "1-0:1.8.1(1*kWh)"]),
    "/TST3\r\n\r\n1-0:1.8.1(00512.345*kWh)\r\n!\r\n",
  ])
  func withoutATimeItIsTheDayHere(_ telegram: String) async throws {
    try await capturing { directory, capture in
      try directory.write(telegram, to: "telegram")
      let before = Date.now
      try await capture(["telegram"])
      let days = [before, Date.now].map { $0.formatted(.iso8601.year().month().day()) }
      let written = try #require(try files(directory).first { $0.hasPrefix("telegrams-") })
      #expect(days.map { "telegrams-\($0).p1" }.contains(written))
      #expect(try directory.text(of: written).hasSuffix(telegram))
    }
  }

  @Test func finishedDaysAreCompressedAndOldOnesRemoved() async throws {
    try await capturing { directory, capture in
      for time in ["01T10", "02T10", "03T10", "02T11", "04T10"] {
        try await capture(["sim:start=2026-01-\(time):00:00Z"])
      }
      #expect(
        try files(directory) == [
          "telegrams-2026-01-01.p1.gz", "telegrams-2026-01-02.p1.gz",
          "telegrams-2026-01-03.p1.gz", "telegrams-2026-01-04.p1",
        ])
      // The late telegram is there, too.
      let late = try await Program.bash(
        "zcat \"$1\" | p1cat | grep -c ^/",
        [
          directory.path("telegrams-2026-01-02.p1.gz")
        ]
      ).run()
      #expect(late.text == "2\n")
      // Files without a date stay, and so does a recent file of a meter whose clock is behind.
      try directory.write("", to: "telegrams-2025.p1")
      try directory.write("", to: "telegrams-2025-01-01.p1.gz")
      let old = "touch -d 2026-01-03 telegrams-2026-01-0[12].p1.gz"
      _ = try await Program.bash(old, directory: directory.path).run()
      try await capture(["-k", "2", "sim:start=2026-01-05T10:00:00Z"])
      #expect(
        try files(directory) == [
          "telegrams-2025-01-01.p1.gz", "telegrams-2025.p1", "telegrams-2026-01-03.p1.gz",
          "telegrams-2026-01-04.p1.gz",
          "telegrams-2026-01-05.p1",
        ])
    }
  }

  /// The machine stopped right before the file was removed.
  @Test func dayIsNotCompressedTwice() async throws {
    try await capturing { directory, capture in
      try await capture(["sim:start=2026-01-01T10:00:00Z"])
      let script = "gzip -k telegrams-2026-01-01.p1 && zcat telegrams-2026-01-01.p1.gz | wc -c"
      let before = try await Program.bash(script, directory: directory.path).run().text
      try await capture(["sim:start=2026-01-02T10:00:00Z"])
      #expect(try files(directory) == ["telegrams-2026-01-01.p1.gz", "telegrams-2026-01-02.p1"])
      let count = "zcat telegrams-2026-01-01.p1.gz | wc -c"
      #expect(try await Program.bash(count, directory: directory.path).run().text == before)
    }
  }

  @Test func fullDiskLeavesTheFileAsItWasAndIsSaidOnce() async throws {
    let script = """
      mount -t tmpfs -o size=64k none "$2"
      "$1" -d "$2" "sim:start=2026-01-01T10:00:00Z"
      cp "$2"/telegrams-* before
      dd if=/dev/zero of="$2/rest" status=none || :
      for run in 1 2 3; do "$1" -d "$2" "sim:start=2026-01-01T10:00:00Z" || echo $?; done
      cmp "$2"/telegrams-* before
      rm "$2/rest"
      "$1" -d "$2" "sim:start=2026-01-01T10:00:00Z"
      p1cat -v "$2"/telegrams-* | grep -c ^/
      """
    guard try await Namespaces.haveMounts() else { return }
    try await capturing { directory, _ in
      try FileManager.default.createDirectory(
        atPath: directory.path("disk"), withIntermediateDirectories: false)
      let result = try await Program(
        "unshare",
        [
          "-rm", "/bin/bash", "-c", script, "bash", "\(Repository.directory)/scripts/p1capture",
          directory.path("disk"),
        ], directory: directory.path
      ).run()
      let messages = result.messages.filter { !$0.hasPrefix("dd: ") }
      #expect(messages == ["p1cat: standard output: No space left on device"])
      #expect(result.text == "74\n74\n74\n2\n")
    }
  }

  @Test func damagedFileIsNotAddedTo() async throws {
    try await capturing { directory, capture in
      try await capture(["sim:start=2026-01-01T10:00:00Z"])
      try directory.write("no gzip", to: "telegrams-2026-01-01.p1.gz")
      let (status, text) = try await run(directory, ["sim:start=2026-01-02T10:00:00Z"])
      #expect(status == 74)
      #expect(text.hasPrefix("p1capture: telegrams-2026-01-01.p1: cannot be compressed: "))
      #expect(
        try files(directory) == [
          "telegrams-2026-01-01.p1", "telegrams-2026-01-01.p1.gz", "telegrams-2026-01-02.p1",
        ])
      #expect(try directory.text(of: "telegrams-2026-01-01.p1.gz") == "no gzip")
    }
  }

  /// The messages differ at each run.
  @Test func noisyLineIsSaidOnceADay() async throws {
    try await capturing { directory, _ in
      for number in 1...3 {
        let wrong = (0..<3).map {
          SampleTelegram.numbered(number * 10 + $0).replacing("00.321", with: "00.322")
        }
        try directory.write(wrong.joined(), to: "noise")
        let (status, text) = try await run(directory, ["noise"])
        #expect(status == 75)
        let end = "p1capture: \(directory.path)/noise: no telegram\n"
        #expect(number == 1 ? text.hasSuffix(end) && text.contains("telegram dropped") : text == "")
      }
    }
  }

  @Test func clockThatRunsAheadRemovesNothing() async throws {
    try await capturing { directory, capture in
      try await capture(["-k", "2", "sim:"])
      try await capture(["-k", "2", "sim:start=2057-01-01T10:00:00Z"])
      let files = try files(directory)
      #expect(files.count == 2 && files[0].hasSuffix(".p1.gz"))
      #expect(files[1] == "telegrams-2057-01-01.p1")
    }
  }

  /// If the machine stopped in the middle of a line, the next telegram still gets its stamp.
  @Test func halfALineIsEnded() async throws {
    try await capturing { directory, capture in
      let file = "telegrams-2026-01-01.p1"
      try directory.write("/SIM5\r\n\r\n1-0:1.8.1(0", to: file)
      try await capture(["sim:start=2026-01-01T10:00:00Z"])
      #expect(try directory.text(of: file).hasPrefix("/SIM5\r\n\r\n1-0:1.8.1(0\n#2"))
      try await capture(["sim:start=2026-01-01T10:00:00Z"])
      #expect(!(try directory.text(of: file).contains("\n\n#")))
    }
  }

  @Test func troubleIsSaidOnceADay() async throws {
    try await capturing { directory, _ in
      let missing = "p1capture: /dev/p1-none: No such file or directory; plug in the cable\n"
      #expect(try await run(directory, ["/dev/p1-none"]) == (66, missing))
      #expect(try await run(directory, ["/dev/p1-none"]) == (66, ""))
      // A new fault is reported at once, and each fault once.
      try directory.write("", to: "empty")
      let empty = "p1capture: \(directory.path)/empty: no telegram\n"
      #expect(try await run(directory, ["empty"]) == (75, empty))
      #expect(try await run(directory, ["/dev/p1-none"]) == (66, ""))
      #expect(try await run(directory, ["empty"]) == (75, ""))
      let yesterday = [FileAttributeKey.modificationDate: Date.now - 90_000]
      for name in try directory.names()
      where name.hasPrefix(".said-") {
        try FileManager.default.setAttributes(yesterday, ofItemAtPath: directory.path(name))
      }
      #expect(try await run(directory, ["/dev/p1-none"]) == (66, missing))
      #expect(try await run(directory, ["/dev/p1-none"]) == (66, ""))
    }
  }

  @Test func telegramThatDoesNotComeIsNoTelegram() async throws {
    try await capturing { directory, _ in
      let line = try PseudoTerminal()
      let program = self.program(directory, ["-t", "1", line.path])
      try await program.whileRunning { capture in
        try await line.waitUntilRaw()
        try await line.write(String(SampleTelegram.numbered().dropLast(8)))
        let result = try await capture.waitForExit()
        #expect(result.status == .exited(75))
        #expect(result.messages.last == "p1cat: \(line.path): no telegram for 1 s")
      }
      #expect(try files(directory).isEmpty)
    }
  }

  @Test func runsThatOverlapWaitForEachOther() async throws {
    try await capturing { directory, _ in
      let script = """
        for run in {1..30}; do "$@" & done
        for run in {1..120}; do "$@"; done
        wait
        """
      let arguments = [
        "\(Repository.directory)/scripts/p1capture", "-d", directory.path,
        "sim:start=2026-01-01T10:00:00Z",
      ]
      let result = try await Program.bash(script, arguments).run(within: .seconds(120))
      #expect(result.status == .success && result.errorText == "" && result.output.isEmpty)
      let text = try directory.text(of: "telegrams-2026-01-01.p1")
      let read = try await Program("p1cat", ["-v"]).run(input: text)
      #expect(read.text == text && read.errorText == "")
      #expect(read.lines.filter { $0.hasPrefix("/") }.count == 150)
    }
  }

  @Test func runThatNeverEndsIsSaid() async throws {
    try await capturing { directory, _ in
      let locked = Program.bash(
        "exec 9>.lock; flock 9; echo locked; exec sleep 60", directory: directory.path)
      try await locked.whileRunning { other in
        try await other.waitForOutput("locked")
        let (status, text) = try await run(directory, ["-t", "1", "sim:"])
        #expect(status == 75)
        #expect(text == "p1capture: \(directory.path): another run has not ended within 1 s\n")
      }
    }
  }

  @Test(arguments: [
    (["-x", "sim:"], 64), (["-t", "0", "sim:"], 64), (["-k", "x", "sim:"], 64), (["-t"], 64),
    (["sim:", "sim:"], 64), ([], 64), (["-d", "/no/such", "sim:"], 73), (["sim:nonsense"], 64),
  ])
  func invalidOptionsAreRejected(_ arguments: [String], _ status: Int) async throws {
    try await capturing { directory, _ in
      let (ended, text) = try await run(directory, arguments)
      #expect(Int(ended) == status)
      #expect(text.hasPrefix("p1ca") && text.matches(of: /\n/).count == 1)
    }
  }

  // MARK: - Runs

  private func capturing(
    _ body: (TemporaryDirectory, _ capture: ([String]) async throws -> Void) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try await body(directory) { arguments in
        let (status, text) = try await run(directory, arguments)
        #expect(status == 0 && text == "")
      }
    }
  }

  private func program(_ directory: TemporaryDirectory, _ arguments: [String]) -> Program {
    Program(
      "/bin/bash", ["\(Repository.directory)/scripts/p1capture", "-d", directory.path] + arguments,
      directory: directory.path)
  }

  private func run(
    _ directory: TemporaryDirectory, _ arguments: [String]
  ) async throws -> (Int32, String) {
    let result = try await program(directory, arguments).run()
    #expect(result.output.isEmpty)
    guard case .exited(let status) = result.status else { return (-1, result.errorText) }
    return (status, result.errorText)
  }

  private func files(_ directory: TemporaryDirectory) throws -> [String] {
    try directory.names().filter { $0.hasPrefix("telegrams-") }
  }
}
