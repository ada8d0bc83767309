import Metrics

/// The rules of each version and kind of meter in a stream, and which of them read the current
/// telegram.
struct VersionRules {
  private struct Key: Hashable {
    /// The version of the specification file; nil for the built-in specification.
    let version: String?
    let meter: MeterKind
  }

  private let names: NameSet
  private let files: SpecificationFiles
  private var rulesByKey: [Key: LineRules] = [:]
  private var selectedKey: Key
  /// The rules for the current telegram.
  private(set) var selected: LineRules

  init(names: NameSet, files: SpecificationFiles) {
    self.names = names
    self.files = files
    selectedKey = Key(version: nil, meter: .dsmr5)
    selected = LineRules(naming: Naming(names, selectedKey.meter))
    rulesByKey[selectedKey] = selected
  }

  /// The metric names of the current telegram.
  var naming: Naming { Naming(names, selectedKey.meter) }

  /// Selects the rules for a telegram of this version.
  ///
  /// - Returns: false if the version is unknown; the built-in specification is then selected.
  mutating func select(_ version: MeterVersion) -> Bool {
    let file = files.first(of: version.names)
    let key = Key(version: file?.version, meter: version.meter)
    if key != selectedKey {
      selectedKey = key
      selected =
        rulesByKey[key] ?? file.map { LineRules($0.entries, naming: naming) }
        ?? LineRules(naming: naming)
      rulesByKey[key] = selected
    }
    return file != nil || version.isBuiltIn
  }
}
