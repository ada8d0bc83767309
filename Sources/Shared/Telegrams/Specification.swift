import Metrics
import Records

/// What a version of the P1 port prints: for each code, what becomes of its line.
public struct Specification {
  /// What becomes of a line. An object, as each line of each telegram refers to one.
  final class Rule {
    /// What the table of metrics knows of the line: who and when it speaks of comes from there,
    /// even where a specification file says the rest.
    let metric: Metric?
    /// The record that the line belongs to.
    let slot: RecordDraft.Slot
    let reading: Reading
    /// The number of the field that the value becomes, among all that the records of a telegram can
    /// have: two lines with the same one would be one key twice. Nil where it is not read.
    let field: Int?
    /// Whether the line says who or when, of the telegram or of a sub-meter.
    let isOfIdentity: Bool

    init(metric: Metric?, slot: RecordDraft.Slot, reading: Reading, field: Int?) {
      self.metric = metric
      self.slot = slot
      self.reading = reading
      self.field = field
      isOfIdentity = metric.map { Identity.isRead(from: $0) } ?? false
    }
  }

  /// How the value of a line is read.
  enum Reading {
    /// As the table of metrics says; it gets this key.
    case byTable(Metric, key: [UInt8])
    /// As a specification file tells.
    case byPattern(LinePattern, key: [UInt8])
    /// Not at all: nothing is known of it.
    case unknown
  }

  private let names: NameSet
  /// The lines of a specification file, nil for the built-in knowledge.
  private let entries: [OBISCode: SpecificationEntry]?
  /// The rules of known codes that telegrams asked for.
  private var rules: [OBISCode: Rule] = [:]
  private var fields: [FieldName: Int] = [:]

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

  /// How many fields the rules asked for can make.
  var fieldCount: Int { fields.count }

  mutating func rule(for code: OBISCode) -> Rule {
    if let rule = rules[code] { return rule }
    let metric = MetricTable.metric(for: code)
    let reading = reading(of: code, metric)
    if metric == nil, case .unknown = reading {
      // Not kept in mind: a hostile input can name more codes than memory holds.
      return Rule(metric: nil, slot: .main, reading: .unknown, field: nil)
    }
    let slot = Specification.slot(of: code, metric)
    let rule = Rule(
      metric: metric, slot: slot, reading: reading, field: field(of: reading, in: slot))
    rules[code] = rule
    return rule
  }

  private func reading(of code: OBISCode, _ metric: Metric?) -> Reading {
    guard let entries else {
      return metric.map { .byTable($0, key: names.key($0.name, code).utf8Bytes) } ?? .unknown
    }
    guard let entry = entries[code] else { return .unknown }
    let key = names == .obis && !entry.isRecordKey ? code.key : entry.metric
    return .byPattern(entry.pattern, key: key.utf8Bytes)
  }

  /// The record of a line. A relay has a channel, but is of the electricity meter.
  private static func slot(of code: OBISCode, _ metric: Metric?) -> RecordDraft.Slot {
    metric?.isOfSubmeter ?? code.isSubmeter
      ? RecordDraft.Slot(medium: code.medium, channel: code.channel) : .main
  }

  private mutating func field(of reading: Reading, in slot: RecordDraft.Slot) -> Int? {
    let key: [UInt8]
    switch reading {
    case .byTable(let metric, let name):
      // What is past has a record of its own, and shares the key of the present.
      key = metric.hasRecordOfItsOwn ? metric.code.key.utf8Bytes : name
    case .byPattern(_, let name): key = name
    case .unknown: return nil
    }
    let name = FieldName(slot: slot, key: key)
    if let field = fields[name] { return field }
    fields[name] = fields.count
    return fields.count - 1
  }
}

/// A key of one of the records.
private struct FieldName: Hashable {
  let slot: RecordDraft.Slot
  let key: [UInt8]

  /// Without what makes an array hashable, which takes longer to be found than all of this.
  func hash(into hasher: inout Hasher) {
    for byte in key { hasher.combine(byte) }
  }
}
