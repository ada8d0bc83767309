import Metrics
import PythonLiterals
import Records

/// Reads a specification file, p1spec(5): one Python dictionary, read as data and never run.
///
///     { "1-0:99.99.98": ["description", "metric", r"^.*\((.*)\*unit\)", "number unit"], }
public struct SpecificationReader {
  private var tokens: PythonTokens

  /// The entries of a file's text, in order.
  public static func entries(of text: [UInt8]) throws(PythonLiteralError) -> [SpecificationEntry] {
    var file = SpecificationReader(tokens: try PythonTokens(text))
    return try file.dictionary()
  }

  private mutating func dictionary() throws(PythonLiteralError) -> [SpecificationEntry] {
    try tokens.expect("{")
    var entries: [SpecificationEntry] = []
    var headers: Set<String> = []
    var isAtEnd = tokens.take("}")
    while !isAtEnd {
      let position = tokens.position
      let entry = try self.entry()
      guard headers.insert(entry.header).inserted else {
        throw position.error("\(entry.header) is defined twice")
      }
      entries.append(entry)
      isAtEnd = try tokens.endsList(with: "}")
    }
    try tokens.expectEnd()
    return entries
  }

  /// `"code": ["description", "metric", "regex"]`. The type of the value may follow; after it, any
  /// elements are ignored.
  private mutating func entry() throws(PythonLiteralError) -> SpecificationEntry {
    let (code, isOfAnyChannel) = try header()
    try tokens.expect(":")
    let close: Character = tokens.take("(") ? ")" : "]"
    if close == "]" { try tokens.expect("[") }
    let description = try tokens.string("a description in quotes")
    try tokens.expect(",", "a comma and a metric")
    let metric = try metric()
    try tokens.expect(",", "a comma and a regular expression")
    let pattern = try pattern()
    let type = try rest(until: close, of: code, isOfAnyChannel)
    return SpecificationEntry(
      code: code, isOfAnyChannel: isOfAnyChannel, description: description, metric: metric,
      pattern: pattern, type: type)
  }

  /// The elements after the third: the type of the value, and ignored ones.
  private mutating func rest(
    until close: Character, of code: OBISCode, _ isOfAnyChannel: Bool
  ) throws(PythonLiteralError) -> ValueType? {
    var type: ValueType?
    var isFourth = true
    while try !tokens.endsList(with: close) {
      if isFourth {
        type = try self.type(of: isOfAnyChannel ? code.onChannel(1) : code)
      } else {
        try tokens.skipValue()
      }
      isFourth = false
    }
    return type
  }

  /// `1-0:1.8.1`, with any separators between the numbers, or `0-n:24.2.1`.
  private mutating func header() throws(PythonLiteralError) -> (OBISCode, isOfAnyChannel: Bool) {
    let position = tokens.position
    let header = try tokens.string("a code such as \"1-0:1.8.1\"")
    if let code = OBISCode(header.utf8Bytes.span) { return (code, false) }
    guard header.hasPrefix(SpecificationEntry.anyChannel),
      let code = OBISCode(
        "0-0\(header.dropFirst(SpecificationEntry.anyChannel.count))".utf8Bytes.span)
    else {
      throw position.error("\"\(header)\" is not an OBIS code such as 1-0:1.8.1")
    }
    return (code, true)
  }

  private mutating func metric() throws(PythonLiteralError) -> String {
    let position = tokens.position
    let metric = try tokens.string("a metric in quotes")
    guard RecordKey.isValid(metric.utf8Bytes.span) else {
      throw position.error(
        "invalid metric \"\(metric)\": use 1 to \(RecordKey.maximumLength) letters, digits and _ . : -"
      )
    }
    guard metric != RecordKey.channel.rawValue else {
      throw position.error("\"\(metric)\" is reserved for the channel of a sub-meter")
    }
    return metric
  }

  private mutating func pattern() throws(PythonLiteralError) -> LinePattern {
    let position = tokens.position
    let pattern = try tokens.string("a regular expression in quotes")
    do {
      return try LinePattern(pattern)
    } catch {
      throw position.error(error.reason)
    }
  }

  /// The type of a value; nil for `None` and the empty string.
  private mutating func type(of code: OBISCode) throws(PythonLiteralError) -> ValueType? {
    let position = tokens.position
    guard let text = try tokens.stringOrNone("a type in quotes"), !text.isEmpty else { return nil }
    guard let type = ValueType(text) else {
      throw position.error("unknown type \"\(text)\": use \(ValueType.spellings)")
    }
    guard type != .builtIn || MetricTable.metric(for: code) != nil else {
      throw position.error("no built-in type for \(code)")
    }
    return type
  }
}
