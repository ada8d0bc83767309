import Foundation
import TestSupport
import TestValues
import Testing

/// The counters of p1cat, and its notifications to systemd.
@Suite struct CatHealthTests {
  @Test func signalAsksForTheCounters() async throws {
    let wrong = SampleTelegram.numbered(2).replacing("00.321", with: "00.322")
    let input =
      "noise\r\n" + SampleTelegram.numbered(1) + wrong + "/TST5\\2HALF\r\n1-0:1.7.0(0"
      + SampleTelegram.numbered(3)
    try await Program("p1cat", ["-q"]).whileRunning { reader in
      try await reader.write(input)
      try await reader.waitForOutput(SampleTelegram.numbered(3))
      reader.send(signal: SIGUSR1)
      try await reader.waitForError("\n")
      let message = try #require(
        reader.errorText.wholeMatch(
          of:
            /p1cat: standard input: (.*) longest_unread_s=\d+\.\d{3} last_telegram_age_s=\d+\.\d{3} (.*)\n/
        ))
      #expect(
        message.1 == """
          telegrams=2 bytes=\(input.utf8.count) noise_bytes=7 checksum_failures=1 resyncs=1 \
          dropped=0 reconnects=0 line_faults=0
          """)
      #expect(message.2 == "unknown_messages=0")
      // The signal ends nothing.
      try await reader.write(SampleTelegram.numbered(4))
      try await reader.waitForOutput(SampleTelegram.numbered(4))
    }
  }

  @Test(arguments: [["-"], ["sim:"], ["tcp://127.0.0.1:1"], ["tty"]])
  func countersAreLoggedPeriodically(_ source: [String]) async throws {
    let line = try PseudoTerminal()
    let name = source == ["tty"] ? line.path : source[0]
    try await Program("p1cat", ["-q", "--stats", "1", name]).whileRunning { reader in
      let subject = name == "-" ? "standard input" : name
      try await reader.wait(for: "two reports") {
        $0.errorText.matches(of: /last_telegram_age_s=/).count >= 2
      }
      #expect(reader.errorText.hasPrefix("p1cat: \(subject): telegrams="))
    }
  }

  /// A script in the place of systemd, which prints the notifications.
  private static let manager = """
    import os, socket, subprocess, sys
    name, watchdog, own = sys.argv[1:4]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind("\\0" + name[1:] if name[0] == "@" else name)
    listener.settimeout(60)
    os.environ["NOTIFY_SOCKET"] = name
    os.environ["WATCHDOG_USEC"] = watchdog
    if own != "own": os.environ["WATCHDOG_PID"] = own
    child = subprocess.Popen(
      ["p1cat"] + sys.argv[4:],
      preexec_fn=lambda: own == "own" and os.environ.update(WATCHDOG_PID=str(os.getpid())))
    while True:
      message = listener.recv(4096).decode()
      print(message, flush=True)
      if message == "STOPPING=1": break
    child.wait()
    """

  @Test(arguments: ["@", "/"])
  func systemdIsTold(_ kind: String) async throws {
    try await TemporaryDirectory.with { directory in
      let name = kind == "@" ? "@p1-\(UUID().uuidString)" : directory.path("notify")
      let result = try await Program(
        "python3", ["-c", Self.manager, name, "0", "own", "-n", "1", "-q", "sim:"]
      ).run()
      #expect(result.lines.filter { $0.contains("=1") } == ["READY=1", "STOPPING=1"])
    }
  }

  @Test func watchdogHearsOfIt() async throws {
    for (own, isMeant) in [("own", true), ("1", false)] {
      let name = "@p1-\(UUID().uuidString)"
      // Four telegrams of a simulation take three seconds, a sign is due after each half second.
      let result = try await Program(
        "python3", ["-c", Self.manager, name, "1000000", own, "-n", "4", "-q", "sim:"]
      ).run()
      let signs = result.lines.filter { $0 == "WATCHDOG=1" }.count
      #expect(isMeant ? (3...7).contains(signs) : signs == 0, "\(result.text)")
    }
  }

  /// A meter that is silent at first delays the readiness.
  @Test func readinessFollowsTheFirstTelegram() async throws {
    let server = try TCPServer()
    let name = "@p1-\(UUID().uuidString)"
    let source = "tcp://127.0.0.1:\(server.port)"
    let program = Program("python3", ["-c", Self.manager, name, "0", "own", "-q", source])
    try await program.whileRunning { manager in
      let client = try await server.accept()
      try await manager.waitForOutput("STATUS=waiting for a telegram from \(source)\n")
      #expect(!manager.text.contains("READY"))
      try await client.write(SampleTelegram.numbered(1))
      try await manager.waitForOutput("STATUS=reading \(source)\nREADY=1\n")
      manager.processes(named: "p1cat").forEach { kill($0, SIGTERM) }
      try await manager.waitForOutput("STOPPING=1\n")
    }
  }

  @Test func systemdHearsWhatIsWaitedFor() async throws {
    let name = "@p1-\(UUID().uuidString)"
    let program = Program(
      "python3", ["-c", Self.manager, name, "0", "own", "-q", "tcp://127.0.0.1:1"])
    try await program.whileRunning { manager in
      try await manager.waitForOutput("READY=1\n")
      try await manager.waitForOutput(
        "STATUS=tcp://127.0.0.1:1: Connection refused; trying again\n")
      let cats = manager.processes(named: "p1cat")
      cats.forEach { kill($0, SIGTERM) }
      try await manager.waitForOutput("STOPPING=1\n")
    }
  }
}
