import Metrics

/// Which names the metrics get.
public enum NameSet: String, CaseIterable, Sendable {
  /// The names of the table of metrics: `energy_import_tariff1_kwh`.
  case canonical
  /// The codes of the lines: `1-0:1.8.1`.
  case obis

  /// The key of a metric that the line with this code holds.
  func key(_ canonical: String, _ code: OBISCode) -> String {
    switch self {
    case .canonical: canonical
    case .obis: code.key
    }
  }
}
