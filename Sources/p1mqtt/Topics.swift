import Delivery
import Metrics
import Records

/// Records as values of topics: `prefix/metric` → value. No topic has two writers.
struct Topics {
  let prefix: String
  /// The channel whose metric a topic of its own name has become, by metric; empty is the
  /// electricity meter's.
  private var owners: [String: String] = [:]

  /// So many metrics are told apart; a hostile input can name more than memory holds.
  private static let maximumOwners = 10_000

  init(prefix: String) {
    self.prefix = prefix
  }

  /// The topics of a record and their values.
  ///
  /// What a sub-meter says of itself has topics below its channel, so that the time of a gas
  /// reading never replaces that of the telegram: `prefix/channel1/timestamp`. So has a metric that
  /// another meter has already: of two gas meters, the second one's is `prefix/channel2/gas_m3`.
  ///
  /// Nor does the time of a record that holds nothing but what is past, as the peak of a month is:
  /// `prefix/METRIC/timestamp`.
  mutating func entries(of record: Record) -> [ValueQueue.Entry] {
    let channel = record.value(of: .channel).flatMap { value in
      // A channel that no topic may hold is none.
      RecordKey.isValid(value.span) ? String(decoding: value, as: UTF8.self) : nil
    }
    var fields: [(name: String, value: [UInt8])] = []
    var past: [String] = []
    var isPast = channel == nil
    record.forEachField { key, value in
      guard !RecordKey.channel.matches(key) else { return }
      let name = String(decoding: [UInt8](key), as: UTF8.self)
      fields.append((name, Escape.decode(value)))
      if RecordKey(rawValue: name) == nil {
        isPast = isPast && MetricTable.isOfThePast(key)
        past.append(name)
      }
    }
    if isPast, !past.isEmpty { return entries(ofPast: past, fields) }
    return fields.map { name, value in
      ValueQueue.Entry(name: "\(prefix)\(level(of: name, channel))/\(name)", value: value)
    }
  }

  /// The topics of a record of the past, which has these metrics.
  private func entries(
    ofPast metrics: [String], _ fields: [(name: String, value: [UInt8])]
  ) -> [ValueQueue.Entry] {
    fields.flatMap { name, value in
      if RecordKey(rawValue: name) == nil {
        return [ValueQueue.Entry(name: "\(prefix)/\(name)", value: value)]
      }
      guard name == RecordKey.timestamp.rawValue else { return [] }
      return metrics.map { ValueQueue.Entry(name: "\(prefix)/\($0)/\(name)", value: value) }
    }
  }

  /// The level between the prefix and a metric, where it needs one.
  private mutating func level(of name: String, _ channel: String?) -> String {
    guard let channel else {
      own(name, "")
      return ""
    }
    let isReserved = RecordKey(rawValue: name) != nil
    if !isReserved, own(name, channel) { return "" }
    return "/channel\(channel)"
  }

  /// Makes a metric's own topic that of a channel, if it has no other.
  ///
  /// - Returns: whether it is that of the channel.
  @discardableResult
  private mutating func own(_ name: String, _ channel: String) -> Bool {
    if let owner = owners[name] { return owner == channel }
    guard owners.count < Topics.maximumOwners else { return channel.isEmpty }
    owners[name] = channel
    return true
  }
}
