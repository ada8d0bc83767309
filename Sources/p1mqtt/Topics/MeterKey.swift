import Metrics
import Records

/// Which meter a record comes from. No two meters write to one topic.
struct MeterKey: Hashable {
  /// The number of the meter, as the record has it; nil where it has none.
  let meter: [UInt8]?
  /// The M-Bus channel of a sub-meter; nil for the electricity meter.
  let channel: [UInt8]?
  /// The first metric of a record of the past, such as the peak of a month; nil for any other record.
  let past: String?

  init(_ record: Record) {
    var meter: [UInt8]?
    var channel: [UInt8]?
    var past: String?
    var isPast = true
    record.forEachField { key, value in
      if RecordKey.meter.matches(key) {
        meter = meter ?? (value.isEmpty ? nil : [UInt8](value))
      } else if RecordKey.channel.matches(key) {
        channel = channel ?? [UInt8](value)
      } else if isPast, !RecordKey.timestamp.matches(key) {
        isPast = MetricTable.isOfThePast(key)
        past = past ?? String(decoding: [UInt8](key), as: UTF8.self)
      }
    }
    self.meter = meter
    self.channel = channel
    self.past = isPast && channel == nil ? past : nil
  }

  /// About how many bytes it has allocated.
  var size: Int { 96 + (meter?.count ?? 0) + (channel?.count ?? 0) + (past?.utf8.count ?? 0) }

  /// Whether it is an electricity meter with a number.
  var isNumberedMeter: Bool { meter != nil && channel == nil && past == nil }

  /// The meter itself, for a record of the past as well.
  var device: MeterKey { MeterKey(meter: meter, channel: channel, past: nil) }

  private init(meter: [UInt8]?, channel: [UInt8]?, past: String?) {
    self.meter = meter
    self.channel = channel
    self.past = past
  }

  /// The number of the meter as a level of a topic.
  var meterLevel: String {
    meter.map { TopicLevel.escaped(Escape.decode($0.span)) } ?? "unknown"
  }

  /// The channel as a level of a topic: 0 for the electricity meter, as in its OBIS codes.
  var channelLevel: String {
    channel.map { TopicLevel.escaped(Escape.decode($0.span)) } ?? "0"
  }
}
