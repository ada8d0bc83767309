/// CRC-16/ARC, the checksum that ends a telegram since DSMR 4 (P1 companion standard, §6.2):
/// polynomial x¹⁶+x¹⁵+x²+1, reflected, initial value 0, no final inversion.
///
/// It covers every byte from `/` to `!`, both included, as transmitted.
public struct CRC16: Sendable {
  public private(set) var value: UInt16 = 0

  public init() {}

  /// The checksum of `bytes`.
  public static func checksum(_ bytes: Span<UInt8>) -> UInt16 {
    var crc = CRC16()
    crc.add(bytes)
    return crc.value
  }

  /// Goes on with one more byte.
  public mutating func add(_ byte: UInt8) {
    value = value >> 8 ^ CRC16.tables[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
  }

  /// Goes on with more bytes, eight at a time.
  public mutating func add(_ bytes: Span<UInt8>) {
    let tables = CRC16.tables.span
    var index = 0
    while index &+ 8 <= bytes.count {
      let low = UInt8(truncatingIfNeeded: value) ^ bytes[index]
      let high = UInt8(truncatingIfNeeded: value >> 8) ^ bytes[index + 1]
      var next = tables[7 * 256 + Int(low)] ^ tables[6 * 256 + Int(high)]
      next ^= tables[5 * 256 + Int(bytes[index + 2])] ^ tables[4 * 256 + Int(bytes[index + 3])]
      next ^= tables[3 * 256 + Int(bytes[index + 4])] ^ tables[2 * 256 + Int(bytes[index + 5])]
      next ^= tables[256 + Int(bytes[index + 6])] ^ tables[Int(bytes[index + 7])]
      value = next
      index += 8
    }
    while index < bytes.count {
      add(bytes[index])
      index += 1
    }
  }

  /// Eight tables of 256: entry `256 * n + b` is byte `b` followed by `n` zero bytes.
  private static let tables: [UInt16] = {
    var tables: [UInt16] = []
    for byte in UInt16(0)..<256 {
      var crc = byte
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xA001 : crc >> 1 }
      tables.append(crc)
    }
    for index in 256..<(8 * 256) {
      let before = tables[index - 256]
      tables.append(before >> 8 ^ tables[Int(before & 255)])
    }
    return tables
  }()
}
