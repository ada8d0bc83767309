import Records
import TestValues
import Testing

@Suite struct BytesTests {
  @Test func byteIsFoundWhereItStandsFirst() {
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<20_000 {
      // Bytes next to the searched one, which a search by words must distinguish.
      let byte = generator.bytes(1...1, from: [0x00, 0x0A, 0x3D, 0x7F, 0x80, 0xFF])[0]
      let bytes = generator.bytes(
        0...40, from: [byte, byte &+ 1, byte &- 1, byte ^ 0x80, byte ^ 1, 0x00, 0xFF])
      let start = Int.random(in: 0...bytes.count, using: &generator)
      let found = bytes.span.firstIndex(of: byte, from: start)
      #expect(found == bytes[start...].firstIndex(of: byte), "\(byte) in \(bytes) from \(start)")
    }
  }

  @Test func bytesAreCopied() {
    for count in [0, 1, 7, 8, 9, 1000] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      #expect([UInt8](bytes.span) == bytes)
    }
  }
}
