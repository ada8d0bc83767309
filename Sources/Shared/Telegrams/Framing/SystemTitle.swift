import Records

/// The system title of a meter: three letters of its maker and five bytes that are its own (DLMS UA 1000-2,
/// edition 10, 4.3.4).
public struct SystemTitle: Hashable, Sendable {
  /// Big endian. Meters that send none use zeros in its place.
  public let value: UInt64

  public static let none = SystemTitle(value: 0)

  /// The number of its bytes.
  public static let length = 8

  public init(value: UInt64) {
    self.value = value
  }

  /// - Parameter bytes: eight bytes.
  public init(_ bytes: Span<UInt8>) {
    value = bytes.indices.reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
  }
}

extension SystemTitle: CustomStringConvertible {
  /// Sixteen hexadecimal digits, as in a file of keys.
  public var description: String { value.hexadecimal }
}
