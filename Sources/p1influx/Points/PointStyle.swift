import CommandLine

/// What points look like.
struct PointStyle {
  /// How a record becomes points.
  enum Layout: String, CaseIterable {
    /// One point per record, with its metrics as fields.
    case wide
    /// One point per metric: the metric is the measurement, the field is called `value`.
    case metric
  }

  var layout = Layout.wide
  /// The measurement of the wide layout, escaped.
  private(set) var measurement = [UInt8]("dsmr".utf8)
  /// Tags that each point has, escaped: `,house=1`.
  private(set) var tags: [UInt8] = []
  private var tagNames: [String] = []
  var precision = Precision.nanoseconds

  /// The characters that are escaped by a backslash.
  static let specialInMeasurement = [UInt8](", ".utf8)
  static let specialInTag = [UInt8](", =".utf8)
  static let specialInText = [UInt8]("\"\\".utf8)

  /// The tags of every point, and the name that InfluxDB reserves.
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
        group.tags,
        "\"\(tag)\" is not a tag; use key=value, each key once, and not meter, channel or time")
    }
  }

  /// Names the measurement of the wide layout.
  ///
  /// - Returns: false, and changes nothing, for an invalid name.
  mutating func setMeasurement(_ name: String) -> Bool {
    guard PointStyle.isValid(name), !name.hasPrefix("_"), !name.hasPrefix("#") else {
      return false
    }
    measurement = []
    PointStyle.append(name.utf8Bytes, escaping: PointStyle.specialInMeasurement, to: &measurement)
    return true
  }

  /// Adds a tag to all points: `house=1`.
  ///
  /// - Returns: false, and changes nothing, for an invalid or a repeated tag.
  mutating func addTag(_ text: String) -> Bool {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ PointStyle.isValid(String($0)) }),
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

  /// Whether a text may be part of a point: not empty, without control characters, and without a backslash
  /// at its end, which would escape the next character and cannot be escaped itself.
  private static func isValid(_ name: String) -> Bool {
    !name.isEmpty && !name.hasSuffix("\\") && name.utf8.count <= 1024
      && name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  /// Appends text with a backslash before its special characters.
  static func append(_ text: [UInt8], escaping special: [UInt8], to output: inout [UInt8]) {
    for (index, byte) in text.enumerated() {
      // A line feed would end the point.
      let byte = byte == UInt8(ascii: "\n") ? UInt8(ascii: " ") : byte
      // A backslash in a name cannot be escaped, and databases differ in how they read it before a special
      // character.
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
