import SystemPackage

/// How a tool reports its counters: its settings, checked.
public struct MonitoringSettings {
  /// How often the counters are logged; nil for never.
  let period: Duration?
  let metrics: MetricsPlace?

  /// - Throws: ``Failure`` for a setting that cannot be used.
  public init(_ settings: Settings, of tool: String) throws {
    period = try settings[MonitoringGroup().stats]
    metrics = try MetricsPlace(settings, of: tool)
  }
}

/// The place of the file of `--metrics-file`.
public struct MetricsPlace {
  let path: String
  /// The name of the file without `.prom` and the name of the tool: `house` of `house-{tool}.prom`. It tells the
  /// pipes on a machine apart, as their files are read together. Empty if nothing else is left.
  let pipe: String

  private static let variable = "{tool}"

  /// Nil if the setting is not set.
  ///
  /// - Throws: ``Failure`` for a setting of all tools that would name the same file for each.
  public init?(_ settings: Settings, of tool: String) throws {
    let setting = MetricsGroup().file
    guard let template = try settings[setting], ValueForm.truth(template) != false else {
      return nil
    }
    guard settings.isOption(setting) || template.contains(MetricsPlace.variable) else {
      guard !settings.ignoresWrongValues else { return nil }
      throw settings.failure(
        setting,
        "\"\(template)\" names one file for all tools; add \(MetricsPlace.variable) to its name")
    }
    path = template.replacing(MetricsPlace.variable, with: tool)
    let name = FilePath(template).lastComponent?.string ?? ""
    let stem = name.hasSuffix(".prom") ? String(name.dropLast(5)) : name
    let parts = stem.replacing(MetricsPlace.variable, with: "").drop { "-_.".contains($0) }
    pipe = String(parts.reversed().drop { "-_.".contains($0) }.reversed())
  }
}
