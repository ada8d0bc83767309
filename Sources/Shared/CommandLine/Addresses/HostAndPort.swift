import Glibc

/// The parts of `host:port`, where the host may be an IPv6 address: `[::1]:1883`.
public struct HostAndPort: Equatable {
  /// The name or the address, without brackets.
  public let host: String
  /// Whether ``host`` is well formed: a name, or an address of IPv4 or IPv6. A tool would
  /// retry a malformed name without end.
  public let isHostValid: Bool
  /// Whether anything follows the host.
  public let hasPort: Bool
  /// The port; nil if there is none from 1 to 65535.
  public let port: Int?

  private static let ports = 1...65_535

  /// - Parameter text: a name or an address, with or without a port. With more than one colon and without
  ///   brackets it is an IPv6 address, which has no port.
  public init(_ text: some StringProtocol) {
    let end =
      text.hasPrefix("[")
      ? text.firstIndex(of: "]")
      : text.count(where: { $0 == ":" }) == 1 ? text.firstIndex(of: ":") : nil
    guard let end else {
      (host, hasPort, port) = (String(text), false, nil)
      isHostValid = HostAndPort.isHost(host)
      return
    }
    let isBracketed = text[end] == "]"
    host = String(isBracketed ? text[..<end].dropFirst() : text[..<end])
    isHostValid = isBracketed ? HostAndPort.isIPv6(host) : HostAndPort.isHost(host)
    let rest = isBracketed ? text[end...].dropFirst() : text[end...]
    hasPort = !rest.isEmpty
    let digits = rest.hasPrefix(":") ? rest.dropFirst() : ""
    let number = digits.allSatisfy { ("0"..."9").contains($0) } ? Int(digits) : nil
    port = number.flatMap { HostAndPort.ports.contains($0) ? $0 : nil }
  }

  private static func isHost(_ text: String) -> Bool {
    text.contains(":") ? isIPv6(text) : isNameOrIPv4(text)
  }

  /// An IPv6 address, with or without an interface: `fe80::1%eth0`.
  private static func isIPv6(_ text: String) -> Bool {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    var address = in6_addr()
    return unsafe inet_pton(AF_INET6, String(parts[0]), &address) == 1
      && (parts.count == 1 || isLabel(parts[1]))
  }

  /// `gateway.lan` or `192.168.1.5`.
  private static func isNameOrIPv4(_ text: String) -> Bool {
    var labels = text.split(separator: ".", omittingEmptySubsequences: false)
    if labels.count > 1, labels.last == "" { labels.removeLast() }
    guard let last = labels.last, text.utf8.count <= 254, labels.allSatisfy(isLabel) else {
      return false
    }
    guard last.allSatisfy({ ("0"..."9").contains($0) }) else { return true }
    var address = in_addr()
    // 127.1 is an address, too; a number alone is more likely a port.
    return unsafe labels.count > 1 && inet_aton(text, &address) == 1
  }

  /// Letters of any language, which multicast DNS allows, and `_`, which is found in practice.
  private static func isLabel(_ text: Substring) -> Bool {
    (1...63).contains(text.utf8.count) && !text.hasPrefix("-")
      && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
  }
}
