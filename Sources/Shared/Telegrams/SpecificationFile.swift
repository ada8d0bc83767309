import Metrics
import Records

/// Reads a specification file: one dictionary in Python's terms, read as data and never run.
///
///     { "1-0:99.99.98": ["description", "metric", r"^.*\((.*)\*unit\)"], }
public struct SpecificationFile {
  private var tokens: PythonTokens

  /// Reads a file.
  ///
  /// - Parameter text: the contents of the file.
  /// - Returns: its entries, in order.
  /// - Throws: ``SpecificationError``, where and why it cannot be read.
  public static func entries(of text: [UInt8]) throws(SpecificationError) -> [SpecificationEntry] {
    guard let text = String(validating: text, as: UTF8.self) else {
      throw SpecificationError(line: 1, column: 1, reason: "not UTF-8 text")
    }
    var file = SpecificationFile(tokens: PythonTokens(text))
    return try file.dictionary()
  }

  private mutating func dictionary() throws(SpecificationError) -> [SpecificationEntry] {
    try tokens.expect("{")
    var entries: [SpecificationEntry] = []
    var codes: Set<OBISCode> = []
    while try !tokens.take("}") {
      let position = tokens.position
      let entry = try self.entry()
      guard codes.insert(entry.code).inserted else {
        throw position.error("\(entry.code) stands here twice")
      }
      entries.append(entry)
      if try !tokens.take(",") {
        try tokens.expect("}")
        break
      }
    }
    try tokens.expectEnd()
    return entries
  }

  /// `"code": ["description", "metric", "regex"]`
  private mutating func entry() throws(SpecificationError) -> SpecificationEntry {
    let codePosition = tokens.position
    let header = try tokens.string("a code such as \"1-0:1.8.1\"")
    guard let code = OBISCode(header.utf8Bytes.span) else {
      throw codePosition.error("\"\(header)\" is no OBIS code")
    }
    try tokens.expect(":")
    let close = try tokens.take("(") ? ")" : "]"
    if close == "]" { try tokens.expect("[") }
    let description = try tokens.string("a description in quotes")
    try tokens.expect(",")
    let metricPosition = tokens.position
    let metric = try tokens.string("a metric in quotes")
    guard RecordKey.isValid(metric.utf8Bytes.span) else {
      throw metricPosition.error(
        "\"\(metric)\" is no metric: letters, digits and _ . : - make one")
    }
    guard metric != RecordKey.channel.rawValue else {
      throw metricPosition.error("\"\(metric)\" is the channel of a sub-meter, not a metric")
    }
    try tokens.expect(",")
    let patternPosition = tokens.position
    let pattern = try tokens.string("a regular expression in quotes")
    let line: LinePattern
    do {
      line = try LinePattern(pattern)
    } catch {
      throw patternPosition.error(error.reason)
    }
    if try tokens.take(","), try tokens.take(Character(close)) {
      // A comma may follow the last element.
    } else {
      try tokens.expect(Character(close))
    }
    return SpecificationEntry(
      code: code, description: description, metric: metric, pattern: line)
  }
}
