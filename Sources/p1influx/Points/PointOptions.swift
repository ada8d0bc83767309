import ArgumentParser
import CommandLine

/// The options about what points look like.
struct PointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "wide: a point a record; metric: a point a metric (default: $INFLUXDB_LAYOUT or wide).",
      valueName: "layout"))
  var layout: String?

  @Option(
    help: ArgumentHelp(
      "The measurement of the wide layout (default: $INFLUXDB_MEASUREMENT or dsmr).",
      valueName: "name"))
  var measurement: String?

  @Option(
    name: .customLong("tag"),
    help: ArgumentHelp(
      "Give each point this tag; more than once for more (default: $INFLUXDB_TAGS).",
      valueName: "key=value"))
  var tags: [String] = []

  @Option(
    help: ArgumentHelp(
      "How exact times are: ns, us, ms or s (default: $INFLUXDB_PRECISION or ns).",
      valueName: "unit"))
  var precision: String?

  func option(for setting: SettingName) -> Environment.Option? {
    switch setting {
    case .influxLayout: .init("--layout", layout)
    case .influxMeasurement: .init("--measurement", measurement)
    case .influxPrecision: .init("--precision", precision)
    case .influxTags: .init("--tag", tags.isEmpty ? nil : tags.joined(separator: ","))
    default: nil
    }
  }

  /// What points look like: the options first, then the environment.
  ///
  /// - Throws: `Failure` for a setting that cannot be used.
  func style(_ environment: Environment) throws -> PointStyle {
    var style = PointStyle()
    style.precision =
      try environment.value(.influxPrecision, of: Precision.self) ?? style.precision
    style.layout =
      try environment.value(.influxLayout, of: PointStyle.Layout.self) ?? style.layout
    if let name = environment.string(.influxMeasurement), !style.setMeasurement(name) {
      throw environment.refused(.influxMeasurement, "\"\(name)\" can be no measurement")
    }
    let given =
      tags.isEmpty
      ? environment.string(.influxTags)?.split(separator: ",").map(String.init) ?? [] : tags
    for tag in given where !style.addTag(tag) {
      throw environment.refused(
        .influxTags, "\"\(tag)\" is no tag: key=value, once, and not meter, channel or time")
    }
    return style
  }
}
