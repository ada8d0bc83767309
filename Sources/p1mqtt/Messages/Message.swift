/// A message to the broker.
struct Message {
  /// What is to be done once it is acknowledged or rejected.
  enum Purpose {
    case value
    /// The record in the outbox with this number.
    case record(UInt64)
    /// The status or discovery, which is made again for each connection.
    case announcement
    /// A sensor of Home Assistant appears or disappears, or has another topic. The next values wait until that is done.
    case change
    /// Whether the broker takes announcements of the form of this run, before those of the other form are withdrawn.
    case probe(Discovery.Announcement)
    /// The status of a meter that sends, which expires.
    case onlineMeter
  }

  let topic: String
  let payload: [UInt8]
  let purpose: Purpose
  /// Whether the broker retains it.
  let isRetained: Bool

  var isAnnouncement: Bool {
    switch purpose {
    case .announcement, .change, .probe, .onlineMeter: true
    case .value, .record: false
    }
  }

  /// Whether the next values wait until Home Assistant has taken it.
  var holdsValues: Bool {
    switch purpose {
    case .change, .probe: true
    case .announcement, .onlineMeter, .value, .record: false
    }
  }
}
