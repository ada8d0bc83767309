extension Span<UInt8> {
  /// Whether the bytes are those of an array. Span itself is not Equatable.
  @inlinable
  public static func == (bytes: Span<UInt8>, other: [UInt8]) -> Bool {
    guard bytes.count == other.count else { return false }
    for index in other.indices where bytes[index] != other[index] { return false }
    return true
  }
}
