/// A message to the broker.
struct Message {
  /// What it is for, and so what is to be done once it has arrived, or cannot.
  enum Purpose {
    case value
    /// The record in the outbox with this number.
    case record(UInt64)
    /// It tells of ourselves, and is made again for each connection.
    case announcement
  }

  let topic: String
  let payload: [UInt8]
  let purpose: Purpose
  /// Whether the broker keeps it for those who come later.
  let isRetained: Bool

  var isAnnouncement: Bool {
    if case .announcement = purpose { true } else { false }
  }
}
