import Testing

@testable import p1cat

/// Addresses as other programs write them.
@Suite struct ServerAddressTests {
  @Test(
    arguments: [
      ("gateway.lan:23", "tcp://gateway.lan:23"), ("192.168.1.5:8088", "tcp://192.168.1.5:8088"),
      ("[::1]:23", "tcp://[::1]:23"), ("socket://gateway.lan:23", "tcp://gateway.lan:23"),
      ("socket://gateway.lan:23?logging=debug", "tcp://gateway.lan:23"),
      ("telnet://gateway.lan:2001/", "tcp://gateway.lan:2001"),
      ("telnet://gateway.lan", "tcp://gateway.lan:23"), ("TCP://h:1", "tcp://h:1"),
      ("rfc2217://gateway.lan:2217", "tcp://gateway.lan:2217"), ("tcp:h:1", nil),
      ("http://gateway.lan", nil), ("gateway.lan", nil), ("/dev/ttyUSB0:1", nil), ("h:0", nil),
      ("", nil), ("://", nil),
    ] as [(String, String?)])
  func addressOfAnotherProgram(_ source: String, _ meant: String?) {
    #expect(ServerAddress.suggestion(for: source) == meant)
  }
}
