import Console
import Testing

@Suite struct EnvironmentTests {
  @Test(arguments: [("True", true), ("0", false), ("yes", true), ("FALSE", false)])
  func flagsAreReadAsExistingSettingsSpellThem(_ word: String, _ isSet: Bool) throws {
    let environment = Environment { $0 == "MQTT_RETAIN" ? word : nil }
    #expect(try environment.flag(.mqttRetain) == isSet)
  }
}
