import Telegrams
import TestValues
import Testing

@Suite struct CRC16Tests {
  @Test(arguments: [
    ("", 0 as UInt16), ("123456789", 0xBB3D), ("/", 0xDC41), ("1234567890", 0xC57A),
    ("/ABC5TEST\r\n\r\n1-0:1.7.0(00.123*kW)\r\n!", 0x395D),
  ])
  func publishedCheckValuesAreMet(_ text: String, _ checksum: UInt16) {
    let computed = CRC16.checksum(text.bytes.span)
    #expect(computed == checksum)
  }

  @Test func checksumIsThatOfTheDefinition() {
    var generator = SeededGenerator(seed: 20)
    for round in 0..<300 {
      let bytes = generator.bytes(0...(round.isMultiple(of: 2) ? 100 : 1500))
      let whole = CRC16.checksum(bytes.span)
      #expect(whole == SampleTelegram.checksum(bytes))
      var crc = CRC16()
      for piece in generator.pieces(of: bytes, longest: round.isMultiple(of: 3) ? 20 : 900) {
        if piece.count == 1 { crc.add(piece[0]) } else { crc.add(piece.span) }
      }
      #expect(crc.value == whole)
    }
  }
}
