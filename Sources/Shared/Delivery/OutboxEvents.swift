import Records

/// The events of an outbox that wait to be said: those of records that went, one after the other,
/// as one.
struct OutboxEvents {
  private var events: [OutboxEvent] = []

  mutating func append(_ event: OutboxEvent) {
    // Nobody asks for them while a file is filled or read.
    if events.last != event { events.append(event) }
  }

  /// A record went as there was no room.
  ///
  /// - Parameters:
  ///   - total: how many went since the beginning.
  ///   - timestamp: its time, where it has one.
  mutating func dropped(total: Int, _ timestamp: Timestamp?) {
    var times = timestamp.map { $0...$0 }
    if case .dropped(_, let others)? = events.last {
      events.removeLast()
      if let range = times, let others {
        times = min(range.lowerBound, others.lowerBound)...max(range.upperBound, others.upperBound)
      } else {
        times = times ?? others
      }
    }
    events.append(.dropped(total: total, times: times))
  }

  /// Takes all of them out.
  mutating func take() -> [OutboxEvent] {
    guard !events.isEmpty else { return [] }
    defer { events = [] }
    return events
  }
}
