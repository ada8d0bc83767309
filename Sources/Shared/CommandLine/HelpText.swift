/// What `--help` prints, on two screens: the options that most people need, the names of all others by group, examples,
/// and the page to read.
struct HelpText {
  let name: String
  let abstract: String
  let usage: String
  let commonOptions: [any AnySetting]
  let groups: [any SettingGroup]
  let examples: String

  private static let width = 80
  /// The column in which the texts of options begin.
  private static let textColumn = 25

  var text: String {
    """
    \(abstract)

    Usage: \(usage)

    Options that most people need:
    \(commonOptions.map(HelpText.entry).joined(separator: "\n"))

    All other options, which \(name)(1) describes:
    \(groups.compactMap(otherOptions).joined(separator: "\n"))

    Examples:
    \(examples)

    Most options are also settings of p1.conf and the environment: see p1.conf(5).
    """
  }

  /// An option with its text.
  private static func entry(_ setting: any AnySetting) -> String {
    let head = "  " + names(of: setting) + value(of: setting)
    let defaults = setting.defaultText.map { " (default: \($0))" } ?? ""
    let text = wrapped(setting.summary + defaults, from: textColumn)
    let room = textColumn - head.count
    let gap = room > 1 ? room : textColumn
    return head + (room > 1 ? "" : "\n") + String(repeating: " ", count: gap) + text
  }

  /// `-v --verbose`; empty for a setting without an option.
  private static func names(of setting: any AnySetting) -> String {
    [setting.letter.map { "-\($0)" }, setting.option.map { "--\($0)" }]
      .compactMap(\.self).joined(separator: " ")
  }

  private static func value(of setting: any AnySetting) -> String {
    guard let placeholder = setting.placeholder else { return "" }
    return setting.bareValue == nil ? " <\(placeholder)>" : " [<\(placeholder)>]"
  }

  /// A line or more with the names of the options of a group that are not among the first ones; nil if there are none.
  private func otherOptions(of group: any SettingGroup) -> String? {
    let common = Set(commonOptions.map(\.key))
    let own =
      group is GeneralSettings ? ["--generate-completion-script", "--version", "-h --help"] : []
    let others = group.settings.filter { $0.optionText != nil && !common.contains($0.key) }
    let names = others.map(HelpText.names) + own
    guard !names.isEmpty else { return nil }
    let head = "  \(type(of: group).title): "
    return head + HelpText.wrapped(names.joined(separator: ", "), from: 4, after: head.count)
  }

  /// Text in lines of ``width`` characters, which begin in a column.
  ///
  /// - Parameter start: the column in which the first line begins; nil for that of the others.
  private static func wrapped(_ text: String, from column: Int, after start: Int? = nil) -> String {
    var (lines, used) = ([""], start ?? column)
    for word in text.split(separator: " ") {
      let isFirst = lines[lines.count - 1].isEmpty
      if used + word.count + (isFirst ? 0 : 1) > width {
        lines.append(String(word))
        used = column + word.count
      } else {
        lines[lines.count - 1] += (isFirst ? "" : " ") + word
        used += word.count + (isFirst ? 0 : 1)
      }
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: column))
  }
}
