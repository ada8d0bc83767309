import Records

/// The records of a telegram, ready to be filled with the digits of another one of the same shape.
///
/// Most of what a telegram says is the same as a second ago, and what is not is digits: of numbers,
/// which are moved to the records as they stand, and of times. So the next telegram with the same
/// bytes but for those digits, and as many zeros before them, has the same records but for them. All
/// else that a telegram can say anew (a message, a tariff, a longer number) makes it one of another
/// shape, to be read line by line.
struct TelegramTemplate {
  /// An instant that a record has.
  private struct Instant {
    /// Where the telegram prints it; nil where it is that of receipt.
    let source: Range<Int>?
    /// Where it goes in ``records``; empty where it goes nowhere.
    let target: Range<Int>
    /// What stands there.
    var timestamp: Timestamp
    /// Whether no letter or offset is printed with it.
    let isLetterless: Bool
  }

  /// What the telegram says besides.
  let findings: [TelegramParser.Finding]
  /// How many records there are.
  let recordCount: Int
  /// The text of the records, with the digits of the last telegram that it was filled with.
  private(set) var records: [UInt8]
  private var shape: ByteRanges
  /// What is moved there from the telegram.
  private var pieces: [ByteCopy] = []
  private var instants: [Instant] = []
  /// Which of them is the time of the telegram, by the meter's clock.
  private var clockIndex: Int?
  /// Whether a telegram needs to come with the instant of its receipt, or must not.
  private let hasReceipt: Bool
  private let clock: MeterClock

  /// The template that a telegram leaves behind.
  ///
  /// - Parameters:
  ///   - telegram: one that was read line by line.
  ///   - records: what was made of it.
  ///   - recordCount: how many records that is.
  ///   - findings: what it held besides.
  ///   - hasReceipt: whether it came with the instant of its receipt.
  ///   - clock: what it prints its times by.
  init(
    of telegram: Span<UInt8>, _ records: Span<UInt8>, _ recordCount: Int,
    _ findings: [TelegramParser.Finding], hasReceipt: Bool, clock: MeterClock
  ) {
    shape = ByteRanges(telegram)
    self.records = [UInt8](records)
    self.recordCount = recordCount
    self.findings = findings
    self.hasReceipt = hasReceipt
    self.clock = clock
  }

  // MARK: - What may change

  /// Lets what stands behind an index be anything.
  mutating func ignoreBytes(behind index: Int) {
    shape.allow(0...255, in: min(index + 1, shape.count)..<shape.count)
  }

  /// Lets digits change that nobody reads.
  mutating func ignoreDigits(in range: Range<Int>) {
    shape.allowDigits(in: range)
  }

  /// Has a part of the telegram stay as it is.
  mutating func hold(_ part: Range<Int>, of telegram: Span<UInt8>) {
    shape.hold(part, of: telegram)
  }

  /// Lets a value change of which the text begins at `target`.
  ///
  /// - Parameters:
  ///   - number: what was moved.
  ///   - telegram: where it stood.
  ///   - target: where its text begins.
  mutating func move(_ number: RecordFields.CopiedValue, of telegram: Span<UInt8>, to target: Int) {
    let text = telegram.extracting(number.source)
    // JSON has what is a number without leading zeros, in whatever form it came.
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

  /// Moves one more byte. What stands between it and the last one, in both places, comes along: that
  /// can only be a decimal point.
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

  /// Lets a record's instant change, of which the text begins at `target`.
  ///
  /// - Parameters:
  ///   - source: where the telegram prints it; nil for that of receipt.
  ///   - instant: what it is now.
  ///   - telegram: where it stands.
  ///   - target: where its text begins.
  mutating func move(
    instantAt source: Range<Int>?, _ instant: Timestamp, of telegram: Span<UInt8>, to target: Int
  ) {
    add(source, instant, of: telegram, to: target..<(target + instant.textCount))
  }

  /// Lets the time of the telegram change, be it in a record or not.
  mutating func noteClock(at source: Range<Int>, _ instant: Timestamp, of telegram: Span<UInt8>) {
    clockIndex = instants.firstIndex { $0.source == source }
    guard clockIndex == nil else { return }
    clockIndex = instants.count
    add(source, instant, of: telegram, to: 0..<0)
  }

  private mutating func add(
    _ source: Range<Int>?, _ instant: Timestamp, of telegram: Span<UInt8>, to target: Range<Int>
  ) {
    if let source { shape.allowDigits(in: source) }
    let isLetterless =
      source.map { TelegramTime.isLetterless(telegram.extracting($0), by: clock) } ?? false
    instants.append(
      Instant(source: source, target: target, timestamp: instant, isLetterless: isLetterless))
  }

  /// What the meter's clock said in the last telegram that it was filled with; nil where it says nothing.
  var clockInstant: Timestamp? {
    // A closure would copy all of this.
    guard let clockIndex else { return nil }
    return instants[clockIndex].timestamp
  }

  // MARK: - Filling it

  /// Fills the records with what changed.
  ///
  /// - Parameters:
  ///   - telegram: from `/` to the end of its `!` line.
  ///   - receivedAt: when it came.
  /// - Returns: false where the telegram is not of this shape, or a time in it is none.
  mutating func fill(with telegram: Span<UInt8>, receivedAt: Timestamp?) -> Bool {
    guard telegram.count == shape.count, hasReceipt == (receivedAt != nil),
      shape.matchesPrefix(of: telegram)
    else {
      return false
    }
    for index in instants.indices {
      var timestamp = receivedAt
      if let source = instants[index].source {
        timestamp = TelegramTemplate.instant(
          telegram.extracting(source), by: clock, isLetterless: instants[index].isLetterless)
      }
      guard let timestamp, write(timestamp, at: index) else { return false }
    }
    records.apply(pieces, from: telegram)
    return true
  }

  /// The instant that a time names; nil where it is none, or needs to be read in another way.
  private static func instant(
    _ text: Span<UInt8>, by clock: MeterClock, isLetterless: Bool
  ) -> Timestamp? {
    switch TelegramTime.reading(text, by: clock) {
    case .instant(let instant): isLetterless ? nil : instant
    case .civil(let civil): isLetterless ? clock.instant(of: civil) : nil
    case .unset, nil: nil
    }
  }

  /// Writes the text of an instant; returns false where it has another length.
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
