import Records

/// A record of a telegram while its lines are read: of the electricity meter, or of a sub-meter on
/// the M-Bus (gas, water, heat, another electricity meter).
struct RecordDraft {
  /// The M-Bus channel, from 1 by the order of installation; 0 is the electricity meter itself.
  let channel: UInt8
  /// What a sub-meter measures (EN 13757-3, device type), nil where the telegram does not say.
  var kind: UInt8?
  /// The number of the meter.
  var meter: [UInt8]?
  /// When it was measured.
  var timestamp: Timestamp?
  /// Whether anything was: a slot of the M-Bus may be empty or stale, and then says nothing.
  var isMeasured = false
  var fields = Fields()

  init(channel: UInt8) {
    self.channel = channel
    if channel > 0 {
      let key = [UInt8](RecordKey.channel.rawValue.utf8)
      fields.add(key.span, text: [UInt8]("\(channel)".utf8).span)
    }
  }
}
