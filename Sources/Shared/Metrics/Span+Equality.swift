extension Span<UInt8> {
  /// Whether the bytes are those of another span. Span itself is not Equatable.
  @inlinable
  public static func == (bytes: Span<UInt8>, other: Span<UInt8>) -> Bool {
    guard bytes.count == other.count else { return false }
    // Without an early exit, so that the compiler vectorizes it.
    var difference: UInt8 = 0
    for index in 0..<bytes.count { difference |= bytes[index] ^ other[index] }
    return difference == 0
  }

  /// Whether the bytes are those of an array.
  @inlinable
  public static func == (bytes: Span<UInt8>, other: [UInt8]) -> Bool { bytes == other.span }
}
