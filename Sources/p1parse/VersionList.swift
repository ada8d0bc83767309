import Telegrams

/// The versions of the P1 port as text: name, where it is specified, and whose it is, in columns.
struct VersionList {
  let text: String

  init(files: [SpecificationSearchPath.Found]) {
    let ofAll = files.first { $0.version == nil }?.path
    let paths = Dictionary(files.map { ($0.version, $0.path) }) { first, _ in first }
    var rows = KnownVersion.all.map {
      [$0.name, ofAll ?? paths[$0.name] ?? "built-in", $0.description]
    }
    rows += files.filter { $0.version.flatMap(KnownVersion.init(named:)) == nil }.map {
      [$0.version ?? "any other", $0.path, "-"]
    }
    text = TextTable.text(of: rows)
  }
}
