import Records

/// A state that most meters print as a number and some as a word: `TARIFF 1`, `ON`.
///
/// A metric is a number in each record, whatever the meter: a database refuses a field that is a
/// number today and text tomorrow.
enum StateWord {
  /// The number that a group stands for, or the group itself.
  static func number(_ group: Span<UInt8>) -> [UInt8] {
    if group == "ON" { return [UInt8(ascii: "1")] }
    if group == "OFF" { return [UInt8(ascii: "0")] }
    let prefix = "TARIFF "
    if group.count > prefix.utf8.count, group.extracting(..<prefix.utf8.count) == prefix {
      return [UInt8](group.extracting(prefix.utf8.count...))
    }
    return [UInt8](group)
  }
}
