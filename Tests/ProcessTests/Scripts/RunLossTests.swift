import Foundation
import TestSupport
import Testing

/// scripts/p1run loses no record while one of its tools is not running.
@Suite struct RunLossTests {
  private static let source = "sim:count=800,rate=100"
  private static let settings = [
    "MQTT_ENABLED": "True", "INFLUXDB_ENABLED": "True", "MQTT_PAYLOAD": "record", "HOME": ".",
  ]
  /// A sink that exits at once, or cannot be executed, while the file `broken` exists.
  @Test(arguments: [1, 77, 78, 126])
  func recordsWaitInTheSpool(_ status: Int) async throws {
    for sink in ["p1mqtt", "p1influx"] {
      let failing = """
        [ -e once ] || { : > once; kill -9 $$; }
        [ -e mended ] || { [ -e \(sink).tries ] && : > mended; : > \(sink).tries; exit \(status); }
        waiting >> \(sink)
        cat >> \(sink)
        """
      try await expectAll(
        p1mqtt: sink == "p1mqtt" ? failing : "cat >> p1mqtt",
        p1influx: sink == "p1influx" ? failing : "cat >> p1influx",
        says: "\(sink): exited with status \(status)".replacing(
          "exited with status 126", with: "cannot be started"))
    }
  }

  /// A sink of values has no spool, but it delivers the records that were spooled for it.
  @Test func valuesWaitToo() async throws {
    let failing = "[ -e tries ] || { : > tries; kill -9 $$; }; waiting >> p1mqtt; cat >> p1mqtt"
    try await expectAll(
      p1mqtt: failing, p1influx: "cat >> p1influx", says: "p1mqtt: killed by SIGKILL",
      ["MQTT_PAYLOAD": "value"])
  }

  /// An upgrade removes the program for a moment.
  @Test func aProgramThatIsAwayIsWaitedFor() async throws {
    let leaving = """
      [ -e once ] || { : > once; mv p1influx away; (sleep 2.8; mv away p1influx) > /dev/null 2>&1 & exit 1; }
      waiting >> p1influx.records
      cat >> p1influx.records
      """
    try await MadeUpTools.with(p1mqtt: "cat >> p1mqtt.records", p1influx: leaving) { directory in
      let result = try await MadeUpTools.p1run(Self.source, directory, Self.settings).run()
      #expect(result.status == .success)
      #expect(result.errorText.contains("p1influx: cannot be started; restarting in 2 s"))
      try expectSame(directory, "p1mqtt.records", "p1influx.records")
    }
  }

  /// Records for a sink that never ran are spooled for the next run.
  @Test func aSinkThatCannotStartLosesNothing() async throws {
    try await MadeUpTools.with(p1mqtt: "exit 1", p1influx: "cat >> p1influx.records") { directory in
      let program = MadeUpTools.p1run("sim:rate=100", directory, Self.settings)
      try await program.whileRunning { composition in
        try await waitForRecords(in: directory, "p1influx.records")
        composition.send(signal: SIGTERM)
        #expect(try await composition.waitForExit().status == .exited(1))
      }
      let spool = ".local/state/p1/sim_rate_100/mqtt"
      let kept = try directory.names(in: spool).filter { $0.hasPrefix("0") }
        .map { try directory.text(of: "\(spool)/\($0)") }
      let sent = try directory.text(of: "p1influx.records")
      #expect(kept.joined() == sent && !sent.isEmpty)
    }
  }

  /// When the spool is full, the oldest records are dropped and logged.
  @Test func spoolSizeIsLimited() async throws {
    try await MadeUpTools.with(p1mqtt: "cat >> p1mqtt.records", p1influx: "exit 1") { directory in
      let settings = Self.settings.merging(["INFLUXDB_SPOOL_SIZE": "1"]) { $1 }
      let result = try await MadeUpTools.p1run("sim:count=6000,rate=max", directory, settings).run(
        within: .seconds(120))
      #expect(result.status == .exited(1))
      #expect(result.errorText.contains("dropped"))
      let place = ".local/state/p1/sim_count_6000_rate_max/influx"
      // Beside the segments, there are a lock and the directory bad/.
      let segments = try directory.names(in: place).filter { $0.hasPrefix("0") }
      let size = try segments.reduce(0) { try $0 + directory.text(of: "\(place)/\($1)").utf8.count }
      #expect(size <= 1 << 20)
    }
  }

  // MARK: - Killed tools

