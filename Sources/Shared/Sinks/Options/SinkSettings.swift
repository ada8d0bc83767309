import CommandLine

/// The settings that both sinks have, by their names for one of them.
public struct SinkSettings: Sendable {
  /// The directory of its spool within `--state`.
  let directory: String
  let every: SettingName
  let extremes: SettingName
  let linger: SettingName
  let spool: SettingName
  let spoolSize: SettingName
  let sync: SettingName
  let buffer: SettingName

  public static let mqtt = SinkSettings(
    directory: "mqtt", every: .mqttEvery, extremes: .mqttExtremes, linger: .mqttLinger,
    spool: .mqttSpool, spoolSize: .mqttSpoolSize, sync: .mqttSync, buffer: .mqttBuffer)

  public static let influx = SinkSettings(
    directory: "influx", every: .influxEvery, extremes: .influxExtremes, linger: .influxLinger,
    spool: .influxSpool, spoolSize: .influxSpoolSize, sync: .influxSync, buffer: .influxBuffer)
}
