import Glibc

/// Variables of the environment that look like a setting whose name was mistyped.
struct MisspeltSettings {
  /// The names of the variables, each with that of the setting it may stand for.
  let found: [(name: String, setting: Setting)]

  /// The prefixes that each tool checks, so that only one tool of a pipe warns about a variable.
  private static let prefixes = [
    "p1cat": "SER_", "p1parse": "P1_", "p1mqtt": "MQTT_", "p1influx": "INFLUXDB_",
  ]
  /// Settings of the scripts.
  private static let namesOfScripts: Set = ["P1_BIN", "P1_CONF"]

  /// - Parameters:
  ///   - tool: the tool that checks its prefix.
  ///   - names: the names of all variables.
  init(of tool: String, among names: some Sequence<String>) {
    guard let prefix = MisspeltSettings.prefixes[tool] else {
      found = []
      return
    }
    let candidates = names.filter { name in
      name.hasPrefix(prefix) && Setting(rawValue: name) == nil
        && !MisspeltSettings.namesOfScripts.contains(name)
    }
    found = candidates.sorted().compactMap { name in
      MisspeltSettings.nearest(to: name, prefix).map { (name, $0) }
    }
  }

  /// The setting whose name is the most like another one; nil where none is like it, as
  /// `MQTT_PORT_1883_TCP`, which Docker sets.
  private static func nearest(to name: String, _ prefix: String) -> Setting? {
    let near = Setting.allCases.filter { $0.rawValue.hasPrefix(prefix) }.compactMap { setting in
      let own = setting.rawValue.dropFirst(prefix.count)
      return errors(in: name.dropFirst(prefix.count), for: own).map {
        (setting: setting, errors: $0)
      }
    }
    return near.min { $0.errors < $1.errors }?.setting
  }

  /// How many letters make the difference; nil where that is more than two, or a third of them. A name
  /// that goes on behind that of a setting, `PASSWORD` for `PASS`, is like it as well.
  private static func errors(in name: Substring, for setting: Substring) -> Int? {
    let most = min(2, max(1, setting.count / 3))
    let errors = editDistance(Array(name.utf8), Array(setting.utf8))
    if errors <= most { return errors }
    let rest = name.dropFirst(setting.count)
    return name.hasPrefix(setting) && rest.allSatisfy(\.isLetter) ? errors : nil
  }

  /// How many bytes have to be put in, taken out, replaced, or exchanged with their neighbour to make
  /// one text of another (optimal string alignment).
  static func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
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
    for (name, setting) in MisspeltSettings(of: tool, among: variableNames()).found {
      say(.warning, name, "unknown setting; did you mean \(setting.rawValue)?")
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
