/// A message to the broker.
struct Message {
  /// What is to be done once it is acknowledged or rejected.
  enum Purpose {
    case value
    /// The record in the outbox with this number.
    case record(UInt64)
    /// The status of p1mqtt. This and the following ones are made again for each connection.
    case status
    /// The status of a meter that sends, which expires.
    case onlineMeter
    case offlineMeter
    /// A sensor of Home Assistant.
    case discovery
    /// A sensor of Home Assistant appears or disappears, or has another topic. The next values wait until that is done.
    case change
  }

  let topic: String
  let payload: [UInt8]
  let purpose: Purpose
  /// Whether the broker retains it.
  let isRetained: Bool

  /// What is announced, apart from values and records.
  enum Announcement { case status, meterStatus, discovery }

  /// Nil for a value or a record.
  var announcement: Announcement? {
    switch purpose {
    case .value, .record: nil
    case .status: .status
    case .onlineMeter, .offlineMeter: .meterStatus
    case .discovery, .change: .discovery
    }
  }

  var isAnnouncement: Bool { announcement != nil }
}
