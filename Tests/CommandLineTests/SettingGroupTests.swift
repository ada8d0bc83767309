import ArgumentParser
import Testing

@testable import CommandLine

/// Options, environment and p1.conf of a made-up tool whose settings are declared as groups.
@Suite struct SettingGroupTests {
  struct Kitchen: SettingGroup {
    static let title = "Kitchen"
    let cups = Setting(
      "P1_CUPS", option: "cups", letter: "c", .number(1...12, "count"), default: 4,
      help: "Fill this many cups.")
    let milk = Setting(
      "P1_MILK", option: "milk", .flag, default: true, isInvertible: true, help: "Add milk.")
    let once = Setting(nil, option: "once", .flag, default: false, help: "Stop after one pot.")
    let beans = Setting(
      "P1_BEANS", option: "bean", .text("name"), isRepeatable: true, help: "Use these beans.")
    let key = Setting("P1_KEY", .text("key"), isSecret: true, help: "Open the door with it.")
  }

  struct Plan: ToolPlan {
    let subject = "kitchen"
    func run(_ messages: Messages) {}
  }

  struct Pot: Tool {
    static let configuration = CommandConfiguration(commandName: "pot")
    @OptionGroup(title: Kitchen.title) var kitchen: GroupOptions<Kitchen>
    @OptionGroup var general: GroupOptions<GeneralSettings>
    var commonOptions: [any AnySetting] { [] }
    var optionGroups: [any AnyGroupOptions] { [kitchen, general] }
    func plan(_ settings: Settings) -> Plan { Plan() }
  }

  private let kitchen = Kitchen()

  private func settings(
    _ arguments: [String], _ file: String = "", _ environment: [String: String] = [:]
  ) throws -> Settings {
    let pot = try #require(try Pot.parseAsRoot(arguments) as? Pot)
    let options = pot.optionGroups.reduce(into: [:]) { $0.merge($1.typed) { first, _ in first } }
    return Settings(
      options: options, file: try ConfigurationFile(path: "p1.conf", Array(file.utf8)),
      environment: { environment[$0] })
  }

  @Test func optionsComeFirstThenTheEnvironmentThenTheFile() throws {
    let file = "P1_CUPS = 1\nP1_MILK = False\nP1_BEANS = 'Harar'\n"
    let environment = ["P1_CUPS": "2", "P1_BEANS": ""]
    let fromFile = try settings([], file)
    #expect(try fromFile[kitchen.cups] == 1 && fromFile[kitchen.beans] == "Harar")
    #expect(try !fromFile[kitchen.milk])
    let fromEnvironment = try settings([], file, environment)
    #expect(try fromEnvironment[kitchen.cups] == 2)
    #expect(try fromEnvironment[kitchen.beans] == nil)
    let typed = try settings(
      ["-c", "3", "--milk", "--bean", "a", "--bean", "b"], file, environment)
    #expect(try typed[kitchen.cups] == 3 && typed[kitchen.milk])
    #expect(try typed[kitchen.beans] == "a,b")
    #expect(try !settings(["--no-milk"])[kitchen.milk])
    let plain = try settings([])
    #expect(try plain[kitchen.cups] == 4 && plain[kitchen.milk] && !plain[kitchen.once])
  }

  @Test(arguments: [
    (["--cups", "0"], "", "--cups", "\"0\" is not a whole number from 1 to 12", Int32(64)),
    (["--cups", ""], "", "--cups", "it must not be empty", 64),
    ([], "\nP1_CUPS = 'x'\n", "p1.conf:2", "P1_CUPS: \"x\" is not a whole number from 1 to 12", 78),
    ([], "P1_MILK = maybe", "p1.conf:1", "P1_MILK: \"maybe\" is neither True nor False", 78),
  ])
  func aWrongValueNamesItsPlace(
    _ arguments: [String], _ file: String, _ subject: String, _ reason: String, _ status: Int32
  ) throws {
    let settings = try settings(arguments, file)
    let failure = #expect(throws: Failure.self) { try settings.checkValues([kitchen]) }
    #expect(failure?.subject == subject && failure?.reason == reason)
    #expect(failure?.exitStatus.rawValue == status)
  }

  @Test func theListingSaysWhereEachCameFromAndShowsNoSecret() throws {
    let settings = try settings(
      ["--cups", "3"], "P1_KEY = 'sesame'\nP1_BEANS = \"it's\"", ["P1_MILK": "no"])
    #expect(
      settings.listing([kitchen]) == """
        P1_CUPS = '3'  # --cups
        P1_MILK = 'no'  # environment
        P1_BEANS = 'it\\'s'  # p1.conf:2
        # P1_KEY is set  # p1.conf:1

        """)
  }

  @Test func helpHasALineForEachOption() {
    let help = Pot.helpMessage(columns: 100)
    #expect(help.contains("KITCHEN:") || help.contains("Kitchen:"), "\(help)")
    #expect(
      help.contains("-c, --cups <count>      Fill this many cups. (default: $P1_CUPS, else 4)"))
    #expect(help.contains("--milk/--no-milk"), "\(help)")
    #expect(!help.contains("P1_KEY"))
  }
}
