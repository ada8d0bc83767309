extension [UInt8] {
  /// A copy of what a span covers.
  public init(_ span: Span<UInt8>) {
    // An array that grows takes less than one made with a capacity.
    self = []
    append(contentsOf: span)
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

  /// Its bytes in Latin-1, as a meter prints them; a character that is none of it has its UTF-8.
  public var latin1Bytes: [UInt8] {
    unicodeScalars.flatMap { scalar in
      UInt8(exactly: scalar.value).map { [$0] } ?? String(scalar).utf8Bytes
    }
  }
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

  /// Where `byte` stands first, from `start` on; nil where it does not. Eight bytes are looked at at
  /// once.
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index <= count - 8 {
      // The lowest of the bytes that are 0 now is the lowest whose top bit is set at last.
      let difference = word(at: index) ^ ones &* UInt64(byte)
      let zeros = (difference &- ones) & ~difference & ones << 7
      if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// A part of the bytes, without the spaces and tabs at its beginning and its end.
  public func withoutBlanks(_ part: Range<Int>) -> Range<Int> {
    func isBlank(_ index: Int) -> Bool {
      self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t")
    }
    var (start, end) = (part.lowerBound, part.upperBound)
    while start < end, isBlank(start) { start += 1 }
    while end > start, isBlank(end - 1) { end -= 1 }
    return start..<end
  }

  /// Whether all of them are of ASCII.
  public var isASCII: Bool { indices.allSatisfy { self[$0] < 0x80 } }

  /// The bytes as text on one line, each a character (Latin-1), without line ends.
  public var latin1Line: String {
    if indices.allSatisfy({ (0x20..<0x80).contains(self[$0]) }) {
      return String(decoding: [UInt8](self), as: UTF8.self)
    }
    var text = String.UnicodeScalarView()
    for index in indices where self[index] != 0x0A && self[index] != 0x0D {
      text.append(Unicode.Scalar(self[index]))
    }
    return String(text)
  }

  /// Whether the bytes are those of `text` in UTF-8.
  public static func == (bytes: Span<UInt8>, text: String) -> Bool {
    let expected = text.utf8.span
    guard bytes.count == expected.count else { return false }
    for index in expected.indices where bytes[index] != expected[index] { return false }
    return true
  }
}
