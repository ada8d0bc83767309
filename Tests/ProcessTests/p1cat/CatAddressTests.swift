import Foundation
import TestSupport
import TestValues
import Testing

/// Wrong spellings of a source, and the messages about them.
@Suite struct CatAddressTests {
  @Test func addressIsSaidAsItIsToBe() async throws {
    let missing = try await Program("p1cat", ["gateway.lan:23"]).run()
    #expect(missing.status == .exited(66))
    #expect(
      missing.errorText == """
        p1cat: gateway.lan:23: No such file or directory; for a server, use tcp://gateway.lan:23\n
        """)
    for (source, meant) in [
      ("socket://h:23", "tcp://h:23"), ("telnet://h", "tcp://h:23"),
      ("rfc2217://h:2217", "tcp://h:2217"), ("http://h", "tcp://host:port"),
    ] {
      let result = try await Program("p1cat", [source]).run()
      #expect(result.status == .exited(64))
      #expect(
        result.errorText == "p1cat: \(source): unknown kind of address; use \(meant)\n")
    }
  }

  /// A file may have any name.
  @Test func fileWithTheNameOfAnAddressIsRead() async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(SampleTelegram.numbered(), to: "h:23")
      let result = try await Program("p1cat", ["h:23"], directory: directory.path).run()
      #expect(result.status == .success && result.text == SampleTelegram.numbered())
    }
  }

  @Test(arguments: [
    ("dialout", mode_t(0o660), "; add the user to group dialout"), ("dialout", 0o600, ""),
    ("root", 0o660, ""), ("4242", 0o660, "; add the user to group 4242"),
  ])
  func missingPermissionNamesTheGroup(_ group: String, _ mode: mode_t, _ advice: String)
    async throws
  {
    guard geteuid() == 0 else {
      print("not run, it needs root: another group")
      return
    }
    let line = try PseudoTerminal()
    // Root reads everything, unless it has lost the capability to.
    let script = """
      chown "65534:$2" "$1" && chmod "$3" "$1" &&
        exec setpriv --bounding-set=-dac_override,-dac_read_search --regid=65534 --clear-groups p1cat "$1"
      """
    let result = try await Program.bash(script, [line.path, group, String(mode, radix: 8)]).run()
    #expect(result.status == .exited(77))
    #expect(result.errorText == "p1cat: \(line.path): Permission denied\(advice)\n")
  }

  @Test func wordsOfAGatewayAreShown() async throws {
    let server = try TCPServer()
    let name = "tcp://127.0.0.1:\(server.port)"
    try await Program("p1cat", [name]).whileRunning { reader in
      let connection = try await server.accept()
      try await connection.write("Port already in use\r\n")
      connection.close()
      try await reader.waitForError(
        "p1cat: \(name): the server closed the connection; it said \"Port already in use\"; "
          + "trying again\n")
      let next = try await server.accept()
      try await next.write(SampleTelegram.numbered())
      try await reader.waitForOutput(SampleTelegram.numbered())
      next.close()
      try await reader.waitForError("the server closed the connection; trying again\n")
    }
    try await Program("p1cat", ["--once", name]).whileRunning { reader in
      let connection = try await server.accept()
      try await connection.write("Port already in use\r\n")
      connection.close()
      let result = try await reader.waitForExit()
      #expect(result.status == .success)
      #expect(
        result.errorText
          == "p1cat: \(name): the server closed the connection; it said \"Port already in use\"\n")
    }
  }
}
