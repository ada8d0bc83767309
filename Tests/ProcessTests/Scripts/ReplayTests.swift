import Foundation
import TestSupport
import TestValues
import Testing

/// `scripts/p1replay` parses many files at once, by GNU parallel.
@Suite struct ReplayTests {
  /// Names that a shell could misread, in the order of their records.
  private static let names = ["-a.p1", "b 'c' \"$(d)\" {2}\n.p1.gz", "e.p1.gz", "f.p1"]

  @Test func recordsAreThoseOfOneParser() async throws {
    try await replaying { directory in
      let names = Self.names
      let first = try await p1replay(directory, ["-o", "out", "--"] + names)
      #expect(first.status == .success && first.errorText == "" && first.text == "")
      try await expectRecordsOfOneParser(directory)
      let again = try await p1replay(directory, ["-o", "out", "--"] + names)
      #expect(again.status == .success)
      let all = "p1replay: all 4 files were replayed before; -f replays them again\n"
      #expect(again.errorText == all)
      // A file that grew is parsed again, and with other settings all files are.
      let more = "p1cat sim:start=2026-02-01T00:00:00Z,count=2,rate=max >> f.p1"
      _ = try await Program.bash(more, directory: directory.path).run()
      let check = try await p1replay(directory, ["--check", "-o", "out", "--"] + names)
      #expect(check.errorText == "p1replay: 1 of 4 files are left\n")
      let other = try await p1replay(
        directory, ["--check", "-o", "out", "--"] + names, ["P1_NET": "True"])
      #expect(other.errorText == "p1replay: 4 of 4 files are left\n")
      #expect(try await p1replay(directory, ["-o", "out", "--"] + names).status == .success)
      try await expectRecordsOfOneParser(directory)
      #expect(try jobs(directory).count == 5)
    }
  }

