import Telegrams
import Testing

@Suite struct CRC16Tests {
  @Test(arguments: [("123456789", 0xBB3D as UInt16), ("/", 0xDC41), ("1234567890", 0xC57A)])
  func publishedCheckValuesAreMet(_ text: String, _ checksum: UInt16) {
    let computed = CRC16.checksum(Array(text.utf8).span)
    #expect(computed == checksum)
  }
}
