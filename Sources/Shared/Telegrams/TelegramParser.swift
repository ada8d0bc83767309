import Metrics
import Records

/// Turns telegrams into records: one of the electricity meter, then one of each sub-meter, then
/// those of the past.
///
/// What comes out is a function of what went in: no clock, no environment, no memory of telegrams
/// before but what has been reported of them.
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
    /// A code that the specification lacks; said once for each.
    case unknown(OBISCode)
    /// A record without an instant, as neither the telegram nor a stamp tells; said once.
    case untimed
  }

  /// Finds the specification file of a version; nil where there is none.
  public typealias Lookup = (_ version: String) throws -> [SpecificationEntry]?

  let options: Options
  private var specifications: Specifications
  private var unknownCodes: Set<OBISCode> = []
  private var hasSaidUntimed = false

  var layout = TelegramLayout()
  private var rules: [Specification.Rule] = []
  var drafts = RecordDrafts()
  private var identity = Identity()
  /// Which places of the records have their value.
  private var taken: [Bool] = []
  /// How many lines had a code that the specification lacks, since the beginning.
  public private(set) var unknownCount = 0
  /// What the last telegram held besides.
  public private(set) var findings: [Finding] = []

  /// So many unknown codes are told apart; a hostile input can name more than memory holds.
  private static let maximumUnknownCodes = 1024

  /// - Parameters:
  ///   - options: what is wanted of a telegram.
  ///   - lookup: called once for each version that telegrams say they have.
  public init(_ options: Options = Options(), lookup: @escaping Lookup) {
    self.options = options
    specifications = Specifications(names: options.names, lookup: lookup)
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
    rules.removeAll(keepingCapacity: true)
    try specifications.select(MeterVersion(of: layout, telegram))
    for line in layout.lines { rules.append(specifications.rule(for: line.code)) }
    taken.removeAll(keepingCapacity: true)
    taken.append(contentsOf: repeatElement(false, count: specifications.placeCount))
    for line in layout.unreadable { report(telegram.extracting(line)) }
    readIdentity(of: telegram)
    for (line, rule) in zip(layout.lines, rules) where !readValue(line, of: telegram, rule) {
      report(telegram.extracting(line.range))
    }
    if options.addsNetPower { addNetPower(of: telegram) }
    if options.includesHistory { readPastLines(of: telegram) }
    if !drafts.write(receivedAt, to: &writer), !hasSaidUntimed {
      hasSaidUntimed = true
      findings.append(.untimed)
    }
  }

  /// Reads who and when the lines speak of. This comes before any value, as lines stand in no fixed
  /// order.
  private mutating func readIdentity(of telegram: Span<UInt8>) {
    identity.begin()
    for (line, rule) in zip(layout.lines, rules) {
      if let metric = rule.metric {
        let groups = layout.groups[line.groups]
        identity.read(
          groups, of: telegram, metric.form, by: options.clock, into: &drafts[rule.slot])
      }
    }
    identity.finish(of: telegram, by: options.clock, into: &drafts[.main])
  }

  // MARK: - Values

  /// Reads the value of a line.
  ///
  /// - Returns: false where it is none of its kind.
  private mutating func readValue(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ rule: Specification.Rule
  ) -> Bool {
    if taken[rule.place] {
      findings.append(.repeated(line: TelegramParser.text(telegram.extracting(line.range))))
      return true
    }
    let outcome: Outcome
    switch rule.value {
    case .byPattern(let pattern, let key):
      return readValue(line, of: telegram, by: pattern, key: key, in: rule.slot)
    case .byTable(let key):
      guard let metric = rule.metric else { return true }
      outcome = readValue(line, of: telegram, metric, key: key, in: rule.slot)
    case .unknown(let key):
      guard options.includesUnknown, !(rule.metric?.isIdentity ?? false) else {
        note(unknown: line.code, rule)
        return true
      }
      outcome = readUnknown(line, of: telegram, key: key)
    }
    if outcome == .added, rule.place != Specification.anyPlace { taken[rule.place] = true }
    return outcome != .unreadable
  }

  private mutating func note(unknown code: OBISCode, _ rule: Specification.Rule) {
    guard rule.metric == nil else { return }
    unknownCount += 1
    if unknownCodes.count < TelegramParser.maximumUnknownCodes,
      unknownCodes.insert(code).inserted
    {
      findings.append(.unknown(code))
    }
  }

  private mutating func report(_ line: Span<UInt8>) {
    findings.append(.unreadable(line: TelegramParser.text(line)))
  }

  /// The bytes as text, each a character (Latin-1), without line ends.
  static func text(_ bytes: Span<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for index in bytes.indices where bytes[index] != 0x0A && bytes[index] != 0x0D {
      text.append(Unicode.Scalar(bytes[index]))
    }
    return String(text)
  }
}
