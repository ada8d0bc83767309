import Records

/// A record of a telegram while its lines are read: of the electricity meter, or of a sub-meter
/// (gas, water, heat, another electricity meter).
struct RecordDraft {
  /// Which of a telegram's records it is.
  struct Slot: Equatable {
    /// The first number of its codes: 0, and 7 for a gas meter from before DSMR.
    let medium: UInt8
    /// The M-Bus channel, from 1 by the order of installation; 0 where there is none.
    let channel: UInt8

    /// That of the electricity meter itself.
    static let main = Slot(medium: 0, channel: 0)
  }

  let slot: Slot
  /// What a sub-meter measures (EN 13757-3, device type): nil where the telegram does not say, 255
  /// where it says what is no type.
  var kind: UInt8?
  /// The number of the meter.
  var meter: [UInt8]?
  /// The rank of that number among the numbers that a meter has; the lowest one counts.
  var meterRank = Int.max
  /// When it was measured.
  private(set) var timestamp: Timestamp?
  /// Where in the telegram that stands, if at one place alone.
  private(set) var timeRange: Range<Int>?
  /// Whether anything was: a slot of the M-Bus may be empty or stale, and then says nothing.
  var isMeasured = false
  var fields = RecordFields()
  /// Where in ``fields`` the record's instant stands once more.
  private(set) var timestampCopies: [Int] = []
  /// Where it was written.
  var place: RecordWriter.Position?

  init(_ slot: Slot, at timestamp: Timestamp? = nil) {
    self.slot = slot
    self.timestamp = timestamp
    if slot != .main {
      let key = [UInt8](RecordKey.channel.rawValue.utf8)
      fields.add(key.span, text: [UInt8]("\(slot.channel)".utf8).span)
    }
  }

  /// Makes it the record of an instant.
  mutating func set(_ timestamp: Timestamp?, printedAt range: Range<Int>? = nil) {
    self.timestamp = timestamp
    timeRange = range
  }

  /// Adds an instant as a field.
  ///
  /// - Parameters:
  ///   - key: what it is called.
  ///   - instant: when that is.
  ///   - range: where in the telegram it stands, if other digits there would make another instant of
  ///     it.
  mutating func add(_ key: [UInt8], _ instant: Timestamp, printedAt range: Range<Int>?) {
    let text = instant.description.utf8Bytes
    fields.add(key.span, text: text.span)
    if let range, range == timeRange { timestampCopies.append(fields.text.count - text.count - 1) }
  }

  /// Makes the record that of the newest reading.
  mutating func note(readingAt instant: Timestamp, printedAt range: Range<Int>?) {
    guard let timestamp else { return set(instant, printedAt: range) }
    set(max(timestamp, instant))
  }
}
