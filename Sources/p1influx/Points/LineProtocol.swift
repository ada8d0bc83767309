import Records

/// Records as InfluxDB's line protocol: `measurement,tag=value field=1.5,text="…" 1700000000000000000`.
///
/// Numbers are always written as floats, so that a field never changes its type.
struct LineProtocol {
  private let style: PointStyle
  private var recent = PredictiveCache<Points>()

  init(_ style: PointStyle) {
    self.style = style
  }

  /// The metric whose field a database refuses.
  func metric(of conflict: FieldConflict) -> String {
    switch style.layout {
    case .wide: Points.metric(ofField: conflict.field)
    case .metric: conflict.measurement
    }
  }

  /// What to do about a conflict.
  var remedy: String {
    switch style.layout {
    case .wide: "write to another measurement (--measurement), or with --layout metric"
    case .metric: "write to another database (--db), or with --layout wide"
    }
  }

  /// Appends the points of a record.
  ///
  /// - Parameters:
  ///   - record: one that has a timestamp.
  ///   - output: what they are appended to; each point ends with a line feed.
  mutating func append(_ record: Record, to output: inout [UInt8]) {
    if let text = recent.first({ $0.become(those: record, style.precision) ? $0.text : nil }) {
      return output.append(contentsOf: text)
    }
    guard let points = Points(of: record, style) else { return }
    output.append(contentsOf: points.text)
    if points.canBecomeOthers, points.text.count <= RecordReader.maximumRecordLength {
      recent.add(points)
    }
  }
}
