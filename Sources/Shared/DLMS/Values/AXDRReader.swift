import Records

/// Reads values that A-XDR writes (IEC 61334-6; types: DLMS UA 1000-2, Data).
///
/// Input is hostile: depth, number and length of values are bounded, and no memory is taken for values that have not
/// arrived.
struct AXDRReader {
  /// Why bytes are no values.
  enum Defect: Error, Equatable {
    case cutShort
    case tooDeep
    case tooMany
    case unknownTag(UInt8)
  }

  private static let maximumDepth = 8
  /// In one message. The longest known list has 65 values.
  private static let maximumCount = 2048

  private let bytes: [UInt8]
  private(set) var index: Int
  private var count = 0

  init(_ bytes: [UInt8], from start: Int = 0) {
    self.bytes = bytes
    index = start
  }

  var isAtEnd: Bool { index == bytes.count }

  mutating func value(depth: Int = 0) throws(Defect) -> AXDRValue {
    guard depth < AXDRReader.maximumDepth else { throw .tooDeep }
    count += 1
    guard count <= AXDRReader.maximumCount else { throw .tooMany }
    let tag = try byte()
    switch tag {
    case 0x00: return .null
    case 0x01, 0x02: return .list(try values(depth: depth + 1))
    case 0x03: return .boolean(try byte() != 0)
    case 0x04: return try bits()
    case 0x05: return try signed(4)
    case 0x06: return try unsigned(4)
    case 0x09: return .octets(try octets(length()))
    case 0x0A, 0x0C: return .text(try octets(length()))
    case 0x0F: return try signed(1)
    case 0x10: return try signed(2)
    case 0x11: return try unsigned(1)
    case 0x12: return try unsigned(2)
    case 0x14: return try signed(8)
    case 0x15: return try unsigned(8)
    case 0x16: return .enumeration(try byte())
    case 0x17: return decimal(Float(bitPattern: UInt32(try bigEndian(4))).description)
    case 0x18: return decimal(Double(bitPattern: try bigEndian(8)).description)
    case 0x19: return .octets(try octets(12))
    case 0x1A: return .octets(try octets(5))
    case 0x1B: return .octets(try octets(4))
    default: throw .unknownTag(tag)
    }
  }

  private mutating func values(depth: Int) throws(Defect) -> [AXDRValue] {
    let length = try length()
    // Each value has a byte at least.
    guard length <= bytes.count - index else { throw .cutShort }
    var values: [AXDRValue] = []
    for _ in 0..<length { values.append(try value(depth: depth)) }
    return values
  }

  private mutating func signed(_ byteCount: Int) throws(Defect) -> AXDRValue {
    let unused = 64 - 8 * byteCount
    let bits = try bigEndian(byteCount) << UInt64(unused)
    return .signed(Int64(bitPattern: bits) >> Int64(unused), byteCount: byteCount)
  }

  private mutating func unsigned(_ byteCount: Int) throws(Defect) -> AXDRValue {
    .unsigned(try bigEndian(byteCount), byteCount: byteCount)
  }

  /// A binary fraction; null for one that has no decimal without an exponent.
  private func decimal(_ text: String) -> AXDRValue {
    DecimalText(text.utf8Bytes.span) == nil ? .null : .decimal(text)
  }

  /// Bits, of which no meter sends a value that a telegram has.
  private mutating func bits() throws(Defect) -> AXDRValue {
    _ = try octets((length() + 7) / 8)
    return .null
  }

  // MARK: - Bytes

  private mutating func length() throws(Defect) -> Int {
    guard let length = Length(bytes.span, from: index) else { throw .cutShort }
    index = length.end
    return length.value
  }

  private mutating func byte() throws(Defect) -> UInt8 {
    guard index < bytes.count else { throw .cutShort }
    index += 1
    return bytes[index - 1]
  }

  private mutating func octets(_ count: Int) throws(Defect) -> [UInt8] {
    guard count <= bytes.count - index else { throw .cutShort }
    index += count
    return Array(bytes[(index - count)..<index])
  }

  private mutating func bigEndian(_ count: Int) throws(Defect) -> UInt64 {
    try octets(count).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