  @Test func failedFileIsNamedAndRepeated() async throws {
    try await replaying { directory in
      let cut = "mv e.p1.gz whole && head -c 500 whole > e.p1.gz"
      _ = try await Program.bash(cut, directory: directory.path).run()
      let failed = try await p1replay(directory, ["-o", "out", "--"] + Self.names)
      #expect(failed.status == .exited(65))
      #expect(failed.messages.contains("e.p1.gz:\tp1replay: gzip exited with status 1"))
      #expect(
        failed.messages.suffix(2) == [
          "p1replay: e.p1.gz: failed with status 65",
          "p1replay: 1 of 4 files failed; the same command replays them again",
        ])
      #expect(try records(directory).count == 3 && !records(directory).contains("e.records"))
      _ = try await Program.bash("mv whole e.p1.gz", directory: directory.path).run()
      let repaired = try await p1replay(directory, ["-o", "out", "--"] + Self.names)
      #expect(repaired.status == .success && repaired.errorText == "")
      try await expectRecordsOfOneParser(directory)
      #expect(try jobs(directory).count == 5)
    }
  }

  /// The second p1parse is interrupted after it has written a part of the records.
  @Test func interruptedRunIsContinued() async throws {
    let parse = """
      if mkdir first || [[ -e continue ]]; then exec "$real"; fi 2> /dev/null
      echo half
      touch started
      exec sleep 60
      """
    try await replaying(p1parse: parse) { directory in
      let arguments = ["-j", "1", "-o", "out", "--"] + Self.names
      try await program(directory, arguments).whileRunning { replay in
        let started = try await Deadline(in: .seconds(20)).poll {
          try directory.names().contains("started")
        }
        #expect(started)
        // Another run at the same time would replay the same files.
        let second = try await p1replay(directory, arguments)
        #expect(second.status == .exited(75))
        #expect(second.errorText.contains("/out/.p1replay.log: another p1replay uses it; "))
        replay.send(signal: SIGTERM)
        let result = try await replay.waitForExit()
        #expect(result.status == .exited(75))
        #expect(result.errorText == "p1replay: 3 of 4 files are left; the same command continues\n")
      }
      #expect(try records(directory) == ["-a.records"])
      try directory.write("", to: "continue")
      let rest = try await p1replay(directory, arguments)
      #expect(rest.status == .success && rest.errorText == "")
      try await expectRecordsOfOneParser(directory)
      #expect(try jobs(directory).count == 4)
      #expect(try directory.names(in: "out").count == 5)
    }
  }

  /// A p1influx for each file, without the spool of a running pipe.
  @Test func recordsAreWrittenToTheDatabase() async throws {
    let influx = """
      [[ "$*" == '--hold --require-timestamp' && ! $INFLUXDB_SPOOL ]] || exit 64
      cat > "influx-$$"
      """
    try await replaying(p1influx: influx) { directory in
      let settings = ["INFLUXDB_HOST": "i.lan", "INFLUXDB_SPOOL": "spool", "HOME": directory.path]
      let result = try await p1replay(directory, ["--"] + Self.names, settings)
      #expect(result.status == .success && result.errorText == "")
      let script = #"cat influx-* | LC_ALL=C sort | cmp - <(cat expected | LC_ALL=C sort)"#
      _ = try await records(ofOneParser: directory)
      let compared = try await Program.bash(script, directory: directory.path).run()
      #expect(compared.status == .success, "\(compared.text)")
      #expect(try directory.names().filter { $0.hasPrefix("influx-") }.count == 4)
      let again = try await p1replay(directory, ["--"] + Self.names, settings)
      #expect(again.errorText.hasPrefix("p1replay: all 4 files were replayed before"))
    }
  }

  @Test(
    arguments: [
      ([], 64, "no file; name the files of telegrams"),
      (["-o", "out"], 64, "no file; name the files of telegrams"),
      (["-x", "f.p1"], 64, "-x: unknown option; see p1replay --help"),
      (["-j", "0", "f.p1"], 64, "-j: 0 is not a number of jobs"),
      (["-o"], 64, "-o: it needs a value"),
      (["-o", "out", "f.p1", "none.p1"], 66, "none.p1: it is not a file"),
      (["-o", "out", "."], 66, ".: it is not a file"),
      (["-o", "f.p1", "f.p1"], 73, "f.p1: it cannot be created"),
      (
        ["-o", "out", "f.p1", "./f.p1"], 64,
        "./f.p1: its records would have the same name as those of f.p1; use another directory for them"
      ),
      (["f.p1"], 78, "no database is enabled; set INFLUXDB_HOST, see p1.conf(5), or use -o"),
    ] as [([String], Int32, String)])
  func errorsAreReported(_ arguments: [String], _ status: Int32, _ message: String) async throws {
    try await replaying(["f.p1"]) { directory in
      let result = try await p1replay(directory, arguments)
      #expect(result.status == .exited(status))
      #expect(result.errorText == "p1replay: \(message)\n")
    }
  }

  /// moreutils has another program with the name parallel.
  @Test func missingParallelIsNamed() async throws {
    try await replaying(["f.p1"], parallel: "exit 1") { directory in
      let result = try await p1replay(directory, ["-o", "out", "f.p1"])
      #expect(result.status == .exited(69))
      let message = "p1replay: GNU parallel: not found; install the package parallel\n"
      #expect(result.errorText == message)
      #expect(!(try directory.names().contains("out")))
    }
  }

  // MARK: - Runs

  /// Calls `body` with a directory of files of telegrams. The tools with a script are that script,
  /// except for --check; `real` is the tool.
  private func replaying(
    _ names: [String] = names, p1parse: String? = nil, p1influx: String? = nil,
    parallel: String? = nil,
    _ body: (TemporaryDirectory) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try FileManager.default.createDirectory(
        atPath: directory.path("bin"), withIntermediateDirectories: false)
      for (tool, script) in [("p1parse", p1parse), ("p1influx", p1influx), ("parallel", parallel)] {
        guard let script else { continue }
        // No server is asked.
        let prelude = """
          #!/bin/bash
          real='\(try Program(tool).path)'
          case $* in *--connect*) exit ;; *--check*) exec "$real" "$@" ;; esac

          """
        let file = try directory.write(prelude + script + "\n", to: "bin/\(tool)")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
      }
      let script = """
        day=1
        for file; do
          p1cat sim:start=2026-01-0$((day++))T00:00:00Z,count=50,rate=max > telegrams
          if [[ $file == *.gz ]]; then gzip -c telegrams; else cat telegrams; fi > "$file"
        done
        """
      let made = try await Program.bash(script, names, directory: directory.path).run()
      #expect(made.status == .success)
      try await body(directory)
    }
  }

  private func program(
    _ directory: TemporaryDirectory, _ arguments: [String], _ settings: [String: String] = [:]
  ) -> Program {
    let path = "\(directory.path("bin")):\(ToolPaths.directory)"
    return Program(
      Repository.path("scripts/p1replay"), arguments,
      environment: settings.merging(["P1_BIN": path]) { $1 }, directory: directory.path)
  }

  private func p1replay(
    _ directory: TemporaryDirectory, _ arguments: [String], _ settings: [String: String] = [:]
  ) async throws -> ProgramResult {
    try await program(directory, arguments, settings).run()
  }

  private func records(_ directory: TemporaryDirectory) throws -> [String] {
    try directory.names(in: "out").filter { $0.hasSuffix(".records") }
  }

  private func jobs(_ directory: TemporaryDirectory) throws -> [Substring] {
    try directory.text(of: "out/.p1replay.log").split(separator: "\n")
  }

  /// The records of all files in a row; they are in the file `expected`, too.
  private func records(ofOneParser directory: TemporaryDirectory) async throws -> String {
    let script = """
      for file; do
        if [[ $file == *.gz ]]; then gzip -dc; else cat; fi < "$file"
      done | p1parse | tee expected
      """
    return try await Program.bash(script, Self.names, directory: directory.path).run().text
  }

  private func expectRecordsOfOneParser(_ directory: TemporaryDirectory) async throws {
    let replayed = try await Program.bash(
      "LC_ALL=C; cat -- out/*.records", directory: directory.path
    ).run().text
    #expect(replayed.contains("timestamp=2026-01-04T00:00:49Z"))
    #expect(try await records(ofOneParser: directory) == replayed)
  }
}
