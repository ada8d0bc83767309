import Telegrams

/// The versions of the P1 port as text: name, where it is specified, and whose it is, in columns.
struct VersionList {
  let text: String

  init(files: [SpecificationPath.Found]) {
    let paths = Dictionary(files.map { ($0.version, $0.path) }) { first, _ in first }
    // With a file for all there is nothing else.
    let ofAll = paths[""]
    var rows = KnownVersion.all.map {
      [$0.name, ofAll ?? paths[$0.name] ?? "built-in", $0.description]
    }
    let known = Set(KnownVersion.all.map(\.name))
    rows += files.filter { !known.contains($0.version) }.map {
      [$0.version.isEmpty ? "any other" : $0.version, $0.path, "-"]
    }
    text = TextTable.text(of: rows)
  }
}
