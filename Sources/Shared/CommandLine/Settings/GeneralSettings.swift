/// The options of every tool about its settings and its messages.
public struct GeneralSettings: SettingGroup {
  public static let title = "General options"

  public let check = Setting(
    nil, option: "check", .flag, default: false,
    help: "Check all settings, print them and exit.",
    manual: """
      The tool does not read its input and contacts no server.
      It prints each setting as a line of
      .Xr p1.conf 5 ,
      with the place where it was set.
      For a sink that is turned off or has no server, the exit status is 1.
      """)
  public let config = Setting(
    nil, option: "config", .file,
    default: "P1_CONF, else ./p1.conf or others",
    help: "Read settings from this file.",
    manual: """
      .Xr p1.conf 5
      describes the file, and lists the others.
      Options and the environment take precedence over the file.
      """)
  public let verbose = Setting(
    nil, option: "verbose", letter: "v", .flag, default: false,
    help: "Log more on standard error.")
  public let quiet = Setting(
    nil, option: "quiet", letter: "q", .flag, default: false,
    help: "Log only errors on standard error.")

  public init() {}
}
