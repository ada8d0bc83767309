import Metrics
import Records

/// Turns telegrams into records: one of the electricity meter, then one of each sub-meter, then
/// those of the past.
///
/// What comes out is a function of what went in: no clock, no environment. Of the telegrams before it
/// keeps templates, which only save time.
public struct TelegramParser {
  /// What is wanted of a telegram.
  public struct Options: Sendable {
    /// Which names the metrics get.
    public var names = NameSet.canonical
    /// Whether the logs of the past become records too. They are the same in each telegram.
    public var includesHistory = false
    /// Whether the codes that nothing is known of become metrics too, by their code.
    public var includesUnknown = false
    /// Whether import less export is added.
    public var addsNetPower = false
    /// The clock that the meter prints its times by.
    public var clock = MeterClock.centralEuropean

    public init() {}
  }

  /// A telegram of a version that nothing is known of.
  public struct UnknownVersion: Error, Equatable, Sendable {
    /// The version as the meter printed it.
    public let version: String
  }

  /// Something in a telegram that did not become part of a record.
  public enum Finding: Equatable, Sendable {
    /// A line that is no line of a telegram, or whose value is none of its kind.
    case unreadable(line: String)
    /// A line whose value the record has already.
    case repeated(line: String)
    /// A line with a code that neither the specification nor the table of metrics has.
    case unknown(OBISCode)
    /// A line on which the pattern of a specification file takes too long.
    case endless(OBISCode)
    /// There is a record without an instant, as neither the telegram nor a stamp tells.
    case untimed
  }

  let options: Options
  private var specifications: Specifications
  /// What the metrics of the last telegram are called.
  var naming: Naming { specifications.naming }

  var layout = TelegramLayout()
  private(set) var rules: [Specification.Rule] = []
  var drafts = RecordDrafts()
  private var identity = Identity()
  /// Which fields of the records have their value.
  private var hasField: [Bool] = []
  /// The lines in which other digits would be said, or could make a value of them or none.
  var heldLines: [Range<Int>] = []
  /// The codes that nothing is known of which have become fields.
  private var unknownFields: Set<OBISCode> = []
  /// What the last telegrams became.
  var templates = Recent<TelegramTemplate>()
  /// What the last telegram held besides.
  public internal(set) var findings: [Finding] = []

  /// - Parameters:
  ///   - options: what is wanted of a telegram.
  ///   - files: the specification files that there are.
  public init(
    _ options: Options = Options(), files: SpecificationFiles = SpecificationFiles()
  ) {
    self.options = options
    specifications = Specifications(names: options.names, files: files)
  }

  /// Turns to other specification files.
  public mutating func use(_ files: SpecificationFiles) {
    specifications = Specifications(names: options.names, files: files)
    templates = Recent()
  }

  /// Adds the records of a telegram.
  ///
  /// - Parameters:
  ///   - telegram: from `/` to the end of its `!` line.
  ///   - receivedAt: when it came, for one that does not say its time itself.
  ///   - isDamaged: whether its version may be a wrong one: if nothing is known of that, it is read
  ///     by the built-in knowledge.
  ///   - writer: what the records are added to.
  /// - Throws: ``UnknownVersion``.
  public mutating func parse(
    _ telegram: Span<UInt8>, receivedAt: Timestamp?, isDamaged: Bool = false,
    into writer: inout RecordWriter
  ) throws(UnknownVersion) {
    if fillTemplate(with: telegram, receivedAt: receivedAt, into: &writer) { return }
    let start = writer.text.count
    findings.removeAll(keepingCapacity: true)
    drafts.begin()
    heldLines.removeAll(keepingCapacity: true)
    layout.read(telegram)
    try findRules(for: telegram, isDamaged: isDamaged)
    for line in layout.unreadable { report(telegram.extracting(line)) }
    readIdentity(of: telegram)
    addHeader(of: telegram)
    for (line, rule) in zip(layout.lines, rules) { read(line, of: telegram, rule) }
    if options.addsNetPower { addNetPower(of: telegram) }
    if options.includesHistory { readPastLines(of: telegram) }
    if !drafts.write(receivedAt, to: &writer) { findings.append(.untimed) }
    if !isDamaged { makeTemplate(of: telegram, receivedAt: receivedAt, from: start, in: writer) }
  }

