import Records

/// A state that most meters print as a number and some as a word: `TARIFF 1`, `ON`.
///
/// A metric is a number in each record, whatever the meter: a database refuses a field that is a
/// number today and text tomorrow.
enum StateWord {
  private static let tariff = "tariff "

  /// The number that a group stands for, or the group itself.
  static func number(_ group: Span<UInt8>) -> [UInt8] {
    let printed = [UInt8](group)
    guard let first = printed.first, first.decimalDigit == nil else { return printed }
    switch String(decoding: printed, as: UTF8.self).lowercased() {
    case "on": return [UInt8(ascii: "1")]
    case "off": return [UInt8(ascii: "0")]
    case let word where word.hasPrefix(tariff): return Array(printed.dropFirst(tariff.utf8.count))
    default: return printed
    }
  }
}
