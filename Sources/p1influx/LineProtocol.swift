import Records

/// Records as InfluxDB's line protocol: `measurement,tag=value field=1.5,text="…" 1700000000000000000`.
///
/// Numbers are always written as floats, so that a field never changes its type.
struct LineProtocol {
  /// How a record becomes points.
  enum Layout: String, CaseIterable {
    /// One point a record: its metrics are the fields.
    case wide
    /// One point a metric: the metric is the measurement, the field is called `value`.
    case metric
  }

  let layout: Layout
  /// The measurement of the wide layout.
  static let measurement = "dsmr"

  /// Appends the points of a record.
  ///
  /// - Parameters:
  ///   - record: one that has a timestamp.
  ///   - output: what they are appended to; each point ends with a line feed.
  func append(_ record: Record, to output: inout [UInt8]) {
    guard let timestamp = record.timestamp else { return }
    var tags: [UInt8] = []
    for key in [RecordKey.meter, .channel] {
      guard let value = record.value(of: key).map({ LineProtocol.tag($0) }), !value.isEmpty else {
        continue
      }
      tags.append(contentsOf: ",\(key.rawValue)=".utf8)
      LineProtocol.append(value.span, escaping: LineProtocol.special, to: &tags)
    }
    let time = [UInt8](
      " \(timestamp.seconds * 1_000_000_000 + Int64(timestamp.nanoseconds))\n".utf8)
    switch layout {
    case .wide: appendPoint(record, tags, time, to: &output)
    case .metric: appendPoints(record, tags, time, to: &output)
    }
  }

  private func appendPoint(
    _ record: Record, _ tags: [UInt8], _ time: [UInt8], to output: inout [UInt8]
  ) {
    let start = output.count
    output.append(contentsOf: LineProtocol.measurement.utf8)
    output.append(contentsOf: tags)
    var separator = UInt8(ascii: " ")
    record.forEachField { key, value in
      guard LineProtocol.isMetric(key) else { return }
      output.append(separator)
      separator = UInt8(ascii: ",")
      LineProtocol.append(key, escaping: LineProtocol.special, to: &output)
      output.append(UInt8(ascii: "="))
      LineProtocol.append(value: value, of: key, to: &output)
    }
    if separator == UInt8(ascii: " ") {
      output.removeSubrange(start...)
    } else {
      output.append(contentsOf: time)
    }
  }

  private func appendPoints(
    _ record: Record, _ tags: [UInt8], _ time: [UInt8], to output: inout [UInt8]
  ) {
    record.forEachField { key, value in
      guard LineProtocol.isMetric(key) else { return }
      LineProtocol.append(key, escaping: LineProtocol.special, to: &output)
      output.append(contentsOf: tags)
      output.append(contentsOf: " value=".utf8)
      LineProtocol.append(value: value, of: key, to: &output)
      output.append(contentsOf: time)
    }
  }

  /// What a backslash has to stand before in measurements, keys and tags.
  private static let special = [UInt8](", =".utf8)

  /// A tag's value; a backslash at its end would escape what follows, and cannot be escaped itself.
  private static func tag(_ value: [UInt8]) -> [UInt8] {
    var text = Escape.decode(value.span)
    while text.last == UInt8(ascii: "\\") { text.removeLast() }
    return text
  }

  private static func isMetric(_ key: Span<UInt8>) -> Bool {
    !RecordKey.allCases.contains { $0.matches(key) }
  }

  private static func append(
    value: Span<UInt8>, of key: Span<UInt8>, to output: inout [UInt8]
  ) {
    if let number = DecimalText(value, ofMetric: key) {
      number.append(from: value, to: &output)
    } else {
      output.append(UInt8(ascii: "\""))
      append(Escape.decode(value).span, escaping: [UInt8]("\"\\".utf8), to: &output)
      output.append(UInt8(ascii: "\""))
    }
  }

  private static func append(
    _ text: Span<UInt8>, escaping special: [UInt8], to output: inout [UInt8]
  ) {
    for index in text.indices {
      // A line feed would end the point.
      let byte = text[index] == UInt8(ascii: "\n") ? UInt8(ascii: " ") : text[index]
      if special.contains(byte) { output.append(UInt8(ascii: "\\")) }
      output.append(byte)
    }
  }
}
