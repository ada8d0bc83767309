import Foundation

/// Certificates made by the program `openssl` in a directory: `ca.pem`, the authority; `server`, `other`,
/// `expired` and `client`, each as `.pem` and `.key`; `stranger`, which is self-signed; and `locked.key`,
/// the key of `client` with the password `secret`.
public struct Certificates: Sendable {
  private let directory: TemporaryDirectory
  /// The hash of the key of `server`, as libcurl wants it.
  public let serverKeyHash: String

  /// The certificates of all servers of this process.
  public static var shared: Certificates { get async throws { try await sharedOnes.value } }
  private static let sharedOnes = Shared { try await Certificates(in: TemporaryDirectory()) }

  private static let script = #"""
    set -e
    exec 2>openssl.log
    key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=authority -days 2
    openssl req -x509 $key -keyout stranger.key -out stranger.pem -subj /CN=stranger -days 2
    sign() {
      openssl req -new $key -keyout $1.key -out $1.csr -subj /CN=$1
      openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $1.pem \
        -days $3 -extfile <(echo "subjectAltName=$2")
    }
    sign server DNS:localhost,IP:127.0.0.1,IP:::1 2
    sign other DNS:elsewhere.invalid 2
    sign expired DNS:localhost -1
    sign client DNS:client 2
    openssl pkey -in client.key -aes256 -passout pass:secret -out locked.key
    openssl pkey -in server.key -pubout -outform DER | openssl dgst -sha256 -binary | base64
    """#

  public init(in directory: TemporaryDirectory) async throws {
    let result = try await Program.bash(Self.script, directory: directory.path).run()
    guard result.status == .success else {
      throw MissingProgram(description: "openssl made no certificates: \(result.status)")
    }
    self.directory = directory
    serverKeyHash = "sha256//" + result.text.split(separator: "\n").joined()
  }

  public func path(_ name: String) -> String { directory.path(name) }
}

/// A TLS proxy in front of a server without TLS, by python3. It records what the clients sent in the
/// handshake: the application protocol (ALPN), the server name (SNI) and the certificate.
public struct TLSFront: Sendable {
  public let port: Int
  private let program: RunningProgram

  private static let script = """
    import select, socket, ssl, sys, threading
    certificate, key, authority, wants_clients, target = sys.argv[1:6]
    names = {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED if wants_clients == "true" else ssl.CERT_OPTIONAL
    context.set_alpn_protocols(sys.argv[6:])
    def note(connection, name, context): names[connection] = name
    context.sni_callback = note
    def serve(connection):
      try:
        connection = context.wrap_socket(connection, server_side=True)
        plain = socket.create_connection(("127.0.0.1", int(target)))
      except OSError as error:
        print("failed:", error, flush=True)
        return connection.close()
      subject = (connection.getpeercert() or {}).get("subject", ())
      shown = dict(pair for part in subject for pair in part)
      print(
        connection.version(), connection.selected_alpn_protocol() or "-",
        names.get(connection) or "-", shown.get("commonName", "-"), flush=True)
      try:
        while True:
          ends = [connection, plain]
          # What was decrypted already is not seen at the socket.
          for source in [connection] if connection.pending() else select.select(ends, [], [])[0]:
            data = source.recv(65536)
            if not data: return
            (plain if source is connection else connection).sendall(data)
      except OSError: pass
      finally:
        plain.close()
        connection.close()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
      threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    """

  /// - Parameters:
  ///   - target: the port of the server on 127.0.0.1.
  ///   - certificate: the name of its certificate in `Certificates.shared`.
  ///   - wantsClients: whether a client needs a certificate of the same authority.
  ///   - protocols: the application protocols it accepts; a client may also ask for none.
  public static func running<Result>(
    before target: Int, certificate: String = "server", wantsClients: Bool = false,
    protocols: [String] = [], _ body: (TLSFront) async throws -> Result
  ) async throws -> Result {
    try MissingProgram.check("/usr/bin/python3", package: "python3")
    let certificates = try await Certificates.shared
    let arguments = [
      certificates.path(certificate + ".pem"), certificates.path(certificate + ".key"),
      certificates.path("ca.pem"), "\(wantsClients)", "\(target)",
    ]
    return try await Program(
      "/usr/bin/python3", ["-c", script] + arguments + protocols
    ).whileRunning { program in
      try await program.wait(for: "a port", within: .seconds(30)) { $0.text.contains("\n") }
      let line = program.text.prefix { $0 != "\n" }
      guard let port = Int(line) else { throw await program.fail("no port: \(line)") }
      return try await body(TLSFront(port: port, program: program))
    }
  }

  /// One line for each client: the TLS version, the application protocol, the server name and the name in
  /// the client's certificate, each `-` if absent; or `failed:` and the error.
  public var handshakes: [String] {
    program.text.split(separator: "\n").dropFirst().map(String.init)
  }

  public func waitForHandshakes(
    _ count: Int = 1, within limit: Duration = .seconds(10)
  ) async throws {
    try await program.wait(for: "\(count) handshakes", within: limit) { _ in
      handshakes.count >= count
    }
  }
}
