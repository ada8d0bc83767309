import Metrics
import Records

/// The type of a value: the fourth element of a specification file's entry, p1spec(5), "Types".
enum ValueType: Equatable {
  /// `number`
  case number
  /// `number kWh`, `kWh`: converted from the printed unit to this one.
  case quantity(PrintedUnit, spelled: String)
  /// `number CCs`: in a unit that is not built in.
  case quantityInOwnUnit(unit: String)
  /// `state`: ``StateWord``.
  case state
  /// `text`: plain text.
  case text
  /// `hex`: ``OctetText``.
  case hexadecimal
  /// `timestamp`: ``TelegramTime``.
  case timestamp
  /// `built-in`: as the built-in specification reads the code.
  case builtIn

  private static let words: KeyValuePairs<String, ValueType> = [
    "number": .number, "state": .state, "text": .text, "hex": .hexadecimal,
    "timestamp": .timestamp, "built-in": .builtIn,
  ]

  /// All types, for an error.
  static let spellings = "\(words.map(\.key).joined(separator: ", ")) or a unit, such as kWh"

  private static let numberPrefix = "number "

  /// Nil if the text is neither a type nor a unit.
  init?(_ text: String) {
    if let (_, type) = ValueType.words.first(where: { $0.key == text }) {
      self = type
      return
    }
    let isNumber = text.hasPrefix(ValueType.numberPrefix)
    let unit = isNumber ? String(text.dropFirst(ValueType.numberPrefix.count)) : text
    if let known = PrintedUnit(unit.latin1Bytes.span) {
      self = .quantity(known, spelled: unit)
    } else if isNumber, !unit.isEmpty, !unit.contains(where: \.isWhitespace) {
      self = .quantityInOwnUnit(unit: unit)
    } else {
      return nil
    }
  }

  /// The type as text in a file.
  var text: String {
    switch self {
    case .quantity(_, let unit), .quantityInOwnUnit(let unit): ValueType.numberPrefix + unit
    default: ValueType.words.first { $0.value == self }?.key ?? ""
    }
  }
}
