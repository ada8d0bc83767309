/// The parts of `host:port`, where the host may be an IPv6 address: `[::1]:1883`.
public struct HostAndPort: Equatable {
  /// The name or the address, without brackets.
  public let host: String
  /// Whether there is something behind the host.
  public let hasPort: Bool
  /// The port; nil where there is none, or none from 1 to 65535.
  public let port: Int?

  private static let ports = 1...65_535

  /// - Parameter text: a name or an address, with a port or without. What has more than one colon is an
  ///   IPv6 address without brackets, which leaves no room for a port.
  public init(_ text: some StringProtocol) {
    let end =
      text.hasPrefix("[")
      ? text.firstIndex(of: "]")
      : text.count(where: { $0 == ":" }) == 1 ? text.firstIndex(of: ":") : nil
    guard let end else {
      (host, hasPort, port) = (String(text), false, nil)
      return
    }
    let isBracketed = text[end] == "]"
    host = String(isBracketed ? text[..<end].dropFirst() : text[..<end])
    let rest = isBracketed ? text[end...].dropFirst() : text[end...]
    hasPort = !rest.isEmpty
    let number = rest.hasPrefix(":") ? Int(rest.dropFirst()) : nil
    port = number.flatMap { HostAndPort.ports.contains($0) ? $0 : nil }
  }
}
