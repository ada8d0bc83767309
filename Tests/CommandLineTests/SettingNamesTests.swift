import Testing

@testable import CommandLine

@Suite struct SettingNamesTests {
  @Test(arguments: [
    ("p1mqtt", "MQTT_BROKR", "MQTT_BROKER"), ("p1mqtt", "MQTT_BORKER", "MQTT_BROKER"),
    ("p1mqtt", "MQTT_PASSWORD", "MQTT_PASS"), ("p1mqtt", "MQTT_USERNAME", "MQTT_USER"),
    ("p1mqtt", "MQTT_TOPIC_PREFX", "MQTT_TOPIC_PREFIX"), ("p1mqtt", "MQTT_QoS", "MQTT_QOS"),
    ("p1influx", "INFLUXDB_HSOT", "INFLUXDB_HOST"), ("p1influx", "INFLUXDB_D", "INFLUXDB_DB"),
    ("p1cat", "SER_BAUD_RATE", "SER_BAUDRATE"), ("p1parse", "P1_SPECDIR", "P1_SPEC_DIR"),
  ])
  func nearestNameIsFound(_ tool: String, _ name: String, _ setting: String) {
    let found = SettingNames.misspelt(among: ["HOME", name], of: tool)
    #expect(found.map(\.name) == [name] && found.map(\.meant) == [setting])
  }

  /// Docker sets some of these, and programs that share the environment others.
  @Test(arguments: [
    ("p1mqtt", "MQTT_PORT_1883_TCP"), ("p1mqtt", "MQTT_PORT_1883_TCP_ADDR"),
    ("p1mqtt", "MQTT_NAME"), ("p1mqtt", "MQTT_ENV_VERSION"), ("p1mqtt", "MQTT_HOST"),
    ("p1influx", "INFLUXDB_PORT_8086_TCP_PROTO"), ("p1influx", "INFLUXDB_HTTP_AUTH_ENABLED"),
    ("p1influx", "INFLUXDB_ADMIN_USER"), ("p1parse", "P1_BIN"), ("p1parse", "P1_CONF"),
    ("p1parse", "P1_TELEGRAMS"), ("p1cat", "SERVICE"), ("p1cat", "MQTT_BROKR"),
    ("p1influx", "MQTT_BROKR"),
  ])
  func namesThatAreNotNearAreNoMistake(_ tool: String, _ name: String) {
    #expect(SettingNames.misspelt(among: [name], of: tool).isEmpty)
  }

  @Test(arguments: ["p1cat", "p1parse", "p1mqtt", "p1influx"])
  func settingsAreNoMistake(_ tool: String) {
    #expect(SettingNames.misspelt(among: SettingNames.all, of: tool).isEmpty)
  }

  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("", "ab", 2), ("abc", "abc", 0), ("abc", "acb", 1),
    ("abc", "xbc", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
  ])
  func distanceCountsLetters(_ one: String, _ other: String, _ distance: Int) {
    #expect(SettingNames.editDistance(one, other) == distance)
  }
}
