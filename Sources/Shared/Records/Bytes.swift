extension [UInt8] {
  /// A copy of what a span covers.
  public init(_ span: Span<UInt8>) {
    self.init(capacity: span.count) { output in
      for index in span.indices { output.append(span[index]) }
    }
  }

  /// Appends what a span covers.
  public mutating func append(contentsOf span: Span<UInt8>) {
    append(addingCapacity: span.count) { output in
      for index in span.indices { output.append(span[index]) }
    }
  }
}

extension String {
  /// Its bytes in UTF-8, in one piece.
  public var utf8Bytes: [UInt8] { [UInt8](utf8) }
}

extension Span<UInt8> {
  /// Eight bytes as one number, the first one the lowest: a single load.
  ///
  /// - Precondition: there are eight from `index` on.
  @inlinable @inline(__always)
  public func word(at index: Int) -> UInt64 {
    let bytes = extracting(droppingFirst: index).extracting(first: 8)
    precondition(bytes.count == 8)
    let low =
      UInt64(bytes[0]) | UInt64(bytes[1]) << 8 | UInt64(bytes[2]) << 16 | UInt64(bytes[3]) << 24
    let high =
      UInt64(bytes[4]) | UInt64(bytes[5]) << 8 | UInt64(bytes[6]) << 16 | UInt64(bytes[7]) << 24
    return low | high << 32
  }

  /// The bytes as text on one line, each a character (Latin-1), without line ends.
  public var latin1Line: String {
    var text = String.UnicodeScalarView()
    for index in indices where self[index] != 0x0A && self[index] != 0x0D {
      text.append(Unicode.Scalar(self[index]))
    }
    return String(text)
  }

  /// Whether the bytes are those of `text` in UTF-8.
  public static func == (bytes: Span<UInt8>, text: String) -> Bool {
    let expected = text.utf8
    guard bytes.count == expected.count else { return false }
    var index = 0
    for byte in expected {
      guard bytes[index] == byte else { return false }
      index += 1
    }
    return true
  }
}
