import Metrics
import Records

/// What a value is, as the fourth element of a specification file's entry says: p1spec(5), "Types".
enum ValueType: Equatable {
  /// `number`
  case number
  /// `number kWh`, `kWh`: in this unit, whichever of its kind the meter prints.
  case quantity(PrintedUnit, spelled: String)
  /// `number CCs`: in a unit that only the file knows.
  case quantityOfItsOwn(unit: String)
  /// `state`: a number, or one of the words that meters print for one.
  case state
  /// `text`: as it is printed.
  case text
  /// `hex`: text of which the meter prints the octets in hexadecimal.
  case hexadecimal
  /// `timestamp`: a time as meters print it.
  case timestamp
  /// `built-in`: as p1parse reads this code by itself.
  case builtIn

  private static let words: KeyValuePairs<String, ValueType> = [
    "number": .number, "state": .state, "text": .text, "hex": .hexadecimal,
    "timestamp": .timestamp, "built-in": .builtIn,
  ]

  /// What can stand there, for an error.
  static let spellings = "\(words.map(\.key).joined(separator: ", ")) or a unit, such as kWh"

  private static let numberPrefix = "number "

  /// Nil for a word that is neither a type nor a unit.
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
      self = .quantityOfItsOwn(unit: unit)
    } else {
      return nil
    }
  }

  /// As a file has it.
  var text: String {
    switch self {
    case .quantity(_, let unit), .quantityOfItsOwn(let unit): ValueType.numberPrefix + unit
    default: ValueType.words.first { $0.value == self }?.key ?? ""
    }
  }
}
