extension UInt8 {
  /// What the byte counts for as a decimal digit, nil where it is none.
  @inlinable public var decimalDigit: Int? {
    let value = self &- UInt8(ascii: "0")
    return value < 10 ? Int(value) : nil
  }

  /// What the byte counts for as a hexadecimal digit of either case, nil where it is none.
  @inlinable public var hexadecimalDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// The byte as two hexadecimal digits, in upper case.
  public var hexadecimal: String {
    let digits = String(self, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "0\(digits)" : digits
  }
}

extension Span<UInt8> {
  /// The number that the bytes spell, nil where one of them is no decimal digit, and where there is
  /// none or more than might fit.
  public var number: Int? { count > 0 ? number(indices) : nil }

  /// The number that two decimal digits spell, nil where one of them is none.
  @inline(__always)
  func twoDigits(at index: Int) -> Int? {
    guard let tens = self[index].decimalDigit, let ones = self[index + 1].decimalDigit else {
      return nil
    }
    return 10 * tens + ones
  }

  /// The number that the bytes of `range` spell, nil where one of them is no decimal digit or where
  /// there are more than 18 of them, which might not fit.
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
