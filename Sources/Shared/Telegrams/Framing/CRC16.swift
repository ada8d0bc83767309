import Records

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

  /// Goes on with more bytes.
  public mutating func add(_ bytes: Span<UInt8>) {
    let tables = CRC16.tables.span
    // Said once, so that no lookup needs to check its index.
    precondition(tables.count == CRC16.tableCount * 256)
    var rest = bytes.extracting(droppingFirst: addBlocks(bytes, tables))
    while rest.count >= 16 {
      add(rest.word(at: 0), rest.word(at: 8), tables)
      rest = rest.extracting(droppingFirst: 16)
    }
    if rest.count >= 8 {
      value = CRC16.sum(rest.word(at: 0) ^ UInt64(value), tables.extracting(first: 8 * 256))
      rest = rest.extracting(droppingFirst: 8)
    }
    for index in rest.indices {
      value = value >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: value) ^ rest[index])]
    }
  }

  // MARK: - Sixteen bytes at a time

  private static let tableCount = 16

  /// Sixteen tables of 256: entry `256 * n + b` is byte `b` followed by `n` zero bytes.
  private static let tables: [UInt16] = {
    var tables: [UInt16] = []
    for byte in UInt16(0)..<256 {
      var crc = byte
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xA001 : crc >> 1 }
      tables.append(crc)
    }
    for index in 256..<(tableCount * 256) {
      let before = tables[index - 256]
      tables.append(before >> 8 ^ tables[Int(before & 255)])
    }
    return tables
  }()

  /// Goes on with sixteen bytes: the checksum is the sum of what each of them alone would make.
  @inline(__always)
  private mutating func add(_ first: UInt64, _ second: UInt64, _ tables: Span<UInt16>) {
    let first = first ^ UInt64(value)
    value =
      CRC16.sum(first, tables.extracting(first: 16 * 256).extracting(last: 8 * 256))
      ^ CRC16.sum(second, tables.extracting(first: 8 * 256))
  }

  /// What eight bytes make, each with a table of its own, the last one with the first table.
  @inline(__always)
  private static func sum(_ word: UInt64, _ tables: Span<UInt16>) -> UInt16 {
    @inline(__always)
    func entry(_ shift: Int) -> UInt16 {
      tables[(7 &- shift) &* 256 &+ Int(truncatingIfNeeded: word >> UInt64(shift &* 8) & 255)]
    }
    return entry(0) ^ entry(1) ^ entry(2) ^ entry(3) ^ entry(4) ^ entry(5) ^ entry(6) ^ entry(7)
  }

  // MARK: - Sixteen words at a time, without a table

  /// Sixteen words of eight bytes.
  private static let blockSize = 128

  /// Goes on with all whole blocks, if there are two: but for the last one without a table.
  ///
  /// Over the field of two elements P(x)² = P(x²). So what the polynomial divides, it divides with
  /// x⁶⁴ in place of x as well: x¹⁰²⁴ counts for x⁹⁶⁰ + x¹²⁸ + 1. That is, the word in front can be
  /// taken away, once it is added to the words 1, 14 and 16 places behind it.
  ///
  /// - Returns: how many bytes they had.
  private mutating func addBlocks(_ bytes: Span<UInt8>, _ tables: Span<UInt16>) -> Int {
    guard bytes.count >= 2 * CRC16.blockSize else { return 0 }
    // The sixteen words that were taken away last, and the very last one.
    var window = InlineArray<16, UInt64>(repeating: 0)
    var taken = window.mutableSpan
    var last = UInt64(value)
    var rest = bytes
    while rest.count >= 2 * CRC16.blockSize {
      let block = rest.extracting(first: CRC16.blockSize)
      @inline(__always)
      func take(_ index: Int, _ taken: inout MutableSpan<UInt64>) {
        last ^= block.word(at: 8 &* index) ^ taken[(index &+ 2) & 15] ^ taken[index]
        taken[index] = last
      }
      // Sixteen times the same, as a loop would be half as fast.
      take(0, &taken); take(1, &taken); take(2, &taken); take(3, &taken)
      take(4, &taken); take(5, &taken); take(6, &taken); take(7, &taken)
      take(8, &taken); take(9, &taken); take(10, &taken); take(11, &taken)
      take(12, &taken); take(13, &taken); take(14, &taken); take(15, &taken)
      rest = rest.extracting(droppingFirst: CRC16.blockSize)
    }
    taken[0] ^= last
    for index in 0..<14 { taken[index] ^= taken[index + 2] }
    value = 0
    for index in stride(from: 0, to: 16, by: 2) {
      add(
        rest.word(at: 8 &* index) ^ taken[index], rest.word(at: 8 &* index &+ 8) ^ taken[index + 1],
        tables)
    }
    return bytes.count &- rest.count &+ CRC16.blockSize
  }
}
