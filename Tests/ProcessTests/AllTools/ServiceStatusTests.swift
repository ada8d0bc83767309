import Foundation
import TestSupport
import TestValues
import Testing

/// What systemd shows as the status of a service: what keeps a tool from its work, and why it ended.
@Suite struct ServiceStatusTests {
  /// Runs a tool as a part of a service until its status is a text.
  private func run(
    _ tool: String, _ arguments: [String], until status: String, after earlier: String = "",
    input: String = "", in directory: TemporaryDirectory
  ) async throws {
    let file = try directory.write(earlier, to: "status")
    let environment = ["P1_STATUS": file, "NOTIFY_SOCKET": directory.path("nobody")]
    try await Program(tool, arguments, environment: environment).whileRunning { program in
      if !input.isEmpty { try await program.write(input) }
      try await program.wait(for: status, within: .seconds(30)) { _ in
        try directory.text(of: "status") == "\(tool): \(status)\n"
      }
    }
  }

  @Test func aBusyLineIsWaitedFor() async throws {
    try await TemporaryDirectory.with { directory in
      let line = try PseudoTerminal()
      try await Program("p1cat", [line.path]).whileRunning { _ in
        try await line.waitUntilRaw()
        let status =
          "\(line.path): in use by another process; stop it, or read its output; trying again"
        try await run("p1cat", [line.path], until: status, in: directory)
      }
    }
  }

  @Test func missingCapturesStopNothing() async throws {
    try await TemporaryDirectory.with { directory in
      let folder = directory.path("usb")
      let day = "\(folder)/telegrams-2026-01-01.p1"
      try await run(
        "p1cat", ["--capture", folder, "sim:start=2026-01-01T12:00:00Z"],
        until: "\(day): No such file or directory; telegrams are not captured", in: directory)
    }
  }

  @Test func theLastErrorIsTold() async throws {
    try await TemporaryDirectory.with { directory in
      for (tool, arguments, status) in [
        ("p1cat", ["/no/such"], "/no/such: No such file or directory"),
        ("p1influx", ["--spool", "/dev/null/x"], "/dev/null/x: Not a directory"),
      ] {
        let file = try directory.write("", to: "status")
        let environment = ["P1_STATUS": file, "NOTIFY_SOCKET": directory.path("nobody")]
        let result = try await Program(tool, arguments, environment: environment).run()
        #expect(result.status != .success)
        #expect(try directory.text(of: "status") == "\(tool): \(status)\n")
      }
    }
  }

  /// While p1run keeps the records of a sink that failed, the reason stays.
  @Test func theReasonStaysWhileRecordsAreKept() async throws {
    try await TemporaryDirectory.with { directory in
      let state = directory.path("state")
      try await run(
        "p1influx", ["--spool-only", "--state", state],
        until: "\(state)/influx: no record is delivered; they are kept here; /x: No such file",
        after: "p1influx: /x: No such file\n", in: directory)
    }
  }

  @Test func rejectedRecordsAreTold() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ _ in .error(400, "no") }) { server in
        let url = "http://127.0.0.1:\(server.port)"
        try await run(
          "p1influx", ["--url", url],
          until: "\(url): records rejected: HTTP 400: {\"error\":\"no\"}",
          input: NumberedRecords.text(0..<1), in: directory)
      }
    }
  }

  /// A service gets a copy of its p1.conf; messages name the file that can be edited.
  @Test func theFileIsNamedThatCanBeEdited() async throws {
    try await TemporaryDirectory.with { directory in
      let copy = try directory.write("SER_PROT = '/dev/ttyUSB0'\n", to: "conf")
      let environment = ["P1_CONF": copy, "P1_CONF_NAME": "/etc/p1/house.conf"]
      let result = try await Program("p1cat", ["--check"], environment: environment).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText.hasPrefix("p1cat: /etc/p1/house.conf:1: unknown setting SER_PROT"))
    }
  }
}
