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
