import Metrics
import Records

/// What a version of the P1 port prints: for each code, what becomes of its line.
public struct Specification {
  /// What becomes of a line.
  struct Rule {
    /// What the table of metrics knows of the line: who and when it speaks of comes from there,
    /// even where a specification file says the rest.
    let metric: Metric?
    /// The record that the line belongs to.
    let slot: RecordDraft.Slot
    let value: Value
    /// Which of the places in a telegram's records the value takes, where it has one: two lines
    /// with one place would be one key twice.
    let place: Int
  }

  /// What becomes of the value of a line.
  enum Value {
    /// It is read as the table of metrics says, and gets this key.
    case byTable(key: [UInt8])
    /// A specification file tells how to find it.
    case byPattern(LinePattern, key: [UInt8])
    /// Nothing is known of it.
    case unknown(key: [UInt8])
  }

  private let names: NameSet
  /// The lines of a specification file, nil for the built-in knowledge.
  private let entries: [OBISCode: SpecificationEntry]?
  /// The rules that telegrams asked for.
  private var rules: [OBISCode: Rule] = [:]
  private var places: [[UInt8]: Int] = [:]

  /// So many rules are kept in mind; a hostile input can name more codes than memory holds.
  private static let maximumRules = 1024

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

  /// The place of what has none of its own, because there are too many.
  static let anyPlace = 0

  /// How many places there are.
  var placeCount: Int { places.count + 1 }

  mutating func rule(for code: OBISCode) -> Rule {
    if let rule = rules[code] { return rule }
    let metric = MetricTable.metric(for: code)
    let value = value(of: code, metric)
    let slot = Specification.slot(of: code, metric, value)
    let isKept = rules.count < Specification.maximumRules
    let place = isKept ? place(of: value, in: slot) : Specification.anyPlace
    let rule = Rule(metric: metric, slot: slot, value: value, place: place)
    if isKept { rules[code] = rule }
    return rule
  }

  /// The record of a line. A relay has a channel, but is of the electricity meter. What nothing is
  /// known of stands there too: its key is its code, which tells the channel.
  private static func slot(
    of code: OBISCode, _ metric: Metric?, _ value: Value
  ) -> RecordDraft.Slot {
    let isOfSubmeter =
      if let metric {
        metric.isOfSubmeter
      } else if case .byPattern = value {
        code.isSubmeter
      } else {
        false
      }
    return isOfSubmeter ? RecordDraft.Slot(medium: code.medium, channel: code.channel) : .main
  }

  private mutating func place(of value: Value, in slot: RecordDraft.Slot) -> Int {
    let key =
      switch value {
      case .byTable(let key), .byPattern(_, let key), .unknown(let key): key
      }
    let name = [slot.medium, slot.channel] + key
    if let place = places[name] { return place }
    places[name] = places.count + 1
    return places.count
  }

  private func value(of code: OBISCode, _ metric: Metric?) -> Value {
    let unknown = Value.unknown(key: code.description.utf8Bytes)
    if let entries {
      guard let entry = entries[code], let pattern = try? LinePattern(entry.pattern) else {
        return unknown
      }
      let key = names == .obis && !entry.isRecordKey ? code.description : entry.metric
      return .byPattern(pattern, key: key.utf8Bytes)
    }
    guard let metric else { return unknown }
    return .byTable(key: names.key(metric.name, code).utf8Bytes)
  }
}
