import Telegrams
import TestValues
import Testing

/// The kind of a stream without telegrams.
@Suite struct StreamKindTests {
  /// A frame like those of meters in Luxembourg.
  private static let cipheredFrame: [UInt8] =
    [0xDB, 0x08] + "SAGgp123".bytes + [0x82, 0x01, 0x10, 0x30, 0, 0, 0, 1, 0x9A, 0x2F, 0x0A, 0x7E]

  @Test(arguments: [
    (cipheredFrame, StreamKind.encryptedTelegrams),
    ([0x9C, 0x01] + cipheredFrame, .encryptedTelegrams),
    ([0x7E, 0xA0, 0x8B, 0xCE, 0xFF, 0x03] + cipheredFrame, .dlms),
    ([0x00, 0x7E, 0xA8, 0xA4, 0xCF], .dlms),
    ([0x68, 0x0F, 0x0F, 0x68, 0x53], .mbus),
    ([0x1F, 0x8B, 0x08, 0x00], .compressed(by: "gzip")),
    ([0x28, 0xB5, 0x2F, 0xFD, 0x00], .compressed(by: "zstd")),
    ("BZh91AY".bytes, .compressed(by: "bzip2")), ("PK\u{3}\u{4}".bytes, .compressed(by: "zip")),
    ([0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10], .image("JPEG")),
    ([0x89] + "PNG\r\n\u{1A}\n".bytes, .image("PNG")), ("GIF89a".bytes, .image("GIF")),
    ("timestamp=2026-11-23T10:00:00Z\nmeter=E1\n\n".bytes, .records),
    ("321*kW)\r\n1-0:2.7.0(00.000*kW)\r\n!1234\r\n".bytes, .telegramLines),
    ("Dear meter,\r\n\tprint something (please).\r\n".bytes, .text), ("x".bytes, .text),
    ([0xF4, 0xE2, 0x91, 0xB6, 0xFE, 0xFF, 0x80, 0x0C], .misreadLine),
    ([0x00, 0x41, 0x42, 0x13, 0x90], .binary), ([], .empty),
    // Bytes that only begin like a frame.
    ([0xDB, 0x08, 0x00], .binary), ([0x7E], .text), ("hooh".bytes, .text),
  ])
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
      let bytes = generator.bytes(0...40, from: [0xDB, 0x08, 0x7E, 0xA0, 0x68, 0x30, 0x82, 0x0A])
      let description = StreamKind(bytes.span).description
      #expect(!description.isEmpty)
    }
  }
}
