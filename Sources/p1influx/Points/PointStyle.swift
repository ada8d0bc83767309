import CommandLine

/// What points look like.
struct PointStyle {
  /// How a record becomes points.
  enum Layout: String, CaseIterable {
    /// One point a record: its metrics are the fields.
    case wide
    /// One point a metric: the metric is the measurement, the field is called `value`.
    case metric
  }

  var layout = Layout.wide
  /// The measurement of the wide layout, escaped.
  private(set) var measurement = [UInt8]("dsmr".utf8)
  /// Tags that each point has, escaped: `,house=1`.
  private(set) var tags: [UInt8] = []
  private var tagNames: [String] = []
  var precision = Precision.nanoseconds

  /// What a backslash has to stand before.
  static let specialInMeasurement = [UInt8](", ".utf8)
  static let specialInTag = [UInt8](", =".utf8)
  static let specialInText = [UInt8]("\"\\".utf8)

  /// Tags that points have anyway, and names that InfluxDB keeps for itself.
  private static let reservedTags = ["meter", "channel", "time"]

  init() {}

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ settings: Settings) throws {
    let group = PointGroup()
    precision = try settings.value(group.precision, of: Precision.self)
    layout = try settings.value(group.layout, of: Layout.self)
    let name = try settings[group.measurement]
    guard setMeasurement(name) else {
      throw settings.failure(group.measurement, "\"\(name)\" cannot be the name of a measurement")
    }
    for tag in try settings.list(group.tags) where !addTag(tag) {
      throw settings.failure(
        group.tags, "\"\(tag)\" is not a tag: key=value, each key once, not meter, channel or time")
    }
  }

  /// Names the measurement of the wide layout.
  ///
  /// - Returns: false, and changes nothing, for a name that no measurement can have.
  mutating func setMeasurement(_ name: String) -> Bool {
    guard PointStyle.isPossible(name), !name.hasPrefix("_"), !name.hasPrefix("#") else {
      return false
    }
    measurement = []
    PointStyle.append(name.utf8Bytes, escaping: PointStyle.specialInMeasurement, to: &measurement)
    return true
  }

  /// Adds a tag to all points: `house=1`.
  ///
  /// - Returns: false, and changes nothing, for what can be no tag.
  mutating func addTag(_ text: String) -> Bool {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ PointStyle.isPossible(String($0)) }),
      !(PointStyle.reservedTags + tagNames).contains(String(parts[0])), !parts[0].hasPrefix("_")
    else {
      return false
    }
    tagNames.append(String(parts[0]))
    tags.append(UInt8(ascii: ","))
    PointStyle.append(String(parts[0]).utf8Bytes, escaping: PointStyle.specialInTag, to: &tags)
    tags.append(UInt8(ascii: "="))
    PointStyle.append(String(parts[1]).utf8Bytes, escaping: PointStyle.specialInTag, to: &tags)
    return true
  }

  /// Whether a name can stand in a point: not empty, nothing that drives a terminal or ends a line,
  /// and no backslash at its end, which would escape what follows and cannot be escaped itself.
  private static func isPossible(_ name: String) -> Bool {
    !name.isEmpty && !name.hasSuffix("\\") && name.utf8.count <= 1024
      && name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  /// Appends text with a backslash before what is special in it.
  static func append(_ text: [UInt8], escaping special: [UInt8], to output: inout [UInt8]) {
    for (index, byte) in text.enumerated() {
      // A line feed would end the point.
      let byte = byte == UInt8(ascii: "\n") ? UInt8(ascii: " ") : byte
      // In a name it cannot be escaped itself, and databases differ in what it then escapes.
      if byte == UInt8(ascii: "\\"), !special.contains(byte), index + 1 < text.count,
        special.contains(text[index + 1]) || text[index + 1] == UInt8(ascii: "\n")
      {
        continue
      }
      if special.contains(byte) { output.append(UInt8(ascii: "\\")) }
      output.append(byte)
    }
  }
}
