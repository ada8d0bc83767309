import Console
import Records

extension Record {
  /// The record with an instant: its own, or that of now.
  var timed: Record { timestamp == nil ? stamped(.now) : self }
}
