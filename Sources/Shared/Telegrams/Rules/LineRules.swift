import Metrics
import Records

/// How the lines with one code become values. An object, as many lines refer to the same rule.
final class LineRule {
  let code: OBISCode
  /// The metric of the code. It decides whether the line is about the meter's identity and time, even
  /// if a specification file decides the rest.
  let metric: Metric?
  /// The record that the line belongs to.
  let channel: MBusChannel
  let reading: Reading
  let name: Name
  /// Numbers the keys that the records of a telegram can have, so that a second line with the same key
  /// is found. Nil if the line is not read.
  fileprivate(set) var fieldIndex: Int?
  /// The key and the unit of a value by the table that is nothing but a number with its unit, as most are.
  let quantity: (key: [UInt8], unit: MetricUnit)?
  /// Whether ``IdentityReader`` reads the line.
  let isReadForIdentity: Bool

  /// How the value of a line is read.
  enum Reading {
    case byTable(Metric)
    case byFile(LinePattern, ValueType?)
    /// Neither the table of metrics nor the specification file has the code.
    case unknown
  }

  /// The key of the value.
  enum Name {
    case key([UInt8])
    /// The key depends on the content of the line.
    case byContent
  }

  init(_ code: OBISCode, metric: Metric?, channel: MBusChannel, reading: Reading, name: Name) {
    self.code = code
    self.metric = metric
    self.channel = channel
    self.reading = reading
    self.name = name
    if case (.byTable(let metric), .key(let key)) = (reading, name),
      case .quantity(let unit) = metric.form
    {
      quantity = (key, unit)
    } else {
      quantity = nil
    }
    isReadForIdentity = metric.map { IdentityReader.isRead(from: $0) } ?? false
  }

  /// Whether the value is read as the table of metrics says, also by a type `built-in` in a file.
  var isReadAsBuiltIn: Bool {
    switch reading {
    case .byTable, .byFile(_, .builtIn): true
    default: false
    }
  }
}

/// The rules of one version of the P1 port, by code: from the table of metrics, or from a
/// specification file. An object, as it keeps the rules that were used.
final class LineRules {
  private let naming: Naming
  /// The entries of a specification file; nil for the built-in specification.
  private let entries: [OBISCode: SpecificationEntry]?
  /// The entries for sub-meters on any channel.
  private let anyChannelEntries: [OBISCode: SpecificationEntry]
  /// The metric names of the specification file.
  private let metrics: Set<String>
  /// The rules of known codes that were used so far.
  private var rules: [OBISCode: LineRule] = [:]
  private var fieldIndices: [FieldKey: Int] = [:]

  init(naming: Naming) {
    self.naming = naming
    entries = nil
    anyChannelEntries = [:]
    metrics = []
  }

  /// The rules of a specification file, which replaces the built-in one.
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

  /// The number of ``LineRule/fieldIndex`` values so far.
  var fieldCount: Int { fieldIndices.count }

  func rule(for code: OBISCode) -> LineRule {
    if let rule = rules[code] { return rule }
    let metric = MetricTable.metric(for: code)
    let (reading, name) = entries == nil ? builtIn(metric, at: code) : byFile(metric, at: code)
    let channel = LineRules.channel(of: code, metric)
    if metric == nil, case .unknown = reading {
      // Not stored, as a hostile input can have any number of codes.
      return LineRule(code, metric: nil, channel: .main, reading: .unknown, name: .byContent)
    }
    let rule = LineRule(code, metric: metric, channel: channel, reading: reading, name: name)
    rule.fieldIndex = fieldIndex(of: rule, at: code)
    rules[code] = rule
    return rule
  }

  private func builtIn(_ metric: Metric?, at code: OBISCode) -> (LineRule.Reading, LineRule.Name) {
    metric.map { (.byTable($0), name(of: $0, at: code)) } ?? (.unknown, .byContent)
  }

  private func name(of metric: Metric, at code: OBISCode) -> LineRule.Name {
    if metric.isOfSubmeter || metric.form == .powerLimit || metric.form == .currentLimits {
      return .byContent
    }
    return .key(naming.key(of: metric, at: code).utf8Bytes)
  }

  private func byFile(_ metric: Metric?, at code: OBISCode) -> (LineRule.Reading, LineRule.Name) {
    guard let entry = entry(for: code, metric) else { return (.unknown, .byContent) }
    return (.byFile(entry.pattern, entry.type), name(of: entry, metric, at: code))
  }

  /// The name of an entry's value. A canonical metric name becomes its name in the chosen set of names,
  /// unless another entry of the file has that name.
  private func name(of entry: SpecificationEntry, _ metric: Metric?, at code: OBISCode)
    -> LineRule.Name
  {
    let own = LineRule.Name.key(entry.metric.utf8Bytes)
    let isOfCode = metric?.name == entry.metric
    if entry.isRecordKey, entry.type != .builtIn { return own }
    if naming.set == .obis { return .key(code.key.utf8Bytes) }
    if let metric, metric.isSubmeterReading, let reading = SubmeterReading(rawValue: entry.metric) {
      let name = LineRule.Name.key(naming.key(of: reading, in: metric, at: code).utf8Bytes)
      return isTaken(name, by: entry) ? own : name
    }
    // A set may have different names for codes that share a canonical name.
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

  private func isTaken(_ name: LineRule.Name, by entry: SpecificationEntry) -> Bool {
    guard case .key(let key) = name else { return false }
    let text = String(decoding: key, as: UTF8.self)
    return text != entry.metric && metrics.contains(text)
  }

  /// The entry for a code. A code of channel 1 without entry has that of channel 0, if both mean the
  /// same metric.
  private func entry(for code: OBISCode, _ metric: Metric?) -> SpecificationEntry? {
    if let entry = entries?[code] { return entry }
    if code.isSubmeter, let entry = anyChannelEntries[code.onAnyChannel] { return entry }
    guard code.medium == 1, let metric, metric.code != code else { return nil }
    return entries?[metric.code]
  }

  /// The channel of the record. A relay's code has a channel, but belongs to the electricity meter.
  private static func channel(of code: OBISCode, _ metric: Metric?) -> MBusChannel {
    metric?.isOfSubmeter ?? code.isSubmeter
      ? MBusChannel(medium: code.medium, number: code.channel) : .main
  }

  private func fieldIndex(of rule: LineRule, at code: OBISCode) -> Int? {
    let key: [UInt8]
    switch (rule.reading, rule.name) {
    case (.unknown, _): return nil
    case _ where rule.isReadAsBuiltIn && rule.metric?.hasRecordOfItsOwn ?? false:
      // A history value has its own record, in which it may have the same key as a present value.
      key = (rule.metric?.code ?? code).key.utf8Bytes
    case (_, .key(let name)): key = name
    case (_, .byContent): key = code.key.utf8Bytes
    }
    let fieldKey = FieldKey(channel: rule.channel, key: key)
    if let index = fieldIndices[fieldKey] { return index }
    fieldIndices[fieldKey] = fieldIndices.count
    return fieldIndices.count - 1
  }
}

/// A key in the record of a channel.
private struct FieldKey: Hashable {
  let channel: MBusChannel
  let key: [UInt8]

  /// By hand: looking up the conformance of the array to `Hashable` takes longer than hashing.
  func hash(into hasher: inout Hasher) {
    for byte in key { hasher.combine(byte) }
  }
}
