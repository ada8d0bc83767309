/// The address of a Unix socket: `unix:/run/mosquitto.sock` or `unix:///run/mosquitto.sock`.
public struct UnixSocketAddress {
  public let path: String

  /// The most bytes of a path: 108 with the zero behind it (unix(7)).
  private static let mostBytes = 107

  /// Nil if the address does not begin with `unix:`.
  ///
  /// - Parameters:
  ///   - example: a path for the message.
  ///   - failure: makes the failure of a reason.
  public init?(_ text: String, as example: String, failure: (String) -> Failure) throws {
    let scheme = "unix:"
    guard text.hasPrefix(scheme) else { return nil }
    let rest = text.dropFirst(scheme.count)
    path = String(rest.hasPrefix("//") ? rest.dropFirst(2) : rest)
    guard path.hasPrefix("/"), path.utf8.count <= UnixSocketAddress.mostBytes else {
      throw failure("\"\(text)\" is not the absolute path of a socket, such as \(scheme)\(example)")
    }
  }
}
