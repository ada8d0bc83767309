import CommandLine
import Records

/// What becomes of a record that is read before it waits for the server: it gets a time, if it has
/// none, and becomes one of a period, if that is wanted.
public struct Intake {
  private var summary: Summary?
  private let stamps: Bool

  /// - Parameters:
  ///   - summary: what makes fewer records of many; nil where each one counts.
  ///   - stamps: whether a record needs a time even where each one counts.
  public init(_ summary: Summary?, stamps: Bool = true) {
    self.summary = summary
    self.stamps = stamps || summary != nil
  }

  /// Takes a record that was read.
  ///
  /// - Parameter record: the record.
  /// - Returns: the records to be sent now, in order.
  public mutating func take(_ record: Record) -> [Record] {
    let record = stamps && record.timestamp == nil ? record.stamped(.now) : record
    guard summary != nil else { return [record] }
    var records: [Record] = []
    summary?.add(record) { records.append($0) }
    return records
  }

  /// Something that was taken got lost: what says it again counts as new.
  public mutating func forgetRepeats() { summary?.forgetRepeats() }

  /// There are no more records.
  ///
  /// - Returns: those that are left to be sent.
  public mutating func finish() -> [Record] {
    var records: [Record] = []
    summary?.finish { records.append($0) }
    return records
  }
}
