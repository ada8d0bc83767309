import Glibc

/// The names of all settings of all tools, and the nearest one to an unknown name.
enum SettingNames {
  static let all = allSettingGroups.flatMap(\.settings).compactMap(\.name)
  /// Variables that the scripts and the search for p1.conf read.
  private static let others: Set = ["P1_BIN", "P1_CONF"]
  private static let prefixes = [
    "p1cat": "SER_", "p1parse": "P1_", "p1mqtt": "MQTT_", "p1influx": "INFLUXDB_",
  ]

  /// Removed settings, and what to use instead. They are errors, because a connection must not be less
  /// secure than the user has set it.
  private static let removed = [
    "MQTT_PSK": noSharedKeys, "MQTT_PSK_FILE": noSharedKeys, "MQTT_PSK_IDENTITY": noSharedKeys,
  ]
  private static let noSharedKeys =
    "TLS with a pre-shared key is not supported any more; use certificates, see MQTT_CA_FILE"

  /// A name in p1.conf.
  enum Kind: Equatable {
    case known
    /// The name belongs to another program with settings in the same file.
    case foreign
    /// The name is misspelt; the nearest setting, or nil if none is near.
    case misspelt(nearest: String?)
    case removed(String)
  }

  /// The kind of a name in p1.conf. A name with the prefix of a tool never belongs to another program.
  static func kind(of name: String) -> Kind {
    guard !all.contains(name), !others.contains(name) else { return .known }
    if let reason = removed[name] { return .removed(reason) }
    let near = all.map { ($0, editDistance(name, $0)) }.min { $0.1 < $1.1 }
    if let near, near.1 <= 2 { return .misspelt(nearest: near.0) }
    guard let prefix = prefixes.values.first(where: name.hasPrefix) else { return .foreign }
    let kin = all.filter { $0.hasPrefix(prefix) }.map { ($0, editDistance(name, $0)) }
      .min { $0.1 < $1.1 }
    return .misspelt(nearest: kin.flatMap { $0.1 < 5 ? $0.0 : nil })
  }

  // MARK: - The environment

  /// The removed settings of a tool, with what to do without them.
  static func removed(of tool: String) -> [(name: String, reason: String)] {
    removed.filter { $0.key.hasPrefix(prefixes[tool] ?? "?") }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// Variables that look like a misspelt setting, with that setting. Each tool looks for those of its own
  /// prefix, so that only one tool of a pipe warns about a variable.
  static func misspelt(
    among names: some Sequence<String>, of tool: String
  ) -> [(name: String, meant: String)] {
    guard let prefix = prefixes[tool] else { return [] }
    let unknown = names.filter {
      $0.hasPrefix(prefix) && !all.contains($0) && !others.contains($0)
    }
    return unknown.sorted().compactMap { name in nearest(to: name, prefix).map { (name, $0) } }
  }

  /// The setting whose name is nearest to that of a variable; nil where none is near, as to
  /// `MQTT_PORT_1883_TCP`, which Docker sets.
  private static func nearest(to name: String, _ prefix: String) -> String? {
    let near = all.filter { $0.hasPrefix(prefix) }.compactMap { setting in
      errors(in: name.dropFirst(prefix.count), for: setting.dropFirst(prefix.count)).map {
        (setting: setting, errors: $0)
      }
    }
    return near.min { $0.errors < $1.errors }?.setting
  }

  /// How many letters differ; nil if these are more than two, or a third of them. A name that begins with
  /// that of a setting, `PASSWORD` for `PASS`, is near, too.
  private static func errors(in name: Substring, for setting: Substring) -> Int? {
    let most = min(2, max(1, setting.count / 3))
    let errors = editDistance(name, setting)
    if errors <= most { return errors }
    let rest = name.dropFirst(setting.count)
    return name.hasPrefix(setting) && rest.allSatisfy(\.isLetter) ? errors : nil
  }

  /// How many bytes have to be inserted, removed, replaced, or exchanged with their neighbour to make one
  /// text of another (optimal string alignment).
  static func editDistance(_ one: some StringProtocol, _ other: some StringProtocol) -> Int {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    for (i, byte) in one.enumerated() {
      var row = [i + 1]
      for (j, otherByte) in other.enumerated() {
        let replaced = last[j] + (byte == otherByte ? 0 : 1)
        var least = min(replaced, last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, byte == other[j - 1], one[i - 1] == otherByte {
          least = min(least, beforeLast[j - 1] + 1)
        }
        row.append(least)
      }
      (beforeLast, last) = (last, row)
    }
    return last[other.count]
  }
}

extension Messages {
  /// Warns about variables in the environment that may be mistyped settings of a tool.
  func sayMisspeltSettings(of tool: String) {
    for (name, meant) in SettingNames.misspelt(among: variableNames(), of: tool) {
      say(.warning, name, "unknown setting; did you mean \(meant)?")
    }
  }
}

/// The names of all variables in the environment of the process.
private func variableNames() -> [String] {
  var names: [String] = []
  var entry = unsafe environ
  while let variable = unsafe entry.pointee {
    let text = unsafe String(cString: variable)
    names.append(String(text.prefix { $0 != "=" }))
    unsafe entry += 1
  }
  return names
}
