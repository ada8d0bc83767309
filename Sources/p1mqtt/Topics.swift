import Delivery
import Records

/// Records as values of topics: `prefix/metric` → value.
struct Topics {
  let prefix: String

  /// The topics of a record and their values.
  ///
  /// What a sub-meter says of itself has topics below its channel, so that the time of a gas
  /// reading never replaces that of the telegram: `prefix/channel1/timestamp`.
  func entries(of record: Record) -> [ValueQueue.Entry] {
    let channel = record.value(of: .channel).flatMap { value in
      // A channel that no topic may hold is none.
      RecordKey.isValid(value.span) ? String(decoding: value, as: UTF8.self) : nil
    }
    var entries: [ValueQueue.Entry] = []
    record.forEachField { key, value in
      guard !RecordKey.channel.matches(key) else { return }
      let name = String(decoding: [UInt8](key), as: UTF8.self)
      let isOfSubmeter = RecordKey(rawValue: name) != nil && channel != nil
      let level = isOfSubmeter ? "/channel\(channel ?? "")" : ""
      entries.append(
        ValueQueue.Entry(name: "\(prefix)\(level)/\(name)", value: Escape.decode(value)))
    }
    return entries
  }
}
