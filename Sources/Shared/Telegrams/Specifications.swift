import Metrics

/// The specifications in use: the built-in knowledge, and that of each version that has a file.
struct Specifications {
  private let names: NameSet
  private let lookup: TelegramParser.Lookup
  private var builtIn: Specification
  private var files: [String: Specification] = [:]
  /// The versions that were asked for and have no file.
  private var withoutFile: [String] = []
  /// The version whose file is in use, nil for the built-in knowledge.
  private var version: String?

  /// So many versions are told apart; a hostile input can name more than memory holds.
  private static let maximumVersions = 64

  init(names: NameSet, lookup: @escaping TelegramParser.Lookup) {
    self.names = names
    self.lookup = lookup
    builtIn = Specification(names: names)
  }

  /// Turns to the specification of a version.
  ///
  /// - Parameters:
  ///   - version: what a telegram says of itself.
  ///   - isDamaged: whether that may be wrong, and is then as good as nothing.
  /// - Throws: `UnknownVersion`, or what the lookup threw.
  mutating func select(_ version: MeterVersion?, isDamaged: Bool) throws {
    self.version = nil
    guard let version, !withoutFile.contains(version.text) else { return }
    if files[version.text] == nil {
      guard let entries = try lookup(version.text) else {
        if isDamaged { return }
        guard version.isBuiltIn else {
          throw TelegramParser.UnknownVersion(version: version.text)
        }
        if withoutFile.count >= Specifications.maximumVersions { withoutFile.removeAll() }
        withoutFile.append(version.text)
        return
      }
      if files.count >= Specifications.maximumVersions { files.removeAll() }
      files[version.text] = Specification(entries, names: names)
    }
    self.version = version.text
  }

  /// What becomes of the lines with this code.
  mutating func rule(for code: OBISCode) -> Specification.Rule {
    guard let version else { return builtIn.rule(for: code) }
    return files[version, default: builtIn].rule(for: code)
  }

  /// Whether it is the built-in knowledge that is in use.
  var isBuiltIn: Bool { version == nil }

  /// How many fields the rules asked for can make.
  var fieldCount: Int { version.flatMap { files[$0]?.fieldCount } ?? builtIn.fieldCount }
}
