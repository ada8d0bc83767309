import Metrics

/// The specifications in use: the built-in knowledge and what files say, each with the names that fit
/// the kind of meter.
struct Specifications {
  private struct Key: Hashable {
    /// The version that the file is for, nil for the built-in knowledge.
    let version: String?
    let meter: MeterKind
  }

  private let names: NameSet
  private let files: SpecificationFiles
  private var all: [Key: Specification] = [:]
  private var key: Key

  init(names: NameSet, files: SpecificationFiles) {
    self.names = names
    self.files = files
    key = Key(version: nil, meter: .dsmr5)
    all[key] = Specification(naming: naming)
  }

  /// What the metrics of the last telegram are called.
  var naming: Naming { Naming(names, key.meter) }

  /// Turns to the specification of a telegram.
  ///
  /// - Parameter version: what the telegram tells of its meter.
  /// - Returns: false where nothing is known of the version; it is then the built-in knowledge.
  mutating func select(_ version: MeterVersion) -> Bool {
    let file = files.first(of: version.names)
    key = Key(version: file?.version, meter: version.meter)
    if all[key] == nil {
      all[key] =
        file.map { Specification($0.entries, naming: naming) } ?? Specification(naming: naming)
    }
    return file != nil || version.isBuiltIn
  }

  /// What becomes of the lines with this code.
  mutating func rule(for code: OBISCode) -> Specification.Rule {
    let naming = naming
    return all[key, default: Specification(naming: naming)].rule(for: code)
  }

  /// How many fields the rules asked for can make.
  var fieldCount: Int { all[key]?.fieldCount ?? 0 }
}
