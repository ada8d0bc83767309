import Telegrams
import TestValues
import Testing

/// The kind of a stream without telegrams.
@Suite struct StreamKindTests {
  /// A frame like those of meters in Luxembourg.
  private static let cipheredFrame: [UInt8] =
    [0xDB, 0x08] + "SAGgp123".bytes + [0x82, 0x01, 0x10, 0x30, 0, 0, 0, 1, 0x9A, 0x2F, 0x0A, 0x7E]

  /// The beginning of an HDLC frame with DLMS.
  private static let header: [UInt8] =
    [0x7E, 0xA0, 0x8B, 0xCE, 0xFF, 0x03, 0x13, 0xEE, 0xE1, 0xE6, 0xE7, 0x00]

  private static func ciphered(_ title: String, _ rest: [UInt8]) -> [UInt8] {
    [0xDB, 8] + title.bytes + rest
  }

  private static let frames: [([UInt8], StreamKind)] = [
    (cipheredFrame, .encryptedTelegrams(SystemTitle(value: 0x5341476770313233))),
    ([0x9C, 0x01] + cipheredFrame, .encryptedTelegrams(SystemTitle(value: 0x5341476770313233))),
    // A length of one byte, and of two.
    (
      ciphered("KFM12345", [18, 0x30, 0, 0, 0, 1]),
      .encryptedTelegrams(SystemTitle(value: 0x4B464D3132333435))
    ),
    (
      ciphered("KFM12345", [0x81, 130, 0x21, 0, 0, 0, 1]),
      .encryptedTelegrams(SystemTitle(value: 0x4B464D3132333435))
    ),
    // A meter in Poland.
    (
      "/TST5METER\r\n\r\n".bytes + [0, 0x82, 1, 0x10, 0x30, 0, 0, 0, 1, 0x9A],
      .encryptedTelegrams(.none)
    ),
    (header + cipheredFrame, .encryptedTelegrams(SystemTitle(value: 0x5341476770313233))),
    (header + [0x0F], .dlms), ([0x00] + header, .dlms),
    ([0x7E, 0xA0, 0x0B, 0x41, 0x08, 0x83, 0x13, 0x82, 0xD6, 0x00, 0xA4, 0x9F, 0x7E], .dlms),
    ([0x68, 0x0F, 0x0F, 0x68, 0x53], .mbus), ([0x10, 0x40, 0xF0, 0x30, 0x16], .mbus),
    ([0x10, 0x40, 0xF0, 0x31, 0x16], .binary),
    (
      [0x68, 0xFA, 0xFA, 0x68, 0x53, 0xFF, 0, 1, 0x67] + cipheredFrame,
      .encryptedTelegrams(SystemTitle(value: 0x5341476770313233))
    ),
    // Bytes that only begin like a frame.
    ([0x7E, 0xA0, 0x8B, 0xCE, 0xFF, 0x03], .binary), ([0xDB, 0x08, 0x00], .binary),
    (ciphered("KFM12345", [0x82, 0x01, 0x10, 0x10]), .binary), ([0x7E], .text),
    ("hooh".bytes, .text),
  ]

  private static let files: [([UInt8], StreamKind)] = [
    ([0x1F, 0x8B, 0x08, 0x00], .compressed(by: "gzip")),
    ([0x28, 0xB5, 0x2F, 0xFD, 0x00], .compressed(by: "zstd")),
    ("BZh91AY".bytes, .compressed(by: "bzip2")), ("PK\u{3}\u{4}".bytes, .compressed(by: "zip")),
    ([0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10], .image("JPEG")),
    ([0x89] + "PNG\r\n\u{1A}\n".bytes, .image("PNG")), ("GIF89a".bytes, .image("GIF")),
    ("timestamp=2026-11-23T10:00:00Z\nmeter=E1\n\n".bytes, .records),
    ("321*kW)\r\n1-0:2.7.0(00.000*kW)\r\n!1234\r\n".bytes, .telegramLines),
    ("321*kW)\r\n1-0:2.7.0(00.000*kW)\r\n!\r\n".bytes.withParity, .telegramLines),
  ]

  private static let characters: [([UInt8], StreamKind)] = [
    ("Dear meter,\r\n\tprint something (please).\r\n".bytes, .text), ("x".bytes, .text),
    ("Grüße an den Zähler\n".bytes, .text),
    ("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n".bytes, .text),
    // A gateway that starts, with a few bytes of noise.
    ("Booting...\r\nwifi: connected, address 10.0.0.7\r\n".bytes + [0x00, 0x93], .text),
    ([0xF4, 0xE2, 0x91, 0xB6, 0xFE, 0xFF, 0x80, 0x0C], .misreadLine), ([0xFF, 0xFF], .misreadLine),
    ([UInt8](repeating: 0, count: 100), .zeros),
    ([0x00, 0x41, 0x42, 0x13, 0x90], .binary), ([], .empty),
  ]

  @Test(arguments: frames + files + characters)
  func streamLooksLike(_ bytes: [UInt8], _ expected: StreamKind) {
    let kind = StreamKind(bytes.span)
    #expect(kind == expected, "\(bytes)")
  }

  @Test func onlyTheBeginningIsRead() {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: StreamKind.length)
    let kind = StreamKind((text + [0x00, 0x01]).span)
    #expect(kind == .text)
  }

  @Test func everyInputHasAKind() {
    var generator = SeededGenerator(seed: 64)
    for _ in 0..<2000 {
      let bytes = generator.bytes(
        0...40, from: [0xDB, 0x08, 0x7E, 0xA0, 0x68, 0x30, 0x82, 0x0A, 0x00, 0xE6])
      let description = StreamKind(bytes.span).description
      #expect(!description.isEmpty)
    }
  }
}
