import Metrics

/// A version of the P1 port that can be read without a specification file. A version that meters do
/// not declare is named after its standard or country, so that a specification file can replace it.
public struct KnownVersion: Sendable {
  /// `50`, `SE`
  public let name: String
  public let description: String
  /// Whether a telegram with these codes that declares no version is of this one.
  let matches: @Sendable ([OBISCode]) -> Bool

  private init(
    _ name: String, _ description: String,
    matching matches: @escaping @Sendable ([OBISCode]) -> Bool = { _ in false }
  ) {
    self.name = name
    self.description = description
    self.matches = matches
  }

  /// The version with this name; nil if it is not built in.
  public init?(named name: String) {
    guard let version = KnownVersion.all.first(where: { $0.name == name }) else { return nil }
    self = version
  }

  /// All versions. In Belgium and Greece a code means the same in every version, so telegrams with any
  /// other number in `0-0:96.1.4` are read like those listed.
  public static let all = beforeVersions + declared + belgian + inferred

  /// Versions without a declaration that differ only in how they print the same codes.
  private static let beforeVersions = [
    KnownVersion("22", "Netherlands, DSMR 2.2"), KnownVersion("30", "Netherlands, DSMR 3.0"),
  ]

  /// Declared in `1-3:0.2.8`.
  static let declared = [
    KnownVersion("40", "Netherlands, DSMR 4.0"),
    KnownVersion("42", "Netherlands, DSMR 4.2; Luxembourg"),
    KnownVersion("50", "Netherlands, DSMR 5.0; Austria"),
  ]

  /// Declared in `0-0:96.1.4`.
  private static let belgian =
    [
      ("50213", "1.3"), ("50214", "1.4"), ("50215", "1.5"), ("50216", "1.6"), ("50217", "1.7"),
      ("50221", "2.1"),
    ]
    .map { KnownVersion($0.0, "Belgium, eMUCS \($0.1)") }
    + [KnownVersion("21110", "Belgium, Wallonia and Brussels")]

  /// Not declared, but implied by the codes. The first match counts.
  static let inferred = [
    KnownVersion("NO", "Norway, Sweden, Denmark: DLMS") {
      $0.contains(OBISCode(1, 1, 0, 2, 129))
    },
    KnownVersion("ACE4000", "Netherlands, before DSMR") {
      $0.contains(OBISCode(7, 0, 23, 1, 0))
    },
    KnownVersion("Q3D", "Germany, Q3D") {
      $0.contains(OBISCode(1, 0, 96, 5, 5)) || $0.contains(OBISCode(0, 0, 96, 1, 255))
    },
    KnownVersion("IL", "Israel") { $0.contains { $0.isEnergy && (11...13).contains($0.tariff) } },
    KnownVersion("HU", "Hungary", matching: isHungarian),
    KnownVersion("CH", "Switzerland") { $0.contains { $0.isEnergy && $0.channel == 1 } },
    KnownVersion("LT", "Lithuania") {
      $0.contains(OBISCode(1, 0, 13, 7, 0)) || $0.contains(OBISCode(1, 0, 16, 7, 0))
    },
    KnownVersion("SE", "Sweden, Finland; Austria: DLMS", matching: printsTotals),
  ]

  static let beforeDSMR5 = ["22", "30", "40", "42"]

  static let importTotal = OBISCode(1, 0, 1, 8, 0)
  static let importTariff1 = OBISCode(1, 0, 1, 8, 1)

  /// Whether it prints the total imported energy, and none by tariff.
  @Sendable static func printsTotals(_ codes: [OBISCode]) -> Bool {
    codes.contains(importTotal) && !codes.contains(importTariff1)
  }

  /// Whether it prints `1-0:15.8.0`, or the logical device name and energy by tariff.
  @Sendable static func isHungarian(_ codes: [OBISCode]) -> Bool {
    codes.contains(OBISCode(1, 0, 15, 8, 0))
      || codes.contains(OBISCode(0, 0, 42, 0, 0)) && codes.contains(importTariff1)
  }
}

extension OBISCode {
  /// Whether it is the code of imported or exported energy.
  fileprivate var isEnergy: Bool {
    medium == 1 && (quantity == 1 || quantity == 2) && processing == 8
  }
}
