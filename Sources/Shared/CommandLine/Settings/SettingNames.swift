import Glibc

/// The names of all settings of all tools, and the nearest one to an unknown name.
enum SettingNames {
  static let all = allSettingGroups.flatMap(\.settings).compactMap(\.name)
  /// Variables that the scripts and the search for p1.conf read.
  private static let others: Set = ["P1_BIN", "P1_CONF", "P1_CONF_NAME", "P1_STATUS"]
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
    guard let prefix = prefixes.values.first(where: name.hasPrefix) else {
      return nearest(to: name, in: all) { _ in 2 }.map { .misspelt(nearest: $0) } ?? .foreign
    }
    let kin = all.filter { $0.hasPrefix(prefix) }
    return .misspelt(nearest: extended(name, in: kin) ?? nearest(to: name, in: kin) { _ in 4 })
  }

  // MARK: - The environment

  /// The removed settings of a tool, with what to do without them.
  static func removed(of tool: String) -> [(name: String, reason: String)] {
    removed.filter { $0.key.hasPrefix(prefixes[tool] ?? "?") }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// Variables that look like a misspelt setting, with that setting. Each tool looks for those of its own
  /// prefix, so that only one tool of a pipe warns about a variable. Other programs may have variables with
  /// the prefix, such as `MQTT_PORT_1883_TCP` of Docker.
  static func misspelt(
    among names: some Sequence<String>, of tool: String
  ) -> [(name: String, meant: String)] {
    guard let prefix = prefixes[tool] else { return [] }
    let unknown = names.filter {
      $0.hasPrefix(prefix) && !all.contains($0) && !others.contains($0)
    }
    guard !unknown.isEmpty else { return [] }
    let kin = all.filter { $0.hasPrefix(prefix) }
    return unknown.sorted().compactMap { name in
      let near = nearest(to: name, in: kin) { min(2, max(1, ($0.count - prefix.count) / 3)) }
      return (near ?? extended(name, in: kin)).map { (name, $0) }
    }
  }

  // MARK: - The nearest name

  /// The name that differs least from another one, by at most `limit` letters; nil where none is so near.
  private static func nearest(
    to name: String, in names: [String], within limit: (String) -> Int
  ) -> String? {
    let near = names.compactMap { candidate -> (name: String, distance: Int)? in
      let most = limit(candidate)
      guard abs(candidate.utf8.count - name.utf8.count) <= most else { return nil }
      let distance = editDistance(name, candidate)
      return distance <= most ? (candidate, distance) : nil
    }
    return near.min { $0.distance < $1.distance }?.name
  }

  /// The longest name that another one begins with, before letters alone: `MQTT_PASS` for `MQTT_PASSWORD`.
  private static func extended(_ name: String, in names: [String]) -> String? {
    names.filter { name.hasPrefix($0) && name.dropFirst($0.count).allSatisfy(\.isLetter) }
      .max { $0.count < $1.count }
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
