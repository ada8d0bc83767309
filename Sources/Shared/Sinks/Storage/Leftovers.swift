import Delivery
import Records

/// Records in the state directory of a sink whose outbox is elsewhere: an earlier process with other
/// settings, or a script while no sink ran, has left them there. They are delivered before the input.
///
/// The directory stays locked for the life of the process.
public struct Leftovers {
  let path: String
  private var spool: Spool
  /// The number behind the last record that was taken.
  private var takenEnd: UInt64

  /// How many records, and bytes of them, are taken at once.
  private static let batch = (count: 1000, size: 256 * 1024)

  init(_ spool: Spool, at path: String) {
    self.spool = spool
    self.path = path
    takenEnd = spool.first
  }

  /// Whether there are records to take now.
  var hasMore: Bool { takenEnd < spool.end && spool.isAvailable }

  /// When ``attend(isDelivered:)`` is to be called next.
  var deadline: ContinuousClock.Instant? { spool.deadline }

  /// The next records, oldest first; they stay on the disk until they are delivered.
  mutating func take() -> [Record] {
    let batch = spool.batch(
      from: takenEnd, count: Leftovers.batch.count, size: Leftovers.batch.size)
    takenEnd = max(takenEnd, batch.end)
    return batch.records
  }

  /// Removes the records that were taken, once they are delivered or kept elsewhere.
  mutating func attend(isDelivered: Bool) {
    if isDelivered, takenEnd > spool.first { spool.remove(before: takenEnd, rejected: 0) }
    spool.attend(.now)
  }

  mutating func takeEvents() -> [OutboxEvent] { spool.takeEvents() }
  mutating func close() { spool.close(at: .now) }
}
