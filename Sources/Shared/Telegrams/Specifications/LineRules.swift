import Metrics
import Records

/// What a version of the P1 port prints: for each code, what becomes of its line.
struct Specification {
  /// What becomes of a line. An object, as each line of each telegram refers to one.
  final class Rule {
    /// What the table of metrics knows of the line: who and when it speaks of comes from there,
    /// even where a specification file says the rest.
    let metric: Metric?
    /// The record that the line belongs to.
    let slot: RecordDraft.Slot
    let reading: Reading
    let name: Name
    /// The number of the field that the value becomes, among all that the records of a telegram can
    /// have: two lines with the same one would be one key twice. Nil where it is not read.
    fileprivate(set) var field: Int?
    /// Whether the line says who or when, of the telegram or of a sub-meter.
    let isOfIdentity: Bool

    init(metric: Metric?, slot: RecordDraft.Slot, reading: Reading, name: Name) {
      self.metric = metric
      self.slot = slot
      self.reading = reading
      self.name = name
      isOfIdentity = metric.map { Identity.isRead(from: $0) } ?? false
    }

    /// Whether the value is read as the table of metrics says, be it on behalf of a file.
    var isReadAsBuiltIn: Bool {
      switch reading {
      case .byTable, .byFile(_, .builtIn): true
      default: false
      }
    }
  }

  /// How the value of a line is read.
  enum Reading {
    /// As the table of metrics says.
    case byTable(Metric)
    /// As a specification file tells.
    case byFile(LinePattern, ValueType?)
    /// Not at all: nothing is known of it.
    case unknown
  }

  /// What the value is called.
  enum Name {
    case key([UInt8])
    /// As the set of names has it, by what the line says.
    case ofSet
  }

  private let naming: Naming
  /// The lines of a specification file, nil for the built-in knowledge.
  private let entries: [OBISCode: SpecificationEntry]?
  /// Those of sub-meters on any channel.
  private let anyChannelEntries: [OBISCode: SpecificationEntry]
  /// What a specification file calls things itself.
  private let metrics: Set<String>
  /// The rules of known codes that telegrams asked for.
  private var rules: [OBISCode: Rule] = [:]
  private var fields: [FieldName: Int] = [:]

  /// The built-in knowledge.
  init(naming: Naming) {
    self.naming = naming
    entries = nil
    anyChannelEntries = [:]
    metrics = []
  }

  /// The knowledge of a specification file alone.
  init(_ entries: [SpecificationEntry], naming: Naming) {
    self.naming = naming
    func byCode(isOfAnyChannel: Bool) -> [OBISCode: SpecificationEntry] {
      let some = entries.filter { $0.isOfAnyChannel == isOfAnyChannel }
      return Dictionary(some.map { ($0.code, $0) }) { first, _ in first }
    }
    self.entries = byCode(isOfAnyChannel: false)
    anyChannelEntries = byCode(isOfAnyChannel: true)
    metrics = Set(entries.map(\.metric))
  }

  /// How many fields the rules asked for can make.
  var fieldCount: Int { fields.count }

  mutating func rule(for code: OBISCode) -> Rule {
    if let rule = rules[code] { return rule }
    let metric = MetricTable.metric(for: code)
    let (reading, name) = entries == nil ? builtIn(metric, at: code) : byFile(metric, at: code)
    let slot = Specification.slot(of: code, metric)
    if metric == nil, case .unknown = reading {
      // Not kept in mind: a hostile input can name more codes than memory holds.
      return Rule(metric: nil, slot: .main, reading: .unknown, name: .ofSet)
    }
    let rule = Rule(metric: metric, slot: slot, reading: reading, name: name)
    rule.field = field(of: rule, at: code)
    rules[code] = rule
    return rule
  }

  private func builtIn(_ metric: Metric?, at code: OBISCode) -> (Reading, Name) {
    metric.map { (.byTable($0), name(of: $0, at: code)) } ?? (.unknown, .ofSet)
  }

  /// The name of a metric by the table.
  private func name(of metric: Metric, at code: OBISCode) -> Name {
    if metric.isOfSubmeter || metric.form == .powerLimit || metric.form == .currentLimits {
      return .ofSet
    }
    return .key(naming.key(of: metric, at: code).utf8Bytes)
  }

  private func byFile(_ metric: Metric?, at code: OBISCode) -> (Reading, Name) {
    guard let entry = entry(for: code, metric) else { return (.unknown, .ofSet) }
    return (.byFile(entry.pattern, entry.type), name(of: entry, metric, at: code))
  }

  /// The name of what a file speaks of. By a canonical name it is called what the set has for that,
  /// unless the file calls something else so.
  private func name(of entry: SpecificationEntry, _ metric: Metric?, at code: OBISCode) -> Name {
    let own = Name.key(entry.metric.utf8Bytes)
    let isOfCode = metric?.name == entry.metric
    if entry.isRecordKey, entry.type != .builtIn { return own }
    if naming.set == .obis { return .key(code.key.utf8Bytes) }
    if let metric, metric.isSubmeterReading, let reading = SubmeterReading(rawValue: entry.metric) {
      let name = Name.key(naming.key(of: reading, in: metric, at: code).utf8Bytes)
      return isTaken(name, by: entry) ? own : name
    }
    // Of codes that share a canonical name, a set may have another one for each.
    let canonical = isOfCode ? metric : MetricTable.metric(named: entry.metric)
    guard let canonical else { return own }
    var name = own
    if isOfCode, entry.type == .builtIn {
      name = self.name(of: canonical, at: code)
    } else if !canonical.isOfSubmeter {
      name = .key(naming.key(of: canonical, at: canonical.code).utf8Bytes)
    }
    return isTaken(name, by: entry) ? own : name
  }

  private func isTaken(_ name: Name, by entry: SpecificationEntry) -> Bool {
    guard case .key(let key) = name else { return false }
    let text = String(decoding: key, as: UTF8.self)
    return text != entry.metric && metrics.contains(text)
  }

  /// What the file says of a code. Where it is silent on one of channel 1 that means the same as on
  /// channel 0, that one counts.
  private func entry(for code: OBISCode, _ metric: Metric?) -> SpecificationEntry? {
    if let entry = entries?[code] { return entry }
    if code.isSubmeter, let entry = anyChannelEntries[code.onAnyChannel] { return entry }
    guard code.medium == 1, let metric, metric.code != code else { return nil }
    return entries?[metric.code]
  }

  /// The record of a line. A relay has a channel, but is of the electricity meter.
  private static func slot(of code: OBISCode, _ metric: Metric?) -> RecordDraft.Slot {
    metric?.isOfSubmeter ?? code.isSubmeter
      ? RecordDraft.Slot(medium: code.medium, channel: code.channel) : .main
  }

  private mutating func field(of rule: Rule, at code: OBISCode) -> Int? {
    let key: [UInt8]
    switch (rule.reading, rule.name) {
    case (.unknown, _): return nil
    case _ where rule.isReadAsBuiltIn && rule.metric?.hasRecordOfItsOwn ?? false:
      // What is past has a record of its own, and shares the key of the present.
      key = (rule.metric?.code ?? code).key.utf8Bytes
    case (_, .key(let name)): key = name
    case (_, .ofSet): key = code.key.utf8Bytes
    }
    let name = FieldName(slot: rule.slot, key: key)
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
