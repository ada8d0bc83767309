import CommandLine

extension SocketAddress {
  private static let loopback = "127.0.0.1"

  /// The address of `--listen`: `2001`, `192.168.1.5:2001` or `[::]:2001`. A name is not possible, as it may have
  /// several addresses.
  ///
  /// - Throws: `Failure`.
  init(listeningBy setting: Setting<String?>, _ text: String, _ settings: Settings) throws {
    let parts = HostAndPort(text.contains(":") ? text : "\(SocketAddress.loopback):\(text)")
    guard parts.isHostValid, let port = parts.port,
      let address = try? SocketAddress.all(of: parts.host, port: port, numericOnly: true).get()
        .first
    else {
      throw settings.failure(
        setting,
        "\"\(text)\" is not a port or a numeric address with a port; use 2001, 0.0.0.0:2001 or [::]:2001"
      )
    }
    self = address
  }
}
