import Records

/// The records of a telegram, to be filled with the digits and times of another telegram of the same
/// shape: KnownShapes.swift.
struct TelegramTemplate {
  /// A timestamp in the records.
  private struct Instant {
    /// The place in the telegram; nil if it is the time of receipt.
    let source: Range<Int>?
    /// The place in ``records``; empty if it is not written.
    let target: Range<Int>
    /// The timestamp of the last telegram.
    var timestamp: Timestamp
    /// Whether it is printed without its offset from UTC.
    let isCivil: Bool
  }

  /// A net power in the records.
  private struct NetPower {
    let difference: DecimalDifference
    /// The place in ``records``.
    let target: Range<Int>
  }

  /// Identifies the template.
  let number: Int
  let findings: [TelegramParser.Finding]
  let recordCount: Int
  /// The text of the records, filled from the last telegram.
  private(set) var records: [UInt8]
  private var shape: ByteRanges
  /// The bytes to copy from the telegram to ``records``.
  private var pieces: [ByteCopy] = []
  private var instants: [Instant] = []
  private var netPowers: [NetPower] = []
  /// The index in ``instants`` of the telegram's own time.
  private var ownTimeIndex: Int?
  /// Whether a telegram of this shape has a time of receipt.
  private let hasReceipt: Bool
  private let timeZone: MeterTimeZone

  /// A template in which no byte may change yet.
  init(
    number: Int, of telegram: Span<UInt8>, _ records: Span<UInt8>, _ recordCount: Int,
    _ findings: [TelegramParser.Finding], hasReceipt: Bool, timeZone: MeterTimeZone
  ) {
    self.number = number
    shape = ByteRanges(telegram)
    self.records = [UInt8](records)
    self.recordCount = recordCount
    self.findings = findings
    self.hasReceipt = hasReceipt
    self.timeZone = timeZone
  }

  // MARK: - Which bytes may change

  /// Allows any bytes after an index.
  mutating func ignoreBytes(behind index: Int) {
    shape.allow(0...255, in: min(index + 1, shape.count)..<shape.count)
  }

  /// Allows any digits in place of digits that are not read.
  mutating func ignoreDigits(in range: Range<Int>) {
    shape.allowDigits(in: range)
  }

  /// Allows no change in a part of the telegram.
  mutating func fix(_ part: Range<Int>, of telegram: Span<UInt8>) {
    shape.fix(part, of: telegram)
  }

  /// Copies the digits of a number to the text that begins at `target`.
  mutating func copyDigits(
    of number: RecordFields.CopiedValue, in telegram: Span<UInt8>, to target: Int
  ) {
    let text = telegram.extracting(number.source)
    // In JSON, a text that is a number is written as one, without leading zeros.
    let isNumber = number.exponent != nil || records[target - 1] == UInt8(ascii: ":")
    guard isNumber, let decimal = DecimalText(text) else {
      guard !isNumber else { return }
      for offset in text.indices where text[offset].decimalDigit != nil {
        shape.allow(UInt8(ascii: "0")...UInt8(ascii: "9"), at: number.source.lowerBound + offset)
        movePiece(from: number.source.lowerBound + offset, to: target + offset)
      }
      return
    }
    decimal.forEachMovedDigit(of: text, timesTenToThe: number.exponent ?? 0) { digit in
      let source = number.source.lowerBound + digit.source
      shape.allow(digit.range, at: source)
      movePiece(from: source, to: target + digit.target)
    }
  }

  /// Writes a net power to the `count` bytes that begin at `target`.
  mutating func writeNetPower(_ difference: DecimalDifference, count: Int, to target: Int) {
    netPowers.append(NetPower(difference: difference, target: target..<(target + count)))
  }

