import Records

/// The points of a record of the same shape: the same text with other digits, at a fraction of what
/// it takes to make it.
extension Points {
  /// Makes these the points of another record.
  ///
  /// - Returns: false, and changes nothing, where that has another shape.
  mutating func become(those: Record) -> Bool {
    let source = those.text.span
    guard source.count == shape.count, shape.begins(source),
      let time = those.timestamp?.nanosecondsSinceEpoch,
      Points.times.contains(time)
    else {
      return false
    }
    Points.write(time, as: &self.time)
    Points.copy(self.time, to: timePlaces, in: &text)
    text.move(numbers, of: source)
    return true
  }

  private static func write(_ time: Int64, as digits: inout [UInt8]) {
    var rest = time
    var digits = digits.mutableSpan
    for index in digits.indices.reversed() {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    }
  }

  private static func copy(_ time: [UInt8], to places: [Int], in text: inout [UInt8]) {
    var text = text.mutableSpan
    for place in places {
      for offset in time.indices { text[place + offset] = time[offset] }
    }
  }
}
