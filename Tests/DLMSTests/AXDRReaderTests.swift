import Records
import TestValues
import Testing

@testable import DLMS
@testable import Telegrams

/// Values that A-XDR writes, and data-notifications of them.
@Suite struct AXDRReaderTests {
  private func value(_ bytes: [UInt8]) throws -> AXDRValue {
    var reader = AXDRReader(bytes)
    let value = try reader.value()
    #expect(reader.isAtEnd)
    return value
  }

  @Test func everyType() throws {
    let expected: [([UInt8], AXDRValue)] = [
      ([0x00], .null), ([0x03, 0x01], .boolean(true)), ([0x03, 0x00], .boolean(false)),
      ([0x04, 0x09, 0xFF, 0x80], .null),
      ([0x05, 0xFF, 0xFF, 0xFF, 0xFE], .signed(-2, byteCount: 4)),
      ([0x06, 0xFF, 0xFF, 0xFF, 0xFE], .unsigned(4_294_967_294, byteCount: 4)),
      ([0x09, 0x02, 0x41, 0x42], .octets([0x41, 0x42])), ([0x0A, 0x01, 0x41], .text([0x41])),
      ([0x0C, 0x81, 0x01, 0x41], .text([0x41])), ([0x0F, 0xFD], .signed(-3, byteCount: 1)),
      ([0x10, 0x80, 0x00], .signed(-32768, byteCount: 2)),
      ([0x11, 0xFD], .unsigned(253, byteCount: 1)),
      ([0x12, 0x09, 0x21], .unsigned(2337, byteCount: 2)),
      ([0x14] + [UInt8](repeating: 0xFF, count: 8), .signed(-1, byteCount: 8)),
      ([0x15] + [UInt8](repeating: 0xFF, count: 8), .unsigned(.max, byteCount: 8)),
      ([0x16, 0x1E], .enumeration(0x1E)),
      ([0x17, 0x43, 0x66, 0x19, 0x9A], .decimal("230.1")), ([0x17, 0x7F, 0xC0, 0, 0], .null),
      ([0x18, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0], .decimal("1.5")),
      ([0x1B, 1, 2, 3, 4], .octets([1, 2, 3, 4])), ([0x01, 0x00], .list([])),
      ([0x02, 0x02, 0x00, 0x01, 0x01, 0x03, 0x01], .list([.null, .list([.boolean(true)])])),
    ]
    for (bytes, value) in expected {
      #expect(try self.value(bytes) == value)
      for length in bytes.indices {
        #expect(throws: AXDRReader.Defect.cutShort) { try self.value(Array(bytes[..<length])) }
      }
    }
  }

  @Test func limits() {
    #expect(throws: AXDRReader.Defect.unknownTag(0x13)) { try value([0x13]) }
    #expect(throws: AXDRReader.Defect.tooDeep) {
      try value([UInt8](repeating: 1, count: 40))
    }
    #expect(throws: AXDRReader.Defect.cutShort) { try value([0x01, 0x82, 0xFF, 0xFF, 0x00]) }
    #expect(throws: AXDRReader.Defect.cutShort) { try value([0x09, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]) }
    #expect(throws: AXDRReader.Defect.tooMany) {
      try value([0x01, 0x82, 0x10, 0x00] + [UInt8](repeating: 0, count: 4096))
    }
  }

  /// Any bytes are values or a defect.
  @Test func randomBytes() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<5000 {
      var reader = AXDRReader(generator.bytes(0...60, from: Array(0...25) + [0x81, 0x82, 0xFF]))
      _ = try? reader.value()
    }
  }

  // MARK: - Data-notification

  private let time: [UInt8] = [
    0x07, 0xEA, 0x0B, 0x1E, 0x01, 0x0A, 0x14, 0x05, 0xFF, 0xFF, 0xC4, 0x00,
  ]

  @Test func notification() throws {
    let body: [UInt8] = [0x02, 0x01, 0x11, 0x05]
    let plain = try #require(DataNotification([0x0F, 0, 0, 0, 1, 0] + body))
    #expect(plain.time == nil && plain.body == .list([.unsigned(5, byteCount: 1)]))
    let timed = try #require(DataNotification([0x0F, 0, 0, 0, 1, 12] + time + body))
    #expect(timed.time?.deviation == -60 && timed.body == plain.body)
    let tagged = try #require(DataNotification([0x0F, 0, 0, 0, 1, 9, 12] + time + body))
    #expect(tagged == timed)
    // More bytes, fewer bytes, a body that is no list, another tag, another length of the time.
    for bytes: [UInt8] in [
      [0x0F, 0, 0, 0, 1, 0] + body + [0], [0x0F, 0, 0, 0, 1, 0, 0x02, 0x01, 0x11],
      [0x0F, 0, 0, 0, 1, 0, 0x11, 0x05], [0x0E, 0, 0, 0, 1, 0] + body,
      [0x0F, 0, 0, 0, 1, 5, 1, 2, 3, 4, 5] + body, [0x0F, 0, 0, 0, 1, 12], [0x0F, 0, 0, 0, 1, 9],
      [0x0F], [],
    ] {
      #expect(DataNotification(bytes) == nil)
    }
  }

  @Test func dateTime() throws {
    func time(_ change: (inout [UInt8]) -> Void) -> COSEMDateTime? {
      var octets = self.time
      change(&octets)
      return COSEMDateTime(octets.span)
    }
    let whole = try #require(time { _ in })
    #expect(
      whole.civil
        == CivilTime(year: 2026, month: 11, day: 30, hour: 10, minute: 20, second: 5))
    #expect(whole.deviation == -60 && whole.isSummer == false)
    let bare = try #require(time { $0.replaceSubrange(9..., with: [0x80, 0x00, 0xFF]) })
    #expect(bare.deviation == nil && bare.isSummer == nil)
    #expect(time { $0[11] = 0x80 }?.isSummer == true)
    #expect(time { $0[7] = 0xFF }?.civil.second == 0)
    // Unspecified parts, a clock that was never set, an invalid time.
    for (index, value) in [(2, 0xFF), (3, 0xFF), (5, 0xFF), (6, 0xFF), (0, 0xFF), (2, 13)] {
      #expect(time { $0[index] = UInt8(value) } == nil)
    }
    #expect(COSEMDateTime("181220000009".bytes.span) == nil)
    #expect(COSEMDateTime([1, 2, 3].span) == nil)
  }
}
