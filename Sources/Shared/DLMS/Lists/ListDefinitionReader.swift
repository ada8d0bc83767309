import Metrics
import PythonLiterals
import Records

/// Reads a file of list definitions: one Python dictionary, read as data and never run.
///
///     { "KFM KFM_001/1": [["Power taken from the grid", "1-0:1.7.0", "number W"]], }
///
/// A key is the three letters of the meter's maker, and the identifier of the list if there is one. A list without
/// an identifier is found by the maker that the system title or a text such as `LGZ1030…` begins with; `DLM` stands
/// for an unknown maker.
///
/// With `/` and a number, it defines a list of so many values whose values are meant by their position: one entry for
/// each, in order. It applies only if all values have the type of their entry. Without a number, it gives the units of
/// values that have codes, by code, in any order. Its entries of the type `text` are also the codes, in order, of the
/// texts that have none.
///
/// An entry is a list of a description, a code (`None` for a value that is left out) and a type:
///
///     text              text, such as the number of the meter
///     timestamp         a date-time; that of the list has the code 0-0:1.0.0, on any channel
///     timestamp W       a date-time of a clock that shows standard time all year
///     number            a number without a unit
///     number W          a number with a unit, as in p1spec(5); `number` may be left out
///     number 0.01 A     a number of hundredths of a unit, or of any other power of ten
public struct ListDefinitionReader {
  private var tokens: PythonTokens

  /// The definitions in a file's text, in order.
  public static func definitions(
    of text: [UInt8]
  ) throws(PythonLiteralError) -> [ListDefinition] {
    var file = ListDefinitionReader(tokens: try PythonTokens(text))
    return try file.dictionary()
  }

  private mutating func dictionary() throws(PythonLiteralError) -> [ListDefinition] {
    try tokens.expect("{")
    var definitions: [ListDefinition] = []
    var names: Set<String> = []
    var isAtEnd = tokens.take("}")
    while !isAtEnd {
      let position = tokens.position
      let definition = try self.definition()
      guard names.insert(definition.key).inserted else {
        throw position.error("\"\(definition.key)\" is defined twice")
      }
      definitions.append(definition)
      isAtEnd = try tokens.endsList(with: "}")
    }
    try tokens.expectEnd()
    return definitions
  }

  private mutating func definition() throws(PythonLiteralError) -> ListDefinition {
    let position = tokens.position
    let key = try tokens.string("a name such as \"KFM KFM_001/9\"")
    guard let (maker, identifier, count) = ListDefinitionReader.parts(ofKey: key) else {
      throw position.error(
        "invalid name \"\(key)\": use three capital letters, an identifier, and / with a number")
    }
    try tokens.expect(":")
    let entries = try self.entries()
    guard count == nil || count == entries.count else {
      throw position.error("\"\(key)\" has \(entries.count) entries")
    }
    return ListDefinition(maker: maker, identifier: identifier, count: count, entries: entries)
  }

  /// `KFM KFM_001/9`, `KFM KFM_001`, `KFM/9`, `KFM`.
  private static func parts(
    ofKey key: String
  ) -> (maker: String, identifier: String?, count: Int?)? {
    let (maker, rest) = (key.prefix(3), key.dropFirst(3))
    let slash = rest.lastIndex(of: "/") ?? rest.endIndex
    let identifier = rest[..<slash]
    let digits = rest[slash...].dropFirst().utf8.map { $0 }
    guard maker.utf8.count == 3, maker.utf8.allSatisfy(\.isCapitalLetter),
      slash == rest.endIndex || digits.span.number.map({ $0 > 0 }) == true,
      identifier.isEmpty || identifier.hasPrefix(" ") && identifier.utf8.count > 1
    else {
      return nil
    }
    return (
      String(maker), identifier.isEmpty ? nil : String(identifier.dropFirst()), digits.span.number
    )
  }

  private mutating func entries() throws(PythonLiteralError) -> [ListDefinition.Entry] {
    try tokens.expect("[")
    var entries: [ListDefinition.Entry] = []
    var isAtEnd = tokens.take("]")
    while !isAtEnd {
      entries.append(try entry())
      isAtEnd = try tokens.endsList(with: "]")
    }
    return entries
  }

  private mutating func entry() throws(PythonLiteralError) -> ListDefinition.Entry {
    try tokens.expect("[", "[ and a description")
    _ = try tokens.string("a description in quotes")
    try tokens.expect(",", "a comma and a code")
    var position = tokens.position
    let text = try tokens.stringOrNone("a code such as \"1-0:1.8.1\"")
    let code = text.flatMap { OBISCode($0.utf8Bytes.span) }
    if let text, code == nil {
      throw position.error("\"\(text)\" is not an OBIS code such as 1-0:1.8.1")
    }
    try tokens.expect(",", "a comma and a type")
    position = tokens.position
    let typeText = try tokens.string("a type in quotes")
    guard let type = ListDefinition.ValueType(typeText) else {
      throw position.error(
        "unknown type \"\(typeText)\": use text, timestamp, number, or a unit, such as 0.01 A")
    }
    if let code, let problem = ListDefinitionReader.problem(of: type, at: code) {
      throw position.error(problem)
    }
    _ = tokens.take(",")
    try tokens.expect("]")
    return ListDefinition.Entry(code: code, type: type)
  }
}

extension ListDefinitionReader {
  /// Why a value of a type cannot be that of a code; nil if it can.
  private static func problem(of type: ListDefinition.ValueType, at code: OBISCode) -> String? {
    switch MetricTable.metric(for: code)?.form {
    case .quantity(let unit)?:
      if case .number(let scale) = type, scale.unit == unit { return nil }
      return "\(code) is measured in \(unit.symbol): use this unit, or the same with another prefix"
    case .telegramTime?:
      if case .timestamp = type { return nil }
      return "\(code) is a time: use timestamp"
    default: return nil
    }
  }
}

extension ListDefinition.ValueType {
  /// Nil if the text is no type.
  init?(_ text: String) {
    switch text {
    case "text": self = .text
    case "timestamp": self = .timestamp(isStandard: false)
    case "timestamp W": self = .timestamp(isStandard: true)
    default:
      var words = text.split(separator: " ", omittingEmptySubsequences: false)[...]
      if words.first == "number" { words.removeFirst() }
      var exponent = 0
      if let factor = words.first.flatMap({ Int(powerOfTen: $0) }) {
        exponent = factor
        words.removeFirst()
      }
      let unit = words.first.flatMap { PrintedUnit(String($0).latin1Bytes.span) }
      guard words.count == (unit == nil ? 0 : 1), !text.isEmpty,
        let scale = NumberScale(unit: unit, timesTenToThe: exponent)
      else {
        return nil
      }
      self = .number(scale)
    }
  }
}

extension Int {
  /// The exponent of `0.01`, `1` or `100`; nil for any other text.
  fileprivate init?(powerOfTen text: Substring) {
    if text.hasPrefix("0."), text.hasSuffix("1"),
      text.dropFirst(2).dropLast().allSatisfy({ $0 == "0" })
    {
      self = 2 - text.utf8.count
    } else if text.hasPrefix("1"), text.dropFirst().allSatisfy({ $0 == "0" }) {
      self = text.utf8.count - 1
    } else {
      return nil
    }
  }
}

extension UInt8 {
  var isCapitalLetter: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
}
