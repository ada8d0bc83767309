import Metrics
import Records

/// The records of a telegram while its lines are read.
struct TelegramDraft {
  /// The electricity meter's record, then those of the sub-meters in the order of their first lines.
  private(set) var records: [RecordDraft] = []
  private var history: [RecordDraft] = []

  /// Begins a new telegram.
  mutating func begin() {
    // The memory of the last telegram's fields serves again.
    var fields = RecordFields()
    if !records.isEmpty { swap(&fields, &records[0].fields) }
    fields.removeAll()
    records.removeAll(keepingCapacity: true)
    history.removeAll(keepingCapacity: true)
    records.append(RecordDraft(.main))
    swap(&fields, &records[0].fields)
  }

  /// The record of a channel, which is added if it is not there.
  subscript(channel: MBusChannel) -> RecordDraft {
    mutating get { records[index(of: channel)] }
    _modify {
      let index = index(of: channel)
      yield &records[index]
    }
  }

  /// The place in the telegram of a record's timestamp; nil if it has none.
  func timestampRange(of channel: MBusChannel) -> Range<Int>? {
    records.first { $0.channel == channel && $0.timestamp != nil }?.timestampRange
  }

  /// Adds a number, times a power of ten, to a record.
  ///
  /// - Parameter source: the place of the number in the telegram, if its digits may change in a known
  ///   shape (KnownShapes.swift).
  /// - Returns: false if the text is not a number.
  mutating func add(
    _ key: [UInt8], number: Span<UInt8>, timesTenToThe exponent: Int = 0,
    from source: Int? = nil, in channel: MBusChannel
  ) -> Bool {
    let index = index(of: channel)
    let isAdded = records[index].fields.add(
      key, number: number, timesTenToThe: exponent, from: source)
    if isAdded { noteMeasured(index) }
    return isAdded
  }

  /// Adds the difference of two numbers in the telegram to a record.
  ///
  /// - Returns: false if it has too many digits.
  mutating func add(
    _ key: [UInt8], _ difference: DecimalDifference, of telegram: Span<UInt8>,
    in channel: MBusChannel
  ) -> Bool {
    let index = index(of: channel)
    let isAdded = records[index].fields.add(key, difference, of: telegram)
    if isAdded { noteMeasured(index) }
    return isAdded
  }

  mutating func add(_ key: [UInt8], text: [UInt8], in channel: MBusChannel) {
    let index = index(of: channel)
    records[index].fields.add(key, text: text.span)
    noteMeasured(index)
  }

  mutating func add(history draft: RecordDraft) {
    if draft.isMeasured { history.append(draft) }
  }

  /// Writes the records that hold a measured value.
  ///
  /// - Parameters:
  ///   - receivedAt: the timestamp of records for which the telegram prints none.
  ///   - prefersReceipt: whether the electricity meter's record has `receivedAt` in any case.
  /// - Returns: whether every record has a timestamp.
  mutating func write(
    _ receivedAt: Timestamp?, preferringReceipt prefersReceipt: Bool, to writer: inout RecordWriter
  ) -> Bool {
    let main = records[0].timestamp
    let instant = prefersReceipt ? receivedAt ?? main : main ?? receivedAt
    var isTimed = true
    for index in records.indices where records[index].isMeasured {
      let draft = records[index]
      let timestamp = index == 0 ? instant : draft.timestamp ?? instant
      isTimed = isTimed && timestamp != nil
      records[index].writtenPlace = writer.add(
        timestamp: timestamp, meter: draft.meter, draft.fields)
    }
    for draft in history {
      let meter = records.first { $0.channel == draft.channel }?.meter
      writer.add(timestamp: draft.timestamp, meter: meter, draft.fields)
    }
    return isTimed
  }

  /// Every value of the electricity meter counts as measured; of a sub-meter only its reading does.
  private mutating func noteMeasured(_ index: Int) {
    if index == 0 { records[index].isMeasured = true }
  }

  private mutating func index(of channel: MBusChannel) -> Int {
    if channel == .main { return 0 }
    if let index = records.firstIndex(where: { $0.channel == channel }) { return index }
    records.append(RecordDraft(channel))
    return records.count - 1
  }
}

/// A record while the lines of its telegram are read: of the electricity meter, or of a sub-meter
/// (gas, water, heat, another electricity meter).
struct RecordDraft {
  let channel: MBusChannel
  /// Of a sub-meter (EN 13757-3); nil if the telegram does not print it, 255 if it is invalid.
  var deviceType: UInt8?
  /// The number of the meter.
  var meter: [UInt8]?
  /// The rank of ``meter`` among the numbers that a meter has; the lowest one counts.
  var meterRank = Int.max
  private(set) var timestamp: Timestamp?
  /// The place of the timestamp in the telegram, if it is printed in one place.
  private(set) var timestampRange: Range<Int>?
  /// Whether it holds a measured value. The record of an unused M-Bus channel does not.
  var isMeasured = false
  var fields = RecordFields()
  /// The places in ``fields`` of copies of the timestamp.
  private(set) var timestampCopies: [Int] = []
  /// The place in the written records.
  var writtenPlace: RecordWriter.Position?

  init(_ channel: MBusChannel, at timestamp: Timestamp? = nil) {
    self.channel = channel
    self.timestamp = timestamp
    if channel != .main {
      let key = [UInt8](RecordKey.channel.rawValue.utf8)
      fields.add(key, text: [UInt8]("\(channel.number)".utf8).span)
    }
  }

  mutating func set(_ timestamp: Timestamp?, printedAt range: Range<Int>? = nil) {
    self.timestamp = timestamp
    timestampRange = range
  }

  /// Adds an instant as a field.
  ///
  /// - Parameter range: its place in the telegram, if its digits may change in a known shape
  ///   (KnownShapes.swift).
  mutating func add(_ key: [UInt8], _ instant: Timestamp, printedAt range: Range<Int>?) {
    let text = instant.description.utf8Bytes
    fields.add(key, text: text.span)
    if let range, range == timestampRange {
      timestampCopies.append(fields.text.count - text.count - 1)
    }
  }

  /// Makes the newest of two readings' times the timestamp.
  mutating func keepNewest(readingAt instant: Timestamp, printedAt range: Range<Int>?) {
    guard let timestamp else { return set(instant, printedAt: range) }
    set(max(timestamp, instant))
  }
}

/// Which meter of a telegram a line is about: the electricity meter, or a sub-meter on the M-Bus. Each has a
/// record of its own.
struct MBusChannel: Equatable {
  /// The first number of the OBIS codes: 0, or 7 for a gas meter older than DSMR.
  let medium: UInt8
  /// Counted from 1 in the order of installation; 0 for a meter without channel.
  let number: UInt8

  /// Channel 0 of OBIS codes: the electricity meter itself.
  static let main = MBusChannel(medium: 0, number: 0)
}
