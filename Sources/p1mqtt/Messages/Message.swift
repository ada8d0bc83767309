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
    case .announcement, .change, .onlineMeter: true
    case .value, .record: false
    }
  }
}
