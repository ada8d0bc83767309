import Metrics
import Records

/// Turns telegrams into records: one of the electricity meter, then one of each sub-meter.
///
/// What comes out is a function of what went in: no clock, no environment, no memory of telegrams
/// before but what has been reported of them.
public struct TelegramParser {
  /// A telegram of a version that nothing is known of.
  public struct UnknownVersion: Error, Equatable, Sendable {
    /// The version as the meter printed it.
    public let version: String
  }

  /// Something in a telegram that did not become part of a record.
  public enum Finding: Equatable, Sendable {
    /// A line that is no line of a telegram, or whose value is none of its kind.
    case unreadable(line: String)
    /// A code that the specification lacks; said once for each.
    case unknown(OBISCode)
  }

  /// Finds the specification file of a version; nil where there is none.
  public typealias Lookup = (_ version: String) throws -> [SpecificationEntry]?

  private let names: NameSet
  private let includesHistory: Bool
  private let lookup: Lookup
  /// The specifications in use, by version; nil is a meter that prints none.
  private var specifications: [String?: Specification] = [:]
  private var unknownCodes: Set<OBISCode> = []

  private var layout = TelegramLayout()
  private var rules: [Specification.Rule] = []
  private var drafts = RecordDrafts()
  /// What the last telegram held besides.
  public private(set) var findings: [Finding] = []

  /// So many unknown codes are told apart; a hostile input can name more than memory holds.
  private static let maximumUnknownCodes = 1024

  /// - Parameters:
  ///   - names: which names the metrics get.
  ///   - includesHistory: whether the log of power failures becomes records too. It is the same in
  ///     each telegram.
  ///   - lookup: called once for each version that telegrams say they have.
  public init(names: NameSet, includesHistory: Bool = false, lookup: @escaping Lookup) {
    self.names = names
    self.includesHistory = includesHistory
    self.lookup = lookup
  }

  /// Adds the records of a telegram.
  ///
  /// - Parameters:
  ///   - telegram: from `/` to the end of its `!` line.
  ///   - receivedAt: when it came, for one that does not say its time itself.
  ///   - writer: what the records are added to.
  /// - Throws: ``UnknownVersion``, or what the lookup threw.
  public mutating func parse(
    _ telegram: Span<UInt8>, receivedAt: Timestamp?, into writer: inout RecordWriter
  ) throws {
    findings.removeAll(keepingCapacity: true)
    drafts.begin()
    layout.read(telegram)
    let version = self.version(of: telegram)
    var specification = try self.specification(of: version)
    for line in layout.unreadable { report(telegram.extracting(line)) }
    rules.removeAll(keepingCapacity: true)
    for line in layout.lines { rules.append(specification.rule(for: line.code)) }
    specifications[version] = specification
    for (line, rule) in zip(layout.lines, rules) {
      if let metric = rule.metric { readIdentity(line, of: telegram, metric.form) }
    }
    for (line, rule) in zip(layout.lines, rules) where !readValue(line, of: telegram, rule) {
      report(telegram.extracting(line.range))
    }
    drafts.write(receivedAt, to: &writer)
  }

  // MARK: - The version

  private static let versionCode = OBISCode(1, 3, 0, 2, 8)
  private static let belgianVersionCode = OBISCode(0, 0, 96, 1, 4)

  /// The version that the telegram says it has, nil where it says none (DSMR 2.2 and 3.0).
  private func version(of telegram: Span<UInt8>) -> String? {
    for line in layout.lines
    where line.code == TelegramParser.versionCode || line.code == TelegramParser.belgianVersionCode
    {
      guard let group = layout.groups[line.groups].first, !group.isEmpty else { continue }
      return TelegramParser.text(telegram.extracting(group))
    }
    return nil
  }

  private mutating func specification(of version: String?) throws -> Specification {
    if let specification = specifications[version] { return specification }
    if let version, let entries = try lookup(version) {
      return Specification(entries, names: names)
    }
    if let version, !Specification.builtInVersions.contains(version) {
      throw UnknownVersion(version: version)
    }
    return Specification(names: names)
  }

  // MARK: - Who and when

  /// Reads what a line says of the telegram or of a sub-meter as a whole: its number, its time, its
  /// kind. This comes before any value, as lines stand in no fixed order.
  private mutating func readIdentity(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ form: Metric.Form
  ) {
    guard let first = layout.groups[line.groups].first, !first.isEmpty else { return }
    let value = telegram.extracting(first)
    switch form {
    case .telegramTime, .submeterReading, .submeterProfile:
      // Some meters print the line twice, once without a usable time.
      if let instant = TelegramTime.instant(value) { drafts[line.code].timestamp = instant }
    case .meterIdentifier, .submeterIdentifier:
      drafts[line.code].meter = OctetText.decode(value)
    case .submeterType:
      let kind = value.number(value.indices).flatMap(UInt8.init(exactly:))
      drafts[line.code].kind = kind
    case .quantity, .number, .text, .failureLog:
      break
    }
  }

  // MARK: - Values

