import Records

/// What stands behind the `!` of a telegram.
enum PrintedChecksum: Equatable {
  /// Nothing, as before DSMR 4.
  case none
  /// Up to four hexadecimal digits: some meters leave out the zeros at its beginning.
  case value(UInt16)
  /// Something else. A meter writes its letters in one case, so a mix of both is damage.
  case unreadable

  init(_ line: Span<UInt8>) {
    var value: UInt16 = 0
    var cases: UInt8 = 0
    var index = 0
    while index < min(4, line.count), let digit = line[index].hexadecimalDigit {
      value = value << 4 | UInt16(digit)
      if digit > 9 { cases |= line[index] & 0x20 == 0 ? 1 : 2 }
      index += 1
    }
    let rest = line.extracting(index...)
    if index == 0 {
      self = rest.isBlank ? .none : .unreadable
    } else if cases == 3 || index < 4 && !rest.extracting(first: 1).isBlank {
      self = .unreadable
    } else {
      self = .value(value)
    }
  }
}

extension Span<UInt8> {
  /// Whether there is nothing but white space and the like, with any parity.
  fileprivate var isBlank: Bool { indices.allSatisfy { self[$0] & 0x7F <= UInt8(ascii: " ") } }
}
