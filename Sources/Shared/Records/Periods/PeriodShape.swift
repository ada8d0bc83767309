import Metrics

/// The keys of a record, in order, and what the periods need to know about them.
final class PeriodKeys: Sendable {
  let names: [[UInt8]]
  /// The indices of the instantaneous values, which have a mean.
  let averagedIndices: [Int]
  /// Whether all values were measured before the telegram was made, as the peak of a month is.
  let isOfThePast: Bool
  /// Whether no key occurs twice.
  let isUnique: Bool

  init(_ names: [[UInt8]]) {
    self.names = names
    averagedIndices = names.indices.filter { index in
      let name = names[index]
      return MetricTable.isInstantaneous(name.span)
    }
    let metrics = names.filter { !RecordKey.isReserved($0.span) }
    isOfThePast = !metrics.isEmpty && metrics.allSatisfy { MetricTable.isOfThePast($0.span) }
    isUnique = Set(names).count == names.count
  }
}

/// The shape of a record, and the places of what the periods need from it: a record of a known shape
/// needs no search for its keys.
final class PeriodShape {
  /// An instantaneous value.
  struct AveragedValue {
    private let range: Range<Int>
    /// Nil if the value is no number, or a long one.
    private let place: DecimalPlace?

    fileprivate init(_ range: Range<Int>, of record: Span<UInt8>) {
      self.range = range
      place = DecimalPlace(range, of: record)
    }

    /// The number; nil if it is none, or has too many digits.
    func number(in record: Span<UInt8>) -> ExactDecimal? {
      place?.value(in: record) ?? ExactDecimal(record.extracting(range))
    }
  }

  let keys: PeriodKeys
  /// The values of ``PeriodKeys/averagedIndices``.
  let averagedValues: [AveragedValue]
  /// Where the last record of this shape belongs: an index in ``Summary``, to be tried first.
  var seriesIndex = 0

  /// The minute of the last timestamp, up to the `:` before the seconds, as most timestamps differ in these only.
  private var minute: (text: [UInt8], start: Int64) = ([], 0)
  private let text: ByteRanges
  private let timestamp: Range<Int>?
  private let meter: Range<Int>
  private let channel: Range<Int>

  /// - Parameter known: the keys of other shapes, which this one may share.
  init(_ record: Record, known: [PeriodKeys]) {
    text = ByteRanges(digitsIn: record)
    var names: [[UInt8]] = []
    var values: [Range<Int>] = []
    var start = 0
    while let (key, value) = record.field(from: start) {
      names.append([UInt8](record.text[key]))
      values.append(value)
      start = value.upperBound + 1
    }
    keys = known.first { $0.names == names } ?? PeriodKeys(names)
    averagedValues = keys.averagedIndices.map { AveragedValue(values[$0], of: record.text.span) }
    timestamp = record.range(of: .timestamp)
    meter = record.range(of: .meter) ?? 0..<0
    channel = record.range(of: .channel) ?? 0..<0
  }

  /// The number of bytes of a record of this shape.
  var count: Int { text.count }

  func matches(_ record: Span<UInt8>) -> Bool { text.matches(record) }

  func matchesRecord(at stream: Span<UInt8>) -> Bool { text.matchesRecord(at: stream) }

  func timestamp(of record: Span<UInt8>) -> Timestamp? {
    guard let timestamp else { return nil }
    let text = record.extracting(timestamp)
    // `2026-11-23T10:00:00Z`
    if text.count == 20, text.extracting(..<17) == minute.text, text[19] == UInt8(ascii: "Z"),
      let second = text.twoDigits(at: 17), second < 60
    {
      return Timestamp(seconds: minute.start + Int64(second))
    }
    guard let time = Timestamp(text) else { return nil }
    minute = ([UInt8](text.extracting(..<17)), time.seconds - time.seconds % 60)
    return time
  }

  /// Identifies the meter and the channel of a record of this shape.
  func meter(of record: Span<UInt8>) -> [UInt8] {
    var name = [UInt8](record.extracting(meter))
    name.append(UInt8(ascii: "\n"))
    name.append(contentsOf: record.extracting(channel))
    return name
  }

  /// Whether ``meter(of:)`` is `name`.
  func isMeter(_ name: [UInt8], of record: Span<UInt8>) -> Bool {
    guard name.count == meter.count + 1 + channel.count else { return false }
    let name = name.span
    return name.extracting(..<meter.count) == record.extracting(meter)
      && name.extracting((meter.count + 1)...) == record.extracting(channel)
  }
}
