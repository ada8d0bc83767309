/// An address that names a Unix socket: `unix:/run/mosquitto.sock`, `unix:///run/mosquitto.sock`.
public struct UnixSocketAddress {
  public let path: String

  /// The most bytes of a path, which has to end in a zero (unix(7)).
  private static let mostBytes = 107

  /// Nil for an address that begins otherwise.
  ///
  /// - Parameters:
  ///   - text: the address.
  ///   - example: a path that is one.
  ///   - refused: what is said of a path that is none.
  /// - Throws: what `refused` gives.
  public init?(_ text: String, as example: String, refused: (String) -> Failure) throws {
    let scheme = "unix:"
    guard text.hasPrefix(scheme) else { return nil }
    let rest = text.dropFirst(scheme.count)
    path = String(rest.hasPrefix("//") ? rest.dropFirst(2) : rest)
    guard path.hasPrefix("/"), path.utf8.count <= UnixSocketAddress.mostBytes else {
      throw refused("\"\(text)\" names no socket: \(scheme)\(example) does")
    }
  }
}
