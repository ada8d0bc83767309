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

  public mutating func add(_ byte: UInt8) {
    value = value >> 8 ^ CRC16.tables[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
  }

  public mutating func add(_ bytes: Span<UInt8>) {
    let tables = CRC16.tables.span
    // This one check lets the compiler omit the bounds check of every lookup.
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

  /// Adds sixteen bytes: the checksum is the sum (XOR) of the contributions of each byte.
  @inline(__always)
  private mutating func add(_ first: UInt64, _ second: UInt64, _ tables: Span<UInt16>) {
    let first = first ^ UInt64(value)
    value =
      CRC16.sum(first, tables.extracting(first: 16 * 256).extracting(last: 8 * 256))
      ^ CRC16.sum(second, tables.extracting(first: 8 * 256))
  }

  /// The contribution of eight bytes, each looked up in its own table, the last byte in the first.
  @inline(__always)
  private static func sum(_ word: UInt64, _ tables: Span<UInt16>) -> UInt16 {
    @inline(__always)
    func entry(_ shift: Int) -> UInt16 {
      tables[(7 &- shift) &* 256 &+ Int(truncatingIfNeeded: word >> UInt64(shift &* 8) & 255)]
    }
    return entry(0) ^ entry(1) ^ entry(2) ^ entry(3) ^ entry(4) ^ entry(5) ^ entry(6) ^ entry(7)
  }

  // MARK: - Sixteen words at a time, without a table

  /// In bytes: sixteen words.
  private static let blockSize = 128

  /// Adds all whole blocks if there are at least two; only the last one needs the tables.
  ///
  /// Over GF(2), P(x)² = P(x²), so P(x) divides P(x⁶⁴) = x¹⁰²⁴ + x⁹⁶⁰ + x¹²⁸ + 1. The first word can
  /// therefore be removed once it is added to the words 1, 14 and 16 places after it.
  ///
  /// - Returns: the number of bytes added.
  private mutating func addBlocks(_ bytes: Span<UInt8>, _ tables: Span<UInt16>) -> Int {
    guard bytes.count >= 2 * CRC16.blockSize else { return 0 }
    // The sixteen words that were removed last, and the last of them.
    var window = InlineArray<16, UInt64>(repeating: 0)
    var removed = window.mutableSpan
    var last = UInt64(value)
    var rest = bytes
    while rest.count >= 2 * CRC16.blockSize {
      let block = rest.extracting(first: CRC16.blockSize)
      @inline(__always)
      func remove(_ index: Int, _ removed: inout MutableSpan<UInt64>) {
        last ^= block.word(at: 8 &* index) ^ removed[(index &+ 2) & 15] ^ removed[index]
        removed[index] = last
      }
      // Unrolled by hand, as a loop is half as fast.
      remove(0, &removed); remove(1, &removed); remove(2, &removed); remove(3, &removed)
      remove(4, &removed); remove(5, &removed); remove(6, &removed); remove(7, &removed)
      remove(8, &removed); remove(9, &removed); remove(10, &removed); remove(11, &removed)
      remove(12, &removed); remove(13, &removed); remove(14, &removed); remove(15, &removed)
      rest = rest.extracting(droppingFirst: CRC16.blockSize)
    }
    removed[0] ^= last
    for index in 0..<14 { removed[index] ^= removed[index + 2] }
    value = 0
    for index in stride(from: 0, to: 16, by: 2) {
      add(
        rest.word(at: 8 &* index) ^ removed[index],
        rest.word(at: 8 &* index &+ 8) ^ removed[index + 1],
        tables)
    }
    return bytes.count &- rest.count &+ CRC16.blockSize
  }
}

/// The checksum as a telegram prints it after its `!`.
public enum PrintedChecksum: Equatable {
  /// Telegrams before DSMR 4 have none.
  case none
  /// Up to four hexadecimal digits, as some meters omit leading zeros.
  case value(UInt16)
  /// Anything else. Meters print letters in one case, so mixed case is damage.
  case unreadable

  /// - Parameter line: the bytes after the `!`.
  public init(_ line: Span<UInt8>) {
    var value: UInt16 = 0
    var cases: UInt8 = 0
    var index = 0
    while index < min(4, line.count), let digit = line[index].hexadecimalDigit {
      value = value << 4 | UInt16(digit)
      if digit > 9 { cases |= line[index] & 0x20 == 0 ? 1 : 2 }
      index += 1
    }
    let rest = line.extracting(index...)
    if index == 0 {
      self = rest.isBlank ? .none : .unreadable
    } else if cases == 3 || index < 4 && !rest.extracting(first: 1).isBlank {
      self = .unreadable
    } else {
      self = .value(value)
    }
  }
}

extension Span<UInt8> {
  /// Whether it holds only spaces and control characters, with any parity bit.
  fileprivate var isBlank: Bool { indices.allSatisfy { self[$0] & 0x7F <= UInt8(ascii: " ") } }
}
