import Metrics

/// What a version of the P1 port prints: for each code, what becomes of its line.
public struct Specification {
  /// What becomes of a line.
  struct Rule {
    /// What the table of metrics knows of the line: who and when it speaks of comes from there,
    /// even where a specification file says the rest.
    let metric: Metric?
    let value: Value
  }

  /// What becomes of the value of a line.
  enum Value {
    /// It is read as the table of metrics says, and gets this key.
    case byTable(key: [UInt8])
    /// A specification file tells how to find it.
    case byPattern(LinePattern, key: [UInt8])
    /// Nothing is known of it.
    case unknown
  }

  private let names: NameSet
  /// The lines of a specification file, nil for the built-in knowledge.
  private let entries: [OBISCode: SpecificationEntry]?
  /// The rules that telegrams asked for.
  private var rules: [OBISCode: Rule] = [:]

  /// So many rules are kept in mind; a hostile input can name more codes than memory holds.
  private static let maximumRules = 1024

  /// The versions, as `1-3:0.2.8` and `0-0:96.1.4` print them, that need no specification file.
  public static let builtInVersions = ["40", "42", "50"]

  /// The built-in knowledge.
  public init(names: NameSet) {
    self.names = names
    entries = nil
  }

  /// The knowledge of a specification file alone.
  public init(_ entries: [SpecificationEntry], names: NameSet) {
    self.names = names
    self.entries = Dictionary(entries.map { ($0.code, $0) }) { first, _ in first }
  }

  mutating func rule(for code: OBISCode) -> Rule {
    if let rule = rules[code] { return rule }
    let rule = makeRule(for: code)
    if rules.count < Specification.maximumRules { rules[code] = rule }
    return rule
  }

  private func makeRule(for code: OBISCode) -> Rule {
    let metric = MetricTable.metric(for: code)
    return Rule(metric: metric, value: value(of: code, metric))
  }

  private func value(of code: OBISCode, _ metric: Metric?) -> Value {
    if let entries {
      guard let entry = entries[code], let pattern = try? LinePattern(entry.pattern) else {
        return .unknown
      }
      let key = names == .obis && !entry.isRecordKey ? code.description : entry.metric
      return .byPattern(pattern, key: key.utf8Bytes)
    }
    guard let metric else { return .unknown }
    return .byTable(key: names.key(metric.name, code).utf8Bytes)
  }
}
