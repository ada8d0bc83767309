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
    } else if let unit = PrintedUnit(text.latin1Bytes.span) {
      self = .quantity(unit, spelled: text)
    } else if text.hasPrefix(ValueType.numberPrefix) {
      let unit = String(text.dropFirst(ValueType.numberPrefix.count))
      guard !unit.isEmpty, !unit.contains(where: { $0 == " " || $0.isNewline }) else { return nil }
      self =
        PrintedUnit(unit.latin1Bytes.span).map { .quantity($0, spelled: unit) }
        ?? .quantityOfItsOwn(unit: unit)
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

extension String {
  /// Its bytes in Latin-1, as a meter prints them; a character that is none of it has its UTF-8.
  var latin1Bytes: [UInt8] {
    unicodeScalars.flatMap { scalar in
      UInt8(exactly: scalar.value).map { [$0] } ?? String(scalar).utf8Bytes
    }
  }
}
