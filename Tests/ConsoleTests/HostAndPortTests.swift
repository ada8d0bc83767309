import Console
import Testing

/// `host:port`, as the settings of all tools have it.
@Suite struct HostAndPortTests {
  @Test(
    arguments: [
      ("gateway.lan", "gateway.lan", false, nil), ("gateway.lan:2001", "gateway.lan", true, 2001),
      ("[::1]", "::1", false, nil), ("[::1]:1", "::1", true, 1), ("::1", "::1", false, nil),
      ("fe80::1%eth0", "fe80::1%eth0", false, nil), ("h:65535", "h", true, 65_535),
      ("h:65536", "h", true, nil), ("h:0", "h", true, nil), ("h:", "h", true, nil),
      ("h:x", "h", true, nil), ("[::1]:", "::1", true, nil), ("[::1]x:5", "::1", true, nil),
      (":5", "", true, 5), ("", "", false, nil), ("[::1", "[::1", false, nil),
    ] as [(String, String, Bool, Int?)])
  func aTextHasTwoParts(_ text: String, _ host: String, _ hasPort: Bool, _ port: Int?) {
    let parts = HostAndPort(text)
    #expect(parts.host == host)
    #expect(parts.hasPort == hasPort)
    #expect(parts.port == port)
  }
}
