/// The kinds of sub-meter that other tools distinguish.
public enum SubmeterKind: String, CaseIterable, Sendable {
  case gas, water
  /// Heat or cold.
  case thermal
  case electricity = "sub"

  /// The kind of a device type (EN 13757-3), nil for other types. A meter without a type reads gas.
  init?(type: UInt8?) {
    switch type ?? 3 {
    case 3: self = .gas
    case 6, 7: self = .water
    case 4, 10...13: self = .thermal
    case 2: self = .electricity
    default: return nil
    }
  }
}

extension SubmeterReading {
  var kind: SubmeterKind? {
    switch self {
    case .gas: .gas
    case .water: .water
    case .heat, .cooling: .thermal
    case .energy: .electricity
    case .volume: nil
    }
  }
}
