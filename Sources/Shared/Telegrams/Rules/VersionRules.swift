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
  private var selected: Key

  init(names: NameSet, files: SpecificationFiles) {
    self.names = names
    self.files = files
    selected = Key(version: nil, meter: .dsmr5)
    rulesByKey[selected] = LineRules(naming: naming)
  }

  /// The metric names of the current telegram.
  var naming: Naming { Naming(names, selected.meter) }

  /// Selects the rules for a telegram of this version.
  ///
  /// - Returns: false if the version is unknown; the built-in specification is then selected.
  mutating func select(_ version: MeterVersion) -> Bool {
    let file = files.first(of: version.names)
    selected = Key(version: file?.version, meter: version.meter)
    if rulesByKey[selected] == nil {
      rulesByKey[selected] =
        file.map { LineRules($0.entries, naming: naming) } ?? LineRules(naming: naming)
    }
    return file != nil || version.isBuiltIn
  }

  mutating func rule(for code: OBISCode) -> LineRule {
    let naming = naming
    return rulesByKey[selected, default: LineRules(naming: naming)].rule(for: code)
  }

  /// The number of ``LineRule/fieldIndex`` values of the selected rules.
  var fieldCount: Int { rulesByKey[selected]?.fieldCount ?? 0 }
}
