/// Bytes of a text that stand in another one too, as they are.
public struct Piece: Sendable {
  /// Where they stand in the one.
  public let source: Int
  /// Where they stand in the other.
  public let target: Int
  public var count: Int

  public init(source: Int, target: Int, count: Int) {
    self.source = source
    self.target = target
    self.count = count
  }
}

extension [UInt8] {
  /// Writes pieces of a text over what stands in their places.
  public mutating func move(_ pieces: [Piece], of source: Span<UInt8>) {
    var target = mutableSpan
    for piece in pieces {
      let bytes = source.extracting(piece.source..<(piece.source + piece.count))
      for offset in bytes.indices { target[piece.target &+ offset] = bytes[offset] }
    }
  }
}