  private mutating func findRules(
    for telegram: Span<UInt8>, isDamaged: Bool
  ) throws(UnknownVersion) {
    try specifications.select(MeterVersion(of: layout, telegram), isDamaged: isDamaged)
    rules.removeAll(keepingCapacity: true)
    for line in layout.lines { rules.append(specifications.rule(for: line.code)) }
    hasField.removeAll(keepingCapacity: true)
    hasField.append(contentsOf: repeatElement(false, count: specifications.fieldCount))
    unknownFields.removeAll(keepingCapacity: true)
  }

  /// Reads who and when the lines speak of. This comes before any value, as lines stand in no fixed
  /// order.
  private mutating func readIdentity(of telegram: Span<UInt8>) {
    identity.begin()
    for (line, rule) in zip(layout.lines, rules) where rule.isOfIdentity {
      if let metric = rule.metric {
        identity.read(
          layout.groups(of: line), of: telegram, metric.form, by: options.clock,
          into: &drafts[rule.slot])
      }
    }
    identity.finish(of: telegram, by: options.clock, into: &drafts[.main])
  }

  /// Adds the first line, without its `/`, where the set of names has a name for it.
  private mutating func addHeader(of telegram: Span<UInt8>) {
    guard let key = naming.headerKey?.utf8Bytes, telegram.count > 0 else { return }
    let end = telegram.firstIndex(of: UInt8(ascii: "\n")) ?? telegram.count
    let text = OctetText.plain(telegram.extracting(1..<max(1, end)))
    if !text.isEmpty { drafts[.main].fields.add(key.span, text: text.span) }
  }

  // MARK: - Values

  /// What became of a line's value.
  enum Outcome {
    /// It is in the records now, and another line with it would only repeat it.
    case added
    /// It is what the record is about, or a reading, of which the newest counts.
    case apart
    /// The line says that there is none.
    case absent
    case unreadable

    init(isAdded: Bool) {
      self = isAdded ? .added : .unreadable
    }
  }

  /// Reads the value of a line.
  private mutating func read(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ rule: Specification.Rule
  ) {
    if let field = rule.field, hasField[field] {
      heldLines.append(line.range)
      return findings.append(.repeated(line: telegram.extracting(line.range).latin1Line))
    }
    let outcome =
      switch rule.reading {
      case .byTable(let metric):
        read(
          layout.groups(of: line), at: line.code, of: telegram, as: metric, rule.name,
          in: rule.slot)
      case .byFile(let pattern, let type):
        read(line, of: telegram, by: pattern, as: type, rule)
      case .unknown:
        readUnknown(line, of: telegram, rule.metric)
      }
    if outcome == .added, let field = rule.field { hasField[field] = true }
    if outcome == .unreadable {
      heldLines.append(line.range)
      report(telegram.extracting(line.range))
    }
  }

  private mutating func readUnknown(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ metric: Metric?
  ) -> Outcome {
    guard options.includesUnknown else {
      // A specification file leaves out what it does not want.
      if metric == nil { findings.append(.unknown(line.code)) }
      return .absent
    }
    guard !(metric?.isIdentity ?? false) else { return .absent }
    guard unknownFields.insert(line.code).inserted else {
      findings.append(.repeated(line: telegram.extracting(line.range).latin1Line))
      return .absent
    }
    return readAsPrinted(line, of: telegram, key: line.code.key.utf8Bytes)
  }

  /// Adds import less export, where the telegram does not say that itself.
  private mutating func addNetPower(of telegram: Span<UInt8>) {
    var net = NetPower()
    for line in layout.lines {
      if let group = layout.groups(of: line).first {
        net.note(line.code, telegram.extracting(group))
      }
    }
    for (code, kilowatts) in net.values {
      guard let metric = MetricTable.metric(for: code) else { continue }
      let key = naming.key(of: metric, at: code).utf8Bytes
      guard !drafts[.main].fields.contains(key.span) else { continue }
      _ = drafts.add(key, number: kilowatts.description.utf8Bytes.span, in: .main)
    }
  }

  /// What becomes of the lines with this code.
  mutating func rule(for code: OBISCode) -> Specification.Rule { specifications.rule(for: code) }

  mutating func report(_ line: Span<UInt8>) {
    findings.append(.unreadable(line: line.latin1Line))
  }
}
