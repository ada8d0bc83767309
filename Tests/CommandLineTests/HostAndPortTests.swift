import CommandLine
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
      ("h:+5", "h", true, nil), (":5", "", true, 5), ("", "", false, nil),
      ("[::1", "[::1", false, nil),
    ] as [(String, String, Bool, Int?)])
  func aTextHasTwoParts(_ text: String, _ host: String, _ hasPort: Bool, _ port: Int?) {
    let parts = HostAndPort(text)
    #expect(parts.host == host)
    #expect(parts.hasPort == hasPort)
    #expect(parts.port == port)
  }

  @Test(arguments: [
    "h", "localhost", "gateway.lan", "gateway.lan.", "_mqtt.lan", "my-host", "zähler.local",
    "192.168.1.5",
    "127.1", "::1", "[::1]", "[::1]:80", "fe80::1%eth0", "[fe80::1%eth0]:80", "h:80", "1and1.de:80",
  ])
  func hostThatCanBe(_ text: String) {
    #expect(HostAndPort(text).isHostValid)
  }

  @Test(arguments: [
    "", ":80", "[", "[]", "[]:80", "[::1", "[::1:80", "]", "%", "%eth0", "::1%", "[h]:80", "a b",
    "a/b", "1883",
    "a@b", "a..b", ".", ".a", "-a", "1.2.3.4.5", "300.1.1.1", "1:2:3", ":::", "a\u{1B}", "a\n", "*",
    String(repeating: "a", count: 64), "h%:80", "?",
  ])
  func hostThatCannotBe(_ text: String) {
    #expect(!HostAndPort(text).isHostValid)
  }
}
