import CommandLine

/// What the manual says of the settings: made of their declarations, which the tools read
/// their options from as well.
struct Reference {
  let tool: String
  let groups: [any SettingGroup]

  /// The list of OPTIONS, with the name of each setting. A setting without an option has only its name.
  var options: [String] {
    groups.flatMap { group in
      let own = group is GeneralSettings ? Reference.versionAndHelp : []
      return [".Ss \(type(of: group).title)", ".Bl -tag -width Ds"]
        + group.settings.flatMap { [Reference.item($0)] + Reference.text(of: $0) } + own + [".El"]
    }
  }

  private static let versionAndHelp = [
    ".It Fl -version", "Print the version.", ".It Fl h , -help",
    "Print the options that most people need, and the names of all others.",
    ".It Fl -generate-completion-script Ar shell",
    "Print what bash, zsh or fish needs to complete the options.",
  ]

  /// The list of some counters.
  static func list(of counters: [Counter]) -> [String] {
    [".Bl -tag -width longest_unread_s"]
      + counters.flatMap { [".It Cm \($0.shownName)"] + sentences($0.description) } + [".El"]
  }

  /// A list for p1.conf(5): each setting, with its option in the page of its tool.
  static func settings(of references: [Reference]) -> [String] {
    var listed: Set<String> = []
    return references.flatMap { reference in
      [".Ss \(reference.tool)"]
        + [".Bl -tag -width Ds"]
        + reference.groups.flatMap(\.settings).flatMap { setting -> [String] in
          guard let name = setting.name, listed.insert(name).inserted else { return [] }
          let flag =
            flag(of: setting, isShort: true).map { ["Its option is", ".Fl \($0) ."] } ?? []
          return [".It Cm \(name)"] + sentences(setting.summary) + defaultLines(of: setting) + flag
        } + [".El"]
    }
  }

  /// `Fl -qos`, and `Fl v , -verbose` for an option with a letter.
  private static func flag(of setting: any AnySetting, isShort: Bool = false) -> String? {
    let long = setting.option.map { "-\($0)" }
    guard let letter = setting.letter.map(String.init) else { return long }
    return isShort ? letter : [letter, long].compactMap(\.self).joined(separator: " | ")
  }

  /// ` Ar level`; in brackets where the option may be given without a value.
  private static func value(of setting: any AnySetting) -> String {
    guard let placeholder = setting.placeholder else { return "" }
    return setting.bareValue == nil ? " Ar \(placeholder)" : " Oo Ar \(placeholder) Oc"
  }

  private static func item(_ setting: any AnySetting) -> String {
    let names = [
      setting.letter.map(String.init), setting.option.map { "-\($0)" },
    ].compactMap(\.self)
    guard !names.isEmpty else { return ".It Ev \(setting.name ?? "")" }
    let inverse = setting.isInvertible ? " , Fl -no-\(setting.option ?? "")" : ""
    let variable = setting.name.map { " Pq Ev \($0)" } ?? ""
    return ".It Fl \(names.joined(separator: " , "))\(Reference.value(of: setting))\(inverse)"
      + variable
  }

  private static func text(of setting: any AnySetting) -> [String] {
    let manual = setting.manual.split(separator: "\n").map(String.init)
    return sentences(setting.summary) + manual + defaultLines(of: setting)
  }

  private static func defaultLines(of setting: any AnySetting) -> [String] {
    defaultText(of: setting).map { ["The default is \(escaped($0))."] } ?? []
  }

  /// The default, with its unit: the placeholder of a number is its unit, or says what is counted.
  private static func defaultText(of setting: any AnySetting) -> String? {
    guard let text = setting.defaultText, Double(text) != nil, let unit = setting.placeholder,
      ["seconds", "MiB", "KiB"].contains(unit)
    else {
      return setting.defaultText
    }
    return "\(text) \(unit)"
  }

  /// Each sentence on a line of its own.
  private static func sentences(_ text: String) -> [String] {
    escaped(text).replacing(". ", with: ".\n").split(separator: "\n").map(String.init)
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\e")
  }
}
