import CommandLine

/// The address of a server, and the login and certificates for it.
struct HTTPTarget {
  /// The URL without the path of the API: `https://influx.lan:8086/prefix`.
  var base: String
  /// The Unix socket that the server listens on, instead of an address.
  var socket: String?
  var login: (user: String, password: Secret)?
  /// The two parts of the header `Authorization`, instead of a login.
  var token: (scheme: String, Secret)?
  /// The certificate authorities to trust, instead of those of the system.
  var caFile: String?
  /// The client certificate, and its key if that is in another file.
  var certificateFile: String?
  var keyFile: String?
  /// The public key that the server must have, in libcurl's form: `sha256//…` or a file.
  var pinnedKey: String?

  /// Whether the address is one of this machine.
  var isLocal: Bool {
    let host = base.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
    return socket != nil || host == "localhost" || host.hasPrefix("localhost:")
      || host.hasPrefix("127.") || host.hasPrefix("[::1]")
  }

  /// A text as part of a URL, percent-encoded (RFC 3986, §2.1).
  static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { url, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        url.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        url += "%\(byte.hexadecimal)"
      }
    }
  }
}
