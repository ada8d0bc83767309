import Records

/// The points of a record of the same shape: the same text with other digits, at a fraction of what
/// it takes to make it.
extension Points {
  /// Makes these the points of another record, of the same style.
  ///
  /// - Returns: false, and changes nothing, where that has another shape.
  mutating func become(those: Record, _ precision: Precision) -> Bool {
    let source = those.text.span
    guard source.count == shape.count, shape.matchesPrefix(of: source),
      let time = those.timestamp.map(precision.time), precision.movableTimes.contains(time)
    else {
      return false
    }
    if time != self.time {
      self.time = time
      timeDigits.write(Int(time))
      let digits = timeDigits
      text.apply(times, from: digits.span)
    }
    text.apply(numbers, from: source)
    return true
  }
}