  /// Copies one more byte. It joins the piece before if they are adjacent, or separated by one byte in
  /// both places, which is the decimal point.
  private mutating func movePiece(from source: Int, to target: Int) {
    if let last = pieces.last {
      let gap = source - last.source - last.count
      if gap == target - last.target - last.count, (0...1).contains(gap) {
        pieces[pieces.count - 1].count += gap + 1
        return
      }
    }
    pieces.append(ByteCopy(source: source, target: target, count: 1))
  }

  /// Writes the instant at `source` (nil: the time of receipt) to the text that begins at `target`.
  mutating func writeInstant(
    at source: Range<Int>?, _ instant: Timestamp, of telegram: Span<UInt8>, to target: Int
  ) {
    add(source, instant, of: telegram, to: target..<(target + instant.textCount))
  }

  /// Reads the telegram's own time at `source`, also if no record has it.
  mutating func readOwnTime(
    at source: Range<Int>, _ instant: Timestamp, of telegram: Span<UInt8>
  ) {
    ownTimeIndex = instants.firstIndex { $0.source == source }
    guard ownTimeIndex == nil else { return }
    ownTimeIndex = instants.count
    add(source, instant, of: telegram, to: 0..<0)
  }

  private mutating func add(
    _ source: Range<Int>?, _ instant: Timestamp, of telegram: Span<UInt8>, to target: Range<Int>
  ) {
    if let source { shape.allowDigits(in: source) }
    let isCivil =
      source.map { TelegramTime.isCivil(telegram.extracting($0), in: timeZone) } ?? false
    instants.append(
      Instant(source: source, target: target, timestamp: instant, isCivil: isCivil))
  }

  /// The own time of the last telegram; nil if it has none.
  var ownTime: Timestamp? {
    // Not `map`, as its closure would copy the whole template.
    guard let ownTimeIndex else { return nil }
    return instants[ownTimeIndex].timestamp
  }

  // MARK: - Filling

  /// Fills the records from a telegram.
  ///
  /// - Returns: false if the telegram is not of this shape, a time in it is invalid, or a net power has more or
  ///   fewer digits.
  mutating func fill(with telegram: Span<UInt8>, receivedAt: Timestamp?) -> Bool {
    guard hasReceipt == (receivedAt != nil), shape.matches(telegram) else { return false }
    for index in instants.indices {
      var timestamp = receivedAt
      if let source = instants[index].source {
        timestamp = TelegramTemplate.instant(
          telegram.extracting(source), in: timeZone, isCivil: instants[index].isCivil)
      }
      guard let timestamp, write(timestamp, at: index) else { return false }
    }
    guard writeNetPowers(of: telegram) else { return false }
    records.apply(pieces, from: telegram)
    return true
  }

  private mutating func writeNetPowers(of telegram: Span<UInt8>) -> Bool {
    let netPowers = netPowers
    var text = records.mutableSpan
    for power in netPowers {
      guard let value = power.difference.value(in: telegram),
        value.write(over: power.target, of: &text)
      else {
        return false
      }
    }
    return true
  }

  /// The instant that a time names; nil if it is invalid, or if only one of it and the template's time
  /// has an offset from UTC.
  private static func instant(
    _ text: Span<UInt8>, in timeZone: MeterTimeZone, isCivil: Bool
  ) -> Timestamp? {
    switch TelegramTime.reading(text, in: timeZone) {
    case .instant(let instant): isCivil ? nil : instant
    case .civil(let civil): isCivil ? timeZone.instant(of: civil) : nil
    case .unset, nil: nil
    }
  }

  /// Writes the text of an instant; returns false if its length is different.
  private mutating func write(_ timestamp: Timestamp, at index: Int) -> Bool {
    if timestamp == instants[index].timestamp { return true }
    let target = instants[index].target
    guard target.isEmpty || timestamp.textCount == target.count else { return false }
    instants[index].timestamp = timestamp
    if target.isEmpty { return true }
    var text = records.mutableSpan
    timestamp.write(to: &text, at: target.lowerBound)
    return true
  }
}
