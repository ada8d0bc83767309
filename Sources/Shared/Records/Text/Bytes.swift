extension [UInt8] {
  /// A copy of the bytes of a span.
  public init(_ span: Span<UInt8>) {
    // Growing an array is faster than making it with a capacity.
    self = []
    append(contentsOf: span)
  }

  /// Makes the bytes those of a span.
  public mutating func overwrite(with span: Span<UInt8>) {
    guard count == span.count else {
      removeAll(keepingCapacity: true)
      return append(contentsOf: span)
    }
    // Faster than to append, and records of one shape have the same length.
    var bytes = mutableSpan
    for index in span.indices { bytes[index] = span[index] }
  }

  /// Appends the bytes of a span.
  public mutating func append(contentsOf span: Span<UInt8>) {
    append(addingCapacity: span.count) { output in
      for index in span.indices { output.append(span[index]) }
    }
  }
}

extension String {
  /// The bytes in UTF-8.
  public var utf8Bytes: [UInt8] { [UInt8](utf8) }

  /// The bytes in Latin-1, as a meter prints them; a character that is not in Latin-1 is in UTF-8.
  public var latin1Bytes: [UInt8] {
    unicodeScalars.flatMap { scalar in
      UInt8(exactly: scalar.value).map { [$0] } ?? String(scalar).utf8Bytes
    }
  }
}

extension Span<UInt8> {
  /// Eight bytes as one little-endian number, which compiles to a single load.
  ///
  /// - Precondition: there are eight bytes from `index` on.
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

  /// The index of the first `byte` from `start` on, nil if there is none. Eight bytes are compared
  /// at once.
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index <= count - 8 {
      // The lowest byte of `difference` that is 0 is the lowest byte of `zeros` whose top bit is
      // set.
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

  /// A range without the spaces and tabs at its beginning and end.
  public func withoutBlanks(_ part: Range<Int>) -> Range<Int> {
    func isBlank(_ index: Int) -> Bool {
      self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t")
    }
    var (start, end) = (part.lowerBound, part.upperBound)
    while start < end, isBlank(start) { start += 1 }
    while end > start, isBlank(end - 1) { end -= 1 }
    return start..<end
  }

  /// Whether all bytes are ASCII.
  public var isASCII: Bool {
    // Without a way out, so that many bytes are looked at at once.
    var union: UInt8 = 0
    for index in indices { union |= self[index] }
    return union < 0x80
  }

  /// The bytes as Latin-1 text, without line feeds and carriage returns.
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

extension UInt8 {
  /// The value of the byte as a decimal digit, nil if it is not one.
  @inlinable public var decimalDigit: Int? {
    let value = self &- UInt8(ascii: "0")
    return value < 10 ? Int(value) : nil
  }

  /// The value of the byte as a hexadecimal digit of either case, nil if it is not one.
  @inlinable public var hexadecimalDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  /// The number as hexadecimal digits in upper case, two for each of its bytes.
  public var hexadecimal: String {
    let digits = String(self, radix: 16, uppercase: true)
    return String(repeating: "0", count: Self.bitWidth / 4 - digits.utf8.count) + digits
  }
}

extension Span<UInt8> {
  /// The number of one to 18 decimal digits, nil for anything else.
  public var number: Int? { count > 0 ? number(indices) : nil }

  /// The number of two decimal digits, nil if one of them is not a digit.
  @inline(__always)
  func twoDigits(at index: Int) -> Int? {
    guard let tens = self[index].decimalDigit, let ones = self[index + 1].decimalDigit else {
      return nil
    }
    return 10 * tens + ones
  }

  /// The number of the decimal digits in `range`, nil if a byte is not a digit or there are more
  /// than 18 of them, which might overflow.
  public func number(_ range: Range<Int>) -> Int? {
    guard range.count <= 18 else { return nil }
    var number = 0
    for index in range {
      guard let digit = self[index].decimalDigit else { return nil }
      number = number * 10 + digit
    }
    return number
  }
}
