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

extension Span<UInt8> {
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
