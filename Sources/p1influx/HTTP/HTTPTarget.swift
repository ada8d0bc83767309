import CommandLine

/// Where requests go, and as whom.
struct HTTPTarget {
  /// Without a path: `https://influx.lan:8086/prefix`.
  var base: String
  /// The Unix socket that the server listens on, instead of an address.
  var socket: String?
  var login: (user: String, password: Secret)?
  /// What the header `Authorization` has before and behind the blank, instead of a login.
  var token: (scheme: String, Secret)?
  /// The authorities that are trusted, instead of those of the system.
  var caFile: String?
  /// Who we are, for a server that wants a certificate, and the key to that.
  var certificateFile: String?
  var keyFile: String?
  /// The public key that the server has to have, as libcurl wants it: `sha256//…` or a file.
  var pinnedKey: String?

  /// Whether it says that it is on this machine.
  var isLocal: Bool {
    let host = base.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
    return socket != nil || host == "localhost" || host.hasPrefix("localhost:")
      || host.hasPrefix("127.") || host.hasPrefix("[::1]")
  }

  /// `text` as a part of a URL (RFC 3986, §2.1).
  static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { url, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        url.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        url += byte < 16 ? "%0" : "%"
        url += String(byte, radix: 16, uppercase: true)
      }
    }
  }
}
