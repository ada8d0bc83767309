/// The specifications in use: that of each version that has a file, and the built-in knowledge.
struct Specifications {
  private let names: NameSet
  private let lookup: TelegramParser.Lookup
  /// That of the telegram being read.
  var current: Specification
  private var currentVersion: String?
  /// Those of other versions; nil is the built-in one.
  private var others: [String?: Specification] = [:]
  /// The versions that were asked for and have no file.
  private var withoutFile: Set<String> = []

  /// So many versions are told apart; a hostile input can name more than memory holds.
  private static let maximumVersions = 64

  init(names: NameSet, lookup: @escaping TelegramParser.Lookup) {
    self.names = names
    self.lookup = lookup
    current = Specification(names: names)
  }

  /// Makes that of a version the current one.
  ///
  /// - Throws: `UnknownVersion`, or what the lookup threw.
  mutating func select(_ version: MeterVersion?) throws {
    var key: String?
    var found: Specification?
    if let version, version.text != currentVersion, !withoutFile.contains(version.text) {
      found = try others[version.text] ?? file(of: version)
      key = found == nil ? nil : version.text
    } else if let version, version.text == currentVersion {
      return
    }
    guard key != currentVersion else { return }
    if others.count >= Specifications.maximumVersions { others.removeAll() }
    others[currentVersion] = current
    current = found ?? others[nil] ?? Specification(names: names)
    currentVersion = key
  }

  private mutating func file(of version: MeterVersion) throws -> Specification? {
    if let entries = try lookup(version.text) { return Specification(entries, names: names) }
    guard version.isBuiltIn else {
      throw TelegramParser.UnknownVersion(version: version.text)
    }
    if withoutFile.count >= Specifications.maximumVersions { withoutFile.removeAll() }
    withoutFile.insert(version.text)
    return nil
  }
}
