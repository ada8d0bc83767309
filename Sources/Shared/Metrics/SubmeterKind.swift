/// What kind of thing a sub-meter measures, as other tools tell them apart.
public enum SubmeterKind: String, CaseIterable, Sendable {
  case gas, water
  /// Heat or cold.
  case thermal
  case electricity = "sub"

  /// Nil for any other device type (EN 13757-3) than these; a meter that prints none reads gas.
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
