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
