import Metrics
import Records

/// Converts telegrams to records: one of the electricity meter, one of each sub-meter, then those of
/// the history.
///
/// The records are a function of the input alone. What is kept from one telegram to the next only
/// saves time, except how to read a time without its offset from UTC.
public struct TelegramParser {
  public struct Options: Sendable {
    public var names = NameSet.canonical
    /// Whether the logs of past values become records too. They are repeated in each telegram.
    public var includesHistory = false
    /// Whether the values of unknown codes are added, with the code as key.
    public var includesUnknown = false
    public var addsNetPower = false
    /// Whether the header is added in each set of names, and not only where the set has it.
    public var includesHeader = false
    /// In seconds ahead of UTC; nil for that of the meter's country.
    public var winterOffset: Int?
    /// Whether a time without a letter is daylight saving time in summer. A time of receipt overrides
    /// it.
    public var hasSummerTime = true
    /// The timestamp of the electricity meter's record, if both times are known.
    public var timeSource = TimeSource.meter

    public init() {}
  }

  public enum TimeSource: String, CaseIterable, Sendable {
    case meter, receipt
  }

  /// The first telegram is of a version without specification. In a later telegram, this is a
  /// ``Finding``: it may be a damaged bit, or a firmware update of the meter.
  public struct UnknownVersion: Error, Equatable, Sendable {
    /// The version as the meter prints it.
    public let version: String
  }

  /// Something in a telegram that did not become part of a record.
  public enum Finding: Equatable, Sendable {
    /// A malformed line, or one whose value does not have the form of its metric.
    case unreadable(line: String)
    /// A line whose key the record already has.
    case repeated(line: String)
    /// A line with a code that is in neither the specification nor the table of metrics.
    case unknown(OBISCode)
    /// A line on which the pattern of a specification file exceeded its number of steps.
    case patternTooSlow(OBISCode)
    /// A record has no timestamp, as there is none in the telegram and no time of receipt.
    case untimed
    /// The version has no specification, so the built-in one was used.
    case unknownVersion(UnknownVersion)
  }

  public let options: Options
  private var versionRules: VersionRules
  /// The metric names of the current telegram.
  var naming: Naming { versionRules.naming }

  var layout = TelegramLayout()
  /// The rules of the layout's lines.
  private(set) var rules: [LineRule] = []
  /// The indices of the lines that ``identityReader`` reads.
  private var identityLines: [Int] = []
  /// The codes of the lines that ``rules`` are of.
  private var codes: [OBISCode] = []
  /// What the last telegram said about its version, as printed; empty if nothing.
  private var declaration: [UInt8] = []
  private var unknownVersion: UnknownVersion?
  var drafts = TelegramDraft()
  private var identityReader = IdentityReader()
  private(set) var timeZone = MeterTimeZone.centralEuropean
  private var daylightSavingDetector = DaylightSavingDetector()
  /// Whether times of receipt decide how the current telegram's time is read.
  private(set) var timeDependsOnReceipt = false
  /// Whether each ``LineRule/fieldIndex`` has its value.
  private var hasField: [Bool] = []
  /// Lines of which no digit may change in a known shape, as another digit could change the outcome.
  var fixedLines: [Range<Int>] = []
  /// The unknown codes that became fields.
  private var unknownFields: Set<OBISCode> = []
  /// Whether an undamaged telegram was read.
  private var hasRead = false
  /// The seconds from the last telegram's time of receipt to its own time; nil if one of them is
  /// unknown.
  public private(set) var clockLead: Int64?
  /// The known shapes: KnownShapes.swift.
  var templates = PredictiveCache<TelegramTemplate>()
  /// Identifies the known shape of the last telegram: two telegrams with the same number have records that differ only
  /// in digits. Nil for a telegram that was read on the slow path.
  public private(set) var knownShape: Int?
  /// How many templates were made.
  var templateCount = 0
  /// The findings in the last telegram.
  public internal(set) var findings: [Finding] = []

  public init(
    _ options: Options = Options(), files: SpecificationFiles = SpecificationFiles()
  ) {
    self.options = options
    versionRules = VersionRules(names: options.names, files: files)
  }

  /// Replaces the specification files.
  public mutating func use(_ files: SpecificationFiles) {
    versionRules = VersionRules(names: options.names, files: files)
    declaration = []
    templates.removeAll()
  }

