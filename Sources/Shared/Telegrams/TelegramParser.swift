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
    /// How far the clock of the meter is ahead of UTC in winter, in seconds; nil for what its country
    /// has.
    public var winterOffset: Int?
    /// Whether the clock of a meter that prints no letter behind a time changes to summer time, where no
    /// time of receipt tells.
    public var changesInSummer = true
    /// What the record of the electricity meter has for its instant, where both are known.
    public var timeSource = TimeSource.meter

    public init() {}
  }

  /// Where an instant comes from.
  public enum TimeSource: String, CaseIterable, Sendable {
    /// What the meter's clock says.
    case meter
    /// When the telegram was received.
    case receipt
  }

  /// The first telegram is of a version that nothing is known of. In mid-stream that is a
  /// ``Finding``: it may be a damaged bit, or the meter's new firmware, and ends nothing.
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
    /// The telegram is of a version that nothing is known of, and was read by the built-in knowledge.
    case unknownVersion(UnknownVersion)
  }

  public let options: Options
  private var specifications: Specifications
  /// What the metrics of the last telegram are called.
  var naming: Naming { specifications.naming }

  var layout = TelegramLayout()
  private(set) var rules: [Specification.Rule] = []
  var drafts = RecordDrafts()
  private var identity = Identity()
  /// The clock that the last telegram's times are printed by.
  private(set) var clock = MeterClock.centralEuropean
  private var letterlessClocks = LetterlessClocks()
  /// Whether a time of receipt has a say in how the last telegram's time is read.
  private(set) var isReadByReceipt = false
  /// Which fields of the records have their value.
  private var hasField: [Bool] = []
  /// The lines in which other digits would be said, or could make a value of them or none.
  var heldLines: [Range<Int>] = []
  /// The codes that nothing is known of which have become fields.
  private var unknownFields: Set<OBISCode> = []
  /// Whether a whole telegram was read.
  private var hasRead = false
  /// How far the meter's clock was ahead of the receipt of the last telegram, in seconds; nil where one
  /// of them is not known.
  public private(set) var clockLead: Int64?
  /// What the last telegrams became.
  var templates = PredictiveCache<TelegramTemplate>()
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
    templates.removeAll()
  }

  /// Adds the records of a telegram.
  ///
  /// - Parameters:
  ///   - telegram: from `/` to the end of its `!` line.
  ///   - receivedAt: when it came, for one that does not say its time itself.
  ///   - isDamaged: whether its version may be a wrong one: if nothing is known of that, it is read
  ///     by the built-in knowledge.
  ///   - writer: what the records are added to.
  /// - Throws: ``UnknownVersion``, before any whole telegram was read.
  public mutating func parse(
    _ telegram: Span<UInt8>, receivedAt: Timestamp?, isDamaged: Bool = false,
    into writer: inout RecordWriter
  ) throws(UnknownVersion) {
    if let clockInstant = fillTemplate(with: telegram, receivedAt: receivedAt, into: &writer) {
      noteClock(clockInstant, receivedAt)
      return
    }
    let (start, countBefore) = (writer.text.count, writer.count)
    findings.removeAll(keepingCapacity: true)
    drafts.begin()
    heldLines.removeAll(keepingCapacity: true)
    layout.read(telegram)
    try findRules(for: telegram, isDamaged: isDamaged)
    for line in layout.unreadable { report(telegram.extracting(line)) }
    readIdentity(of: telegram, receivedAt: receivedAt)
    addHeader(of: telegram)
    for (line, rule) in zip(layout.lines, rules) { read(line, of: telegram, rule) }
    if options.addsNetPower { addNetPower(of: telegram) }
    if options.includesHistory { readPastLines(of: telegram) }
    let isTimed = drafts.write(
      receivedAt, preferringReceipt: options.timeSource == .receipt, to: &writer)
    if !isTimed { findings.append(.untimed) }
    noteClock(drafts.drafts.first?.timestamp, receivedAt)
    if !isDamaged {
      makeTemplate(
        of: telegram, receivedAt: receivedAt, from: start, writer.count - countBefore, in: writer)
    }
  }

  private mutating func findRules(
    for telegram: Span<UInt8>, isDamaged: Bool
  ) throws(UnknownVersion) {
    let version = MeterVersion(of: layout, telegram)
    let isKnown = specifications.select(version)
    if !isDamaged {
      if !isKnown {
        let unknown = UnknownVersion(version: version.names.first ?? "")
        guard hasRead else { throw unknown }
        findings.append(.unknownVersion(unknown))
      }
      hasRead = true
    }
    rules.removeAll(keepingCapacity: true)
    for line in layout.lines { rules.append(specifications.rule(for: line.code)) }
    hasField.removeAll(keepingCapacity: true)
    hasField.append(contentsOf: repeatElement(false, count: specifications.fieldCount))
    unknownFields.removeAll(keepingCapacity: true)
  }

  private mutating func noteClock(_ clockInstant: Timestamp?, _ receivedAt: Timestamp?) {
    clockLead = clockInstant.flatMap { instant in receivedAt.map { instant.seconds - $0.seconds } }
  }

  /// Reads who and when the lines speak of. This comes before any value, as lines stand in no fixed
  /// order.
  private mutating func readIdentity(of telegram: Span<UInt8>, receivedAt: Timestamp?) {
    identity.begin()
    clock = options.winterOffset.map { MeterClock(winterOffset: $0) } ?? MeterClock(of: telegram)
    clock.changesInSummer = options.changesInSummer
    isReadByReceipt = false
    readIdentityLines(of: telegram)
    guard drafts[.main].timestamp == nil else { return }
    identity.joinHalves(of: telegram)
    if let civil = identity.civil { readLetterless(civil, of: telegram, receivedAt: receivedAt) }
  }

  private mutating func readIdentityLines(of telegram: Span<UInt8>) {
    for (line, rule) in zip(layout.lines, rules) where rule.isOfIdentity {
      if let metric = rule.metric {
        identity.read(
          layout.groups(of: line), of: telegram, metric.form, by: clock, into: &drafts[rule.slot])
      }
    }
  }

  /// Reads the time of a telegram that has no letter behind it.
  private mutating func readLetterless(
    _ civil: CivilTime, of telegram: Span<UInt8>, receivedAt: Timestamp?
  ) {
    let (wasByReceipt, clockBefore) = (!letterlessClocks.isEmpty, clock)
    let instant = letterlessClocks.instant(
      of: civil, receivedAt: receivedAt, by: &clock, ofMeter: name(of: telegram))
    isReadByReceipt = !letterlessClocks.isEmpty
    // Those before it were read by the setting alone.
    if isReadByReceipt, !wasByReceipt { templates.removeAll() }
    if clock != clockBefore {
      // The other times of the telegram are by the same clock.
      drafts.begin()
      readIdentityLines(of: telegram)
    }
    drafts[.main].set(instant, printedAt: identity.civilRange)
  }

  /// What tells the meter of a telegram from others: its first line and its numbers.
  private func name(of telegram: Span<UInt8>) -> [UInt8] {
    let end = telegram.firstIndex(of: UInt8(ascii: "\n")) ?? telegram.count
    var name = [UInt8](telegram.extracting(..<end))
    for (line, rule) in zip(layout.lines, rules) {
      guard case .meterIdentifier = rule.metric?.form, let group = layout.groups(of: line).first
      else {
        continue
      }
      name += [UInt8](telegram.extracting(group))
    }
    return name
  }

  /// The instant that a time in the last telegram names; nil where it is no time or stands for none.
  func instant(_ text: Span<UInt8>) -> Timestamp? {
    if case .civil(let civil) = TelegramTime.reading(text, by: clock), civil == identity.civil {
      return drafts.drafts.first?.timestamp
    }
    return TelegramTime.instant(text, by: clock)
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
