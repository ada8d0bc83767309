import CommandLine
import Delivery
import Records

/// What a sink does to each record before it goes to the outbox: a record without a time gets that of
/// the clock, and with `--every` the records of a period become one.
public struct RecordPreprocessor {
  private var summary: Summary?
  private let stamps: Bool

  /// - Parameters:
  ///   - summary: makes one record of those of a period; nil to keep each one.
  ///   - stamps: whether a record needs a time even without a summary.
  public init(_ summary: Summary?, stamps: Bool = true) {
    self.summary = summary
    self.stamps = stamps || summary != nil
  }

  /// Processes a record.
  ///
  /// - Returns: the records to send now, in order.
  public mutating func process(_ record: Record) -> [Record] {
    let record = stamps && record.timestamp == nil ? record.stamped(.now) : record
    guard summary != nil else { return [record] }
    var records: [Record] = []
    summary?.add(record) { records.append($0) }
    return records
  }

  /// Whether records of an open period are held back.
  public var hasPeriods: Bool { summary != nil }

  /// Undelivered records were dropped, so a record that repeats one of them has to be sent.
  mutating func forgetRepeats() { summary?.forgetRepeats() }

  /// The records to send at the end of the input, in order.
  public mutating func finish() -> [Record] {
    var records: [Record] = []
    summary?.finish { records.append($0) }
    return records
  }
}