  /// Writes the records of a telegram.
  ///
  /// - Parameters:
  ///   - telegram: from `/` to the end of its `!` line.
  ///   - receivedAt: the timestamp if the telegram has none.
  ///   - isDamaged: whether the checksum is wrong. An unknown version may then be a damaged one, so it
  ///     is no error and no finding.
  /// - Throws: ``UnknownVersion`` if no undamaged telegram was read before.
  public mutating func parse(
    _ telegram: Span<UInt8>, receivedAt: Timestamp?, isDamaged: Bool = false,
    into writer: inout RecordWriter
  ) throws(UnknownVersion) {
    if let (shape, ownTime) = fillTemplate(
      with: telegram, receivedAt: receivedAt, into: &writer)
    {
      knownShape = shape
      recordClockLead(ownTime, receivedAt)
      return
    }
    knownShape = nil
    let (start, countBefore) = (writer.text.count, writer.count)
    findings.removeAll(keepingCapacity: true)
    drafts.begin()
    fixedLines.removeAll(keepingCapacity: true)
    layout.read(telegram)
    try findRules(for: telegram, isDamaged: isDamaged)
    for line in layout.unreadable { report(telegram.extracting(line)) }
    readIdentity(of: telegram, receivedAt: receivedAt)
    addHeader(of: telegram)
    for (line, rule) in zip(layout.lines, rules) { read(line, of: telegram, rule) }
    if options.addsNetPower { addNetPower(of: telegram) }
    if options.includesHistory { readHistoryLines(of: telegram) }
    let isTimed = drafts.write(
      receivedAt, preferringReceipt: options.timeSource == .receipt, to: &writer)
    if !isTimed { findings.append(.untimed) }
    recordClockLead(drafts.records.first?.timestamp, receivedAt)
    if !isDamaged, templates.needsElement {
      makeTemplate(
        of: telegram, receivedAt: receivedAt, from: start, writer.count - countBefore, in: writer)
    }
  }

  private mutating func findRules(
    for telegram: Span<UInt8>, isDamaged: Bool
  ) throws(UnknownVersion) {
    let unknown = selectVersion(of: telegram)
    if !isDamaged {
      if let unknown {
        guard hasRead else { throw unknown }
        findings.append(.unknownVersion(unknown))
      }
      hasRead = true
    }
    hasField.removeAll(keepingCapacity: true)
    hasField.append(contentsOf: repeatElement(false, count: versionRules.selected.fieldCount))
    unknownFields.removeAll(keepingCapacity: true)
  }

  /// Finds the version and ``rules``. They stay the same if the codes and the declaration of the version do.
  ///
  /// - Returns: the version if it is unknown.
  private mutating func selectVersion(of telegram: Span<UInt8>) -> UnknownVersion? {
    let declared = MeterVersion.declaration(in: layout, telegram)?.range
    let hasSameCodes =
      codes.count == layout.lines.count
      && codes.indices.allSatisfy { codes[$0] == layout.lines[$0].code }
    if hasSameCodes, let declared, telegram.extracting(declared) == declaration {
      return unknownVersion
    }
    declaration = declared.map { [UInt8](telegram.extracting($0)) } ?? []
    let version = MeterVersion(of: layout, telegram)
    let isKnown = versionRules.select(version)
    unknownVersion = isKnown ? nil : UnknownVersion(version: version.names.first ?? "")
    rules.removeAll(keepingCapacity: true)
    codes = layout.lines.map(\.code)
    for code in codes { rules.append(rule(for: code)) }
    identityLines = rules.indices.filter { rules[$0].isReadForIdentity }
    return unknownVersion
  }

  private mutating func recordClockLead(_ ownTime: Timestamp?, _ receivedAt: Timestamp?) {
    clockLead = ownTime.flatMap { instant in receivedAt.map { instant.seconds - $0.seconds } }
  }

  private mutating func readIdentity(of telegram: Span<UInt8>, receivedAt: Timestamp?) {
    identityReader.begin()
    timeZone =
      options.winterOffset.map { MeterTimeZone(winterOffset: $0) } ?? MeterTimeZone(of: telegram)
    timeZone.hasSummerTime = options.hasSummerTime
    timeDependsOnReceipt = false
    readIdentityLines(of: telegram)
    guard drafts[.main].timestamp == nil else { return }
    identityReader.joinHalves(of: telegram)
    if let civil = identityReader.civil {
      readCivilTime(civil, of: telegram, receivedAt: receivedAt)
    }
  }

