import TestValues
import Testing

@testable import p1cat

/// What a gateway says before or instead of telegrams.
@Suite struct ServerMessageTests {
  @Test(
    arguments: [
      ("Port already in use\r\n", "Port already in use"),
      ("Port already in use", "Port already in use"),
      ("\u{1B}[1mBusy now\u{1B}[0m\0\u{7}\r\n\r\ntry again\r\n", "[1mBusy now[0m try again"),
      ("Anschluss besetzt \u{202E}(später)\n", "Anschluss besetzt (später)"), ("\r\n", nil),
      ("", nil),
      ("ok", nil), (SampleTelegram.numbered(), nil), ("7.0(00.321*kW)\r\n1-0:2.7.0(00.", nil),
      ("!1A2B\r\n", nil),
      (String(repeating: "word ", count: 100), String(repeating: "word ", count: 24) + "..."),
    ] as [(String, String?)])
  func wordsOfAServer(_ sent: String, _ shown: String?) {
    var text = ServerMessage()
    for byte in sent.utf8 { text.add([byte].span) }
    #expect(text.text == shown)
  }

  @Test func telnetOptionsAndBinaryAreNoWords() {
    var text = ServerMessage()
    text.add([0xFF, 0xFB, 0x2C, 0xFF, 0xFD, 0x03].span)
    #expect(text.text == nil)
    text.add(Array("Port in use\r\n".utf8).span)
    #expect(text.text == "Port in use")
    text.add([0xDB, 0x08, 0x53, 0x41, 0x47, 0x67, 0x70, 0x0A].span)
    #expect(text.text == "Port in use")
  }
}
