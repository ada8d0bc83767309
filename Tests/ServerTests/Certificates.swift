import TestSupport

/// Certificates of an authority that a test makes up, by the program `openssl`, in a directory:
/// `ca.pem`; `server`, `other`, `expired` and `client`, each as `.pem` and `.key`.
struct Certificates {
  private let directory: TemporaryDirectory
  /// The hash of the key of `server`, as libcurl wants it.
  let serverKeyHash: String

  private static let script = #"""
    set -e
    exec 2>openssl.log
    key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=authority -days 2
    sign() {
      openssl req -new $key -keyout $1.key -out $1.csr -subj /CN=$1
      openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $1.pem \
        -days $3 -extfile <(echo "subjectAltName=$2")
    }
    sign server DNS:localhost 2
    sign other DNS:elsewhere.invalid 2
    sign expired DNS:localhost -1
    sign client DNS:client 2
    openssl pkey -in server.key -pubout -outform DER | openssl dgst -sha256 -binary | base64
    """#

  /// Makes them.
  init(in directory: TemporaryDirectory) async throws {
    let result = try await Program.bash(Self.script, directory: directory.path).run()
    self.directory = directory
    serverKeyHash = "sha256//" + result.text.split(separator: "\n").joined()
  }

  /// The path of one of the files.
  func path(_ name: String) -> String { directory.path(name) }
}
