/// Which names the metrics get: ours, or those of another tool for people with dashboards on them.
public enum NameSet: String, CaseIterable, Sendable {
  /// The names of the table of metrics: `energy_import_tariff1_kwh`.
  case canonical
  /// The codes of the lines: `1-0:1.8.1`.
  case obis
  /// Those of a Python script with files `dsmrNN.py`: `power_consumed_tariff_1_kwh`.
  case classic
  /// Those of the component of ESPHome: `energy_delivered_tariff1`.
  case esphome
  /// Those of DSMR-reader: `electricity_delivered_1`.
  case dsmrReader = "dsmr-reader"
  /// Those of the Python library: `ELECTRICITY_USED_TARIFF_1`.
  case dsmrParser = "dsmr_parser"
}
