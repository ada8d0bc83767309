import Metrics
import Records

/// A value of a record, for its sensor.
struct SensorValue {
  let key: String
  /// Where it is published.
  let topic: String
  let decimals: Int
  /// The header of the telegram; nil for another value.
  let header: String?

  /// - Parameter text: the value, without escapes.
  init(_ key: String, _ topic: String, _ text: some Collection<UInt8>) {
    self.key = key
    self.topic = topic
    header = key == Naming.headerKey ? String(decoding: text, as: UTF8.self) : nil
    decimals = text.firstIndex(of: UInt8(ascii: ".")).map { text[$0...].count - 1 } ?? 0
  }
}

extension Record {
  /// The values for discovery.
  ///
  /// - Parameter topic: where the value of a metric is published.
  func sensorValues(_ topic: (_ key: String) -> String) -> [SensorValue] {
    var values: [SensorValue] = []
    forEachField { key, text in
      let key = String(decoding: [UInt8](key), as: UTF8.self)
      values.append(SensorValue(key, topic(key), Escape.decode([UInt8](text).span)))
    }
    return values
  }
}
