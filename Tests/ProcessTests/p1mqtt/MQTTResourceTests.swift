import Synchronization
import TestSupport
import Testing

/// A temporary lack of resources does not end p1mqtt.
@Suite struct MQTTResourceTests {
  @Test func tooManyOpenFilesPass() async throws {
    let isOpen = Mutex(false)
    try await ScriptedBroker.running({ packet in
      packet.kind == .connect && !isOpen.withLock { $0 } ? [.reason(0x88)] : [.usual]
    }) { broker in
      try await broker.p1mqtt(["--payload", "record", "--no-status"]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await sink.waitForError("trying again")
        try await limitFiles(of: sink, to: 6)
        try await sink.waitForError("Too many open files; trying again", within: .seconds(60))
        isOpen.withLock { $0 = true }
        try await limitFiles(of: sink, to: 1024)
        try await sink.write("n=2\n\n")
        try await broker.wait(within: .seconds(90)) { $0.lines.count == 2 }
        sink.closeInput()
        #expect(try await sink.waitForExit(within: .seconds(30)).status == .success)
      }
    }
  }

  /// However p1mqtt ends, it closes its spool and logs how many records it keeps.
  @Test func bufferedRecordsAreSpooledAtEveryExit() async throws {
    let port = try ClosedPort()
    try await TemporaryDirectory.with { directory in
      let spool = directory.path("spool")
      let program = Program(
        "p1mqtt", ["--port", "\(port.number)", "--payload", "record", "--spool", spool])
      try await program.whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await sink.waitForError("trying again")
        // poll(2) fails with more descriptors than RLIMIT_NOFILE permits, but not for standard
        // error alone.
        try await limitFiles(of: sink, to: 3)
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .exited(74), "\(result.errorText)")
        #expect(result.messages.dropLast().last?.contains("kept for the next run") == true)
      }
    }
  }

  private func limitFiles(of program: RunningProgram, to count: Int) async throws {
    let arguments = ["--pid", "\(program.processIdentifier)", "--nofile=\(count):1024"]
    let result = try await Program("prlimit", arguments).run()
    try #require(result.status == .success, "\(result.errorText)")
  }
}
