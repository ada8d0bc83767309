/// The lists that DLMS meters send in place of telegrams.
public struct DLMSGroup: SettingGroup {
  public static let title = "Lists of DLMS meters"

  public let file = Setting(
    "P1_LIST_FILE", option: "list-file", .file,
    help: "Also read the DLMS lists that this list file defines.",
    manual: """
      Use it if
      .Nm
      logs an unknown list.
      .Xr p1spec 5
      describes the file.
      """)
  public let printsBuiltIn = Setting(
    nil, option: "print-lists", .flag, default: false,
    help: "Print the built-in definitions of lists and exit.",
    manual: "Use them as the start of a list file of your own.")

  public init() {}
}
