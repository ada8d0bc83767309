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

  private let layout: Layout
  private var recent = Recent<Points>()

  init(layout: Layout) {
    self.layout = layout
  }

  /// Appends the points of a record.
  ///
  /// - Parameters:
  ///   - record: one that has a timestamp.
  ///   - output: what they are appended to; each point ends with a line feed.
  mutating func append(_ record: Record, to output: inout [UInt8]) {
    if let text = recent.first({ $0.become(those: record) ? $0.text : nil }) {
      return output.append(contentsOf: text)
    }
    guard let points = Points(of: record, layout) else { return }
    output.append(contentsOf: points.text)
    if points.canBecomeOthers, points.text.count <= RecordReader.maximumRecordLength {
      recent.add(points)
    }
  }
}