  /// Reads the value of a line.
  ///
  /// - Returns: false where it is none of its kind.
  private mutating func readValue(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ rule: Specification.Rule
  ) -> Bool {
    switch rule.value {
    case .byPattern(let pattern, let key):
      return readValue(line, of: telegram, by: pattern, key: key)
    case .byTable(let key):
      guard let metric = rule.metric else { return true }
      return readValue(line, of: telegram, as: metric.form, key: key)
    case .unknown:
      if rule.metric == nil, unknownCodes.count < TelegramParser.maximumUnknownCodes,
        unknownCodes.insert(line.code).inserted
      {
        findings.append(.unknown(line.code))
      }
      return true
    }
  }

  private mutating func readValue(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, as form: Metric.Form, key: [UInt8]
  ) -> Bool {
    let groups = layout.groups[line.groups]
    // `()` is a value that the meter does not have.
    guard let first = groups.first, !first.isEmpty else { return true }
    let value = telegram.extracting(first)
    switch form {
    case .quantity(let unit):
      return readQuantity(value, of: line, unit: unit, key: key)
    case .number:
      return drafts.add(key, number: value, of: line.code)
    case .text:
      drafts.add(key, text: OctetText.decode(value), of: line.code)
      return true
    case .submeterType:
      // Canonical names say by themselves what a sub-meter measures.
      return names == .canonical || drafts.add(key, number: value, of: line.code)
    case .submeterReading:
      guard let reading = groups.dropFirst().first else { return false }
      guard let quantity = Quantity(telegram.extracting(reading)) else { return false }
      return readSubmeter(
        line, number: telegram.extracting(reading).extracting(quantity.number),
        unit: quantity.unit, key: key)
    case .submeterProfile:
      // (time)(status)(period)(count)(code)(unit) and, on the next line, (reading)
      guard groups.count >= 7, let reading = groups.last else { return false }
      return readSubmeter(
        line, number: telegram.extracting(reading),
        unit: PrintedUnit(telegram.extracting(groups[groups.startIndex + 5])), key: key)
    case .failureLog:
      if includesHistory { readFailures(groups, of: telegram, key: key) }
      return true
    case .telegramTime, .meterIdentifier, .submeterIdentifier:
      return true
    }
  }

  /// `(2)(0-0:96.7.19)` and then, for each failure, `(its end)(its duration*s)`. The count may be
  /// wrong, and a clock that was not set yet costs only its own failure.
  private mutating func readFailures(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8]
  ) {
    var rest = groups.dropFirst(2)
    while let end = rest.popFirst(), let duration = rest.popFirst() {
      let text = telegram.extracting(duration)
      guard let instant = TelegramTime.instant(telegram.extracting(end)),
        let seconds = Quantity(text)
      else {
        continue
      }
      drafts.add(key, number: text.extracting(seconds.number), at: instant)
    }
  }

  /// `001234.567*kWh`. Where the table's metric can also be in another unit, as the limit of DSMR
  /// 3.0 is in amperes, that changes the end of its name.
  private mutating func readQuantity(
    _ value: Span<UInt8>, of line: TelegramLayout.Line, unit: MetricUnit, key: [UInt8]
  ) -> Bool {
    guard let quantity = Quantity(value) else { return false }
    var key = key
    if let printed = quantity.unit?.unit, printed != unit {
      guard unit.alternatives.contains(printed) else { return false }
      if names == .canonical {
        key.removeLast(unit.suffix.utf8.count)
        key.append(contentsOf: printed.suffix.utf8)
      }
    }
    return drafts.add(
      key, number: value.extracting(quantity.number),
      timesTenToThe: quantity.unit?.exponent ?? 0, of: line.code)
  }

  /// A sub-meter's reading. One without a unit or a usable time was never taken.
  private mutating func readSubmeter(
    _ line: TelegramLayout.Line, number: Span<UInt8>, unit: PrintedUnit?, key: [UInt8]
  ) -> Bool {
    guard let unit, drafts[line.code].timestamp != nil else { return true }
    guard let name = Metric.submeterReading(kind: drafts[line.code].kind, unit: unit.unit) else {
      return false
    }
    let isRead = drafts.add(
      names == .canonical ? name.utf8Bytes : key, number: number, timesTenToThe: unit.exponent,
      of: line.code)
    drafts[line.code].isMeasured = isRead
    return isRead
  }

  private mutating func readValue(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, by pattern: LinePattern, key: [UInt8]
  ) -> Bool {
    let text = TelegramParser.text(telegram.extracting(line.range))
    guard let value = pattern.value(in: text)?.utf8Bytes else { return false }
    if key.span == RecordKey.timestamp.rawValue {
      guard let instant = TelegramTime.instant(value.span) ?? Timestamp(value.span) else {
        return false
      }
      drafts[line.code].timestamp = instant
    } else if key.span == RecordKey.meter.rawValue {
      drafts[line.code].meter = OctetText.decode(value.span)
    } else {
      drafts[line.code].fields.add(key.span, text: value.span)
      drafts[line.code].isMeasured = true
    }
    return true
  }

  private mutating func report(_ line: Span<UInt8>) {
    findings.append(.unreadable(line: TelegramParser.text(line)))
  }

  /// The bytes as text, each a character (Latin-1), without line ends.
  private static func text(_ bytes: Span<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for index in bytes.indices where bytes[index] != 0x0A && bytes[index] != 0x0D {
      text.append(Unicode.Scalar(bytes[index]))
    }
    return String(text)
  }
}
