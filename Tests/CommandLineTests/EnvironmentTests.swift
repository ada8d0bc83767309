import CommandLine
import Testing

@Suite struct EnvironmentTests {
  private func environment(_ variables: [String: String]) -> Environment {
    Environment { variables[$0] }
  }

  private func failure<Value>(_ body: () throws -> Value) -> Failure? {
    #expect(throws: Failure.self) { _ = try body() }
  }

  @Test func emptySettingIsNotSet() throws {
    for variables in [[:], ["SER_PORT": "", "SER_TIMEOUT": "", "SER_XONXOFF": ""]] {
      let environment = environment(variables)
      #expect(environment.string(.serialPort) == nil)
      #expect(try environment.number(.serialTimeout, in: 1...65_535) == nil)
      #expect(try environment.flag(.serialXOnXOff) == nil)
      #expect(try environment.choice(.serialXOnXOff, ["a": 1]) == nil)
    }
    #expect(environment(["SER_PORT": "b"]).string(.serialPort) == "b")
  }

  @Test(arguments: [
    ("True", true), ("true", true), ("1", true), ("yes", true), ("on", true), ("YES", true),
    ("False", false), ("FALSE", false), ("0", false), ("no", false), ("off", false),
    ("None", false),
  ])
  func flagsAreReadAsExistingSettingsSpellThem(_ word: String, _ isSet: Bool) throws {
    #expect(try environment(["SER_XONXOFF": word]).flag(.serialXOnXOff) == isSet)
  }

  @Test(arguments: ["maybe", "2", " true", "True "])
  func otherWordsAreNoFlag(_ word: String) {
    let failure = failure { try environment(["SER_XONXOFF": word]).flag(.serialXOnXOff) }
    #expect(failure?.subject == "SER_XONXOFF")
    #expect(failure?.reason == "\"\(word)\" is neither True nor False")
    #expect(failure?.exitStatus == .configuration)
  }

  @Test func numbersHaveARange() throws {
    for value in ["1", "1883", "65535"] {
      #expect(
        try environment(["SER_TIMEOUT": value]).number(.serialTimeout, in: 1...65_535) == Int(value)
      )
    }
    for value in ["0", "65536", "-1", "x", "1.5", " 1", "99999999999999999999"] {
      let failure = failure {
        try environment(["SER_TIMEOUT": value]).number(.serialTimeout, in: 1...65_535)
      }
      #expect(failure?.reason == "\"\(value)\" is no whole number from 1 to 65535")
      #expect(failure?.exitStatus == .configuration)
    }
  }

  @Test func choicesAreSpelledInWhateverCase() throws {
    let meaning: KeyValuePairs = ["n": 0, "none": 0, "e": 1]
    for (value, meant) in [("N", 0), ("none", 0), ("NONE", 0), ("e", 1)] {
      #expect(try environment(["SER_PARITY": value]).choice(.serialParity, meaning) == meant)
    }
    let failure = failure { try environment(["SER_PARITY": "M"]).choice(.serialParity, meaning) }
    #expect(failure?.reason == "\"M\" is none of n, none, e")
    #expect(failure?.subject == "SER_PARITY")
  }

  @Test func optionsComeBeforeTheEnvironment() throws {
    let environment = environment(["SER_PORT": "a", "SER_TIMEOUT": "1883"])
      .overridden { $0 == .serialPort ? .init("--broker", "b") : nil }
    #expect(environment.string(.serialPort) == "b")
    #expect(try environment.number(.serialTimeout, in: 1...65_535) == 1883)
    #expect(environment.string(.capture) == nil)
  }

  @Test func everySettingHasANameOfItsOwn() {
    #expect(Set(SettingName.allCases.map(\.rawValue)).count == SettingName.allCases.count)
    for setting in SettingName.allCases {
      #expect(
        ["SER", "P1", "MQTT", "INFLUXDB"].contains(setting.rawValue.split(separator: "_").first))
    }
  }
}