  private mutating func readIdentityLines(of telegram: Span<UInt8>) {
    for index in identityLines {
      guard let metric = rules[index].metric else { continue }
      identityReader.read(
        layout.groups(of: layout.lines[index]), of: telegram, metric.form, in: timeZone,
        into: &drafts[rules[index].channel])
    }
  }

  /// Reads a time of the telegram that has no offset from UTC.
  private mutating func readCivilTime(
    _ civil: CivilTime, of telegram: Span<UInt8>, receivedAt: Timestamp?
  ) {
    let (wasByReceipt, timeZoneBefore) = (!daylightSavingDetector.isEmpty, timeZone)
    let instant = daylightSavingDetector.instant(
      of: civil, receivedAt: receivedAt, in: &timeZone, ofMeter: meterName(of: telegram))
    timeDependsOnReceipt = !daylightSavingDetector.isEmpty
    // The templates so far read the time by the setting alone.
    if timeDependsOnReceipt, !wasByReceipt { templates.removeAll() }
    if timeZone != timeZoneBefore {
      // The other times of the telegram are in the same time zone.
      drafts.begin()
      readIdentityLines(of: telegram)
    }
    drafts[.main].set(instant, printedAt: identityReader.civilRange)
  }

  /// Identifies the meter of a telegram: its header and its numbers.
  private func meterName(of telegram: Span<UInt8>) -> [UInt8] {
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

  /// The instant that a time in the current telegram names; nil if it is no time or an unset one.
  func instant(_ text: Span<UInt8>) -> Timestamp? {
    if case .civil(let civil) = TelegramTime.reading(text, in: timeZone),
      civil == identityReader.civil
    {
      return drafts.records.first?.timestamp
    }
    return TelegramTime.instant(text, in: timeZone)
  }

  /// Adds the header without its `/`.
  private mutating func addHeader(of telegram: Span<UInt8>) {
    guard options.includesHeader || naming.hasHeader, telegram.count > 0 else { return }
    let end = telegram.firstIndex(of: UInt8(ascii: "\n")) ?? telegram.count
    let text = OctetText.plain(telegram.extracting(1..<max(1, end)))
    let key = Naming.headerKey.utf8Bytes
    if !text.isEmpty { drafts[.main].fields.add(key, text: text.span) }
  }

  // MARK: - Values

  /// The result of reading a line.
  enum Outcome {
    /// The value was added. Another line with the same key is a repetition.
    case added
    /// The line is done, and another line with the same key may follow: the line is an identity, a
    /// reading, of which the newest counts, or its pattern was too slow.
    case repeatable
    /// The meter has no value.
    case absent
    case unreadable

    init(isAdded: Bool) {
      self = isAdded ? .added : .unreadable
    }
  }

  private mutating func read(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ rule: LineRule
  ) {
    if let field = rule.fieldIndex, hasField[field] {
      fixedLines.append(line.range)
      return findings.append(.repeated(line: telegram.extracting(line.range).latin1Line))
    }
    let outcome: Outcome
    if let (key, unit) = rule.quantity {
      outcome = readQuantity(
        layout.groups[line.groups.lowerBound], of: telegram, in: unit, key: key, in: rule.channel)
    } else {
      switch rule.reading {
      case .byTable(let metric):
        outcome = read(
          layout.groups(of: line), at: line.code, of: telegram, as: metric, rule.name,
          in: rule.channel)
      case .byFile(let pattern, let type):
        outcome = read(line, of: telegram, by: pattern, as: type, rule)
      case .unknown:
        outcome = readUnknown(line, of: telegram, rule.metric)
      }
    }
    if outcome == .added, let field = rule.fieldIndex { hasField[field] = true }
    if outcome == .unreadable {
      fixedLines.append(line.range)
      report(telegram.extracting(line.range))
    }
  }

  private mutating func readUnknown(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ metric: Metric?
  ) -> Outcome {
    guard options.includesUnknown else {
      // A specification file leaves out known codes that the user does not want; they are not reported.
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

  func rule(for code: OBISCode) -> LineRule { versionRules.selected.rule(for: code) }

  mutating func report(_ line: Span<UInt8>) {
    findings.append(.unreadable(line: line.latin1Line))
  }
}
