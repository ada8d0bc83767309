import TestSupport
import Testing

/// p1influx with TLS: no record is sent to a server without a trusted certificate.
@Suite struct InfluxTLSTests {
  /// A web server that prints its port, then each line that it receives.
  private static let server = """
    import http.server, ssl, sys
    name, clients = sys.argv[1:3]
    class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"
      def do_POST(self):
        sys.stdout.write(self.rfile.read(int(self.headers["Content-Length"])).decode())
        sys.stdout.flush()
        self.send_response(204)
        self.end_headers()
      def log_message(self, *arguments): pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(name + ".pem", name + ".key")
    if clients:
      context.load_verify_locations(clients)
      context.verify_mode = ssl.CERT_REQUIRED
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.socket = context.wrap_socket(
      listener.socket, server_side=True, do_handshake_on_connect=False)
    print("port", listener.server_address[1], flush=True)
    listener.serve_forever()
    """

  /// Calls `body` with a server with one of the certificates, which may require those of clients.
  private func withServer(
    _ name: String, wantsClients: Bool = false,
    _ body: (Certificates, RunningProgram, _ url: String) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      let certificates = try await Certificates(in: directory)
      let program = Program(
        "/usr/bin/python3",
        ["-c", Self.server, directory.path(name), wantsClients ? directory.path("ca.pem") : ""])
      try await program.whileRunning { server in
        try await server.wait(for: "a port", within: .seconds(30)) { $0.text.hasSuffix("\n") }
        let port = server.text.dropFirst("port ".count).dropLast()
        try await body(certificates, server, "https://localhost:\(port)")
      }
    }
  }

  private static let point = "dsmr n=1 1768478400000000000\n"

  private func send(_ url: String, _ arguments: [String]) async throws -> ProgramResult {
    try await Program("p1influx", ["--url", url, "--linger", "1"] + arguments)
      .run(input: "timestamp=2026-01-15T12:00:00Z\nn=1\n")
  }

  /// Expects that the record is kept, and one line says why.
  private func expectRejection(_ result: ProgramResult, _ server: RunningProgram, _ url: String) {
    #expect(result.status == .exited(69))
    let messages = result.errorText.split(separator: "\n")
    #expect(messages.count == 2, "\(result.errorText)")
    #expect(messages.first?.hasPrefix("p1influx: \(url): SSL") == true, "\(result.errorText)")
    #expect(messages.first?.hasSuffix("; trying again") == true)
    #expect(messages.last == "p1influx: \(url): 1 record could not be delivered")
    #expect(!server.text.contains("dsmr"))
  }

  private func expectDelivery(_ result: ProgramResult, _ server: RunningProgram) async throws {
    #expect(result.status == .success && result.errorText == "")
    try await server.waitForOutput(Self.point)
  }

  @Test func authorityThatIsTrusted() async throws {
    try await withServer("server") { certificates, server, url in
      let result = try await send(url, ["--ca-file", certificates.path("ca.pem")])
      try await expectDelivery(result, server)
    }
  }

  @Test func authorityThatIsNotTrusted() async throws {
    try await withServer("server") { certificates, server, url in
      expectRejection(try await send(url, []), server, url)
      // Another authority does not help.
      let other = try await send(url, ["--ca-file", certificates.path("client.pem")])
      expectRejection(other, server, url)
    }
  }

  @Test func recordsAreKeptUntilTheServerIsTrusted() async throws {
    try await withServer("server") { certificates, server, url in
      let spool = ["--spool", certificates.path("spool")]
      let first = try await send(url, spool)
      #expect(first.status == .success)
      #expect(first.errorText.contains("1 record kept for the next run"))
      #expect(!server.text.contains("dsmr"))
      let second = try await Program(
        "p1influx", ["--url", url, "--ca-file", certificates.path("ca.pem")] + spool
      ).run()
      #expect(second.status == .success)
      try await server.waitForOutput(Self.point)
    }
  }

  @Test(arguments: ["other", "expired"])
  func certificateThatProvesNothing(_ name: String) async throws {
    try await withServer(name) { certificates, server, url in
      let result = try await send(url, ["--ca-file", certificates.path("ca.pem")])
      expectRejection(result, server, url)
    }
  }

  @Test func keyThatIsPinned() async throws {
    try await withServer("server") { certificates, server, url in
      let authority = ["--ca-file", certificates.path("ca.pem")]
      let wrong = "sha256//" + String(repeating: "A", count: 43) + "="
      expectRejection(try await send(url, authority + ["--pinned-key", wrong]), server, url)
      // A pinned key is checked in addition to the authority, not instead.
      expectRejection(
        try await send(url, ["--pinned-key", certificates.serverKeyHash]), server, url)
      let right = try await send(url, authority + ["--pinned-key", certificates.serverKeyHash])
      try await expectDelivery(right, server)
    }
  }

  @Test func serverThatWantsACertificate() async throws {
    try await withServer("server", wantsClients: true) { certificates, server, url in
      let authority = ["--ca-file", certificates.path("ca.pem")]
      let none = try await send(url, authority)
      #expect(none.status == .exited(69))
      #expect(none.errorText.contains("; trying again\n"))
      #expect(!server.text.contains("dsmr"))
      let shown = try await send(
        url,
        authority + [
          "--cert-file", certificates.path("client.pem"), "--key-file",
          certificates.path("client.key"),
        ])
      try await expectDelivery(shown, server)
    }
  }
}