  @Test(arguments: ["p1cat", "p1parse", "tee", "p1mqtt", "p1influx"])
  func aPartThatIsKilledIsStartedAgain(_ name: String) async throws {
    try await MadeUpTools.with(
      p1mqtt: "exec cat >> p1mqtt.records", p1influx: "exec cat >> p1influx.records"
    ) { directory in
      let program = MadeUpTools.p1run("sim:rate=100", directory, Self.settings)
      try await program.whileRunning { composition in
        try await waitForRecords(in: directory, "p1influx.records")
        let victim = try #require(
          composition.processes.first { isPart($0, name, directory) }, "\(name)")
        kill(victim, SIGKILL)
        try await composition.waitForError("\(name): killed by SIGKILL; restarting in 1 s")
        let isRestarted = try await Deadline(in: .seconds(20)).poll {
          composition.processes.contains { $0 != victim && isPart($0, name, directory) }
        }
        #expect(isRestarted)
        composition.send(signal: SIGTERM)
        #expect(try await composition.waitForExit().status == .success)
        #expect(composition.processes.isEmpty)
      }
    }
  }

  /// When p1run is killed, the tools end in the order of the pipe.
  @Test func nothingOutlivesP1run() async throws {
    try await MadeUpTools.with(
      p1mqtt: "cat >> p1mqtt.records; echo done >> p1mqtt.records",
      p1influx: "cat >> p1influx.records; echo done >> p1influx.records"
    ) { directory in
      let program = MadeUpTools.p1run("sim:rate=100", directory, Self.settings)
      try await program.whileRunning { composition in
        try await waitForRecords(in: directory, "p1influx.records")
        composition.send(signal: SIGKILL)
        let areGone = try await Deadline(in: .seconds(20)).poll { composition.processes.isEmpty }
        #expect(areGone, "\(composition.processes)")
      }
      try expectSame(directory, "p1mqtt.records", "p1influx.records")
      let records = try directory.text(of: "p1mqtt.records")
      #expect(records.hasSuffix("\n\ndone\n"))
    }
  }

  /// SIGUSR1 and SIGHUP are passed on to the tools, and end nothing.
  @Test func signalsArePassedOn() async throws {
    let sink =
      "trap 'echo usr1 >> signals' USR1; trap 'echo hup >> signals' HUP; (trap '' USR1 HUP; exec cat >> records) <&0 & wait; wait"
    try await MadeUpTools.with(p1mqtt: "\(sink); wait", p1influx: "cat > p1influx.records") {
      directory in
      let program = MadeUpTools.p1run("sim:rate=100", directory, Self.settings)
      try await program.whileRunning { composition in
        try await waitForRecords(in: directory, "records")
        for (signal, word) in [(SIGUSR1, "usr1\n"), (SIGHUP, "hup\n")] {
          composition.send(signal: signal)
          let isLogged = try await Deadline(in: .seconds(20)).poll {
            (try? directory.text(of: "signals"))?
              .hasSuffix(word) == true
          }
          #expect(isLogged, "\(word)")
        }
        composition.send(signal: SIGTERM)
        #expect(try await composition.waitForExit().status == .success)
      }
    }
  }

  private func expectAll(
    p1mqtt: String, p1influx: String, says message: String, _ settings: [String: String] = [:]
  ) async throws {
    // The files are named after the tools, so the scripts write to other names.
    let rename = { (script: String) in
      script.replacing(">> p1mqtt", with: ">> p1mqtt.records")
        .replacing(">> p1influx", with: ">> p1influx.records")
    }
    try await MadeUpTools.with(p1mqtt: rename(p1mqtt), p1influx: rename(p1influx)) { directory in
      let result = try await MadeUpTools.p1run(
        Self.source, directory, Self.settings.merging(settings) { $1 }
      ).run()
      #expect(result.status == .success)
      #expect(result.errorText.contains(message), "\(result.errorText)")
      try expectSame(directory, "p1mqtt.records", "p1influx.records")
      let records = try directory.text(of: "p1mqtt.records")
      #expect(records.matches(of: /timestamp=/).count == 1600)
    }
  }

  private func expectSame(_ directory: TemporaryDirectory, _ one: String, _ other: String) throws {
    let texts = try [one, other].map {
      try directory.text(of: $0)
    }
    #expect(texts[0] == texts[1], "\(texts.map(\.count))")
  }

  private func waitForRecords(in directory: TemporaryDirectory, _ file: String) async throws {
    let haveArrived = try await Deadline(in: .seconds(20)).poll {
      (try? directory.text(of: file))?.isEmpty == false
    }
    #expect(haveArrived)
  }

  /// Whether a process is the tool of this name; the sinks are `cat` with their file open.
  private func isPart(_ process: pid_t, _ name: String, _ directory: TemporaryDirectory) -> Bool {
    guard name == "p1mqtt" || name == "p1influx" else { return isProcess(process, name) }
    let output = try? FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/\(process)/fd/1")
    return isProcess(process, "cat") && output?.hasSuffix("/\(name).records") == true
  }
}
