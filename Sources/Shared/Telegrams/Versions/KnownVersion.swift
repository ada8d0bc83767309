import Metrics

/// A version of the P1 port of which the meaning of the lines is built in. A meter that does not say its
/// version has a name all the same, for its specification file: that of its standard or its country.
public struct KnownVersion: Sendable {
  /// `50`, `SE`
  public let name: String
  public let description: String
  /// Whether a telegram that says no version, and has these codes, is of this one.
  let isToldBy: @Sendable ([OBISCode]) -> Bool

  private init(
    _ name: String, _ description: String,
    toldBy isToldBy: @escaping @Sendable ([OBISCode]) -> Bool = { _ in false }
  ) {
    self.name = name
    self.description = description
    self.isToldBy = isToldBy
  }

  /// The version with this name; nil where nothing is built in for it.
  public init?(named name: String) {
    guard let version = KnownVersion.all.first(where: { $0.name == name }) else { return nil }
    self = version
  }

  /// All of them. In Belgium and Greece a code means the same in each version, so any other number in
  /// `0-0:96.1.4` is read like those listed.
  public static let all = beforeVersions + said + belgian + unsaid

  /// Those that do not say so, and are only told apart by how they print what all have.
  private static let beforeVersions = [
    KnownVersion("22", "Netherlands, DSMR 2.2"), KnownVersion("30", "Netherlands, DSMR 3.0"),
  ]

  /// Those that a meter says as `1-3:0.2.8`.
  static let said = [
    KnownVersion("40", "Netherlands, DSMR 4.0"),
    KnownVersion("42", "Netherlands, DSMR 4.2; Luxembourg"),
    KnownVersion("50", "Netherlands, DSMR 5.0; Austria"),
  ]

  /// Those that a meter says as `0-0:96.1.4`.
  private static let belgian =
    [
      ("50213", "1.3"), ("50214", "1.4"), ("50215", "1.5"), ("50216", "1.6"), ("50217", "1.7"),
      ("50221", "2.1"),
    ]
    .map { KnownVersion($0.0, "Belgium, eMUCS \($0.1)") }
    + [KnownVersion("21110", "Belgium, Wallonia and Brussels")]

  /// Those of meters that say none, in the order in which they are told apart.
  static let unsaid = [
    KnownVersion("ACE4000", "Netherlands, before DSMR") {
      $0.contains(OBISCode(7, 0, 23, 1, 0))
    },
    KnownVersion("Q3D", "Germany, Q3D") {
      $0.contains(OBISCode(1, 0, 96, 5, 5)) || $0.contains(OBISCode(0, 0, 96, 1, 255))
    },
    KnownVersion("IL", "Israel") { $0.contains { $0.isEnergy && (11...13).contains($0.tariff) } },
    KnownVersion("HU", "Hungary", toldBy: isHungarian),
    KnownVersion("CH", "Switzerland") { $0.contains { $0.isEnergy && $0.channel == 1 } },
    KnownVersion("LT", "Lithuania") {
      $0.contains(OBISCode(1, 0, 13, 7, 0)) || $0.contains(OBISCode(1, 0, 16, 7, 0))
    },
    KnownVersion("SE", "Sweden, Finland", toldBy: printsTotals),
  ]

  static let beforeDSMR5 = ["22", "30", "40", "42"]

  static let importTotal = OBISCode(1, 0, 1, 8, 0)
  static let importTariff1 = OBISCode(1, 0, 1, 8, 1)

  /// All energy added up alone, and none by tariff.
  @Sendable static func printsTotals(_ codes: [OBISCode]) -> Bool {
    codes.contains(importTotal) && !codes.contains(importTariff1)
  }

  /// A number of the meter and energy by tariff, or all energy added up.
  @Sendable static func isHungarian(_ codes: [OBISCode]) -> Bool {
    codes.contains(OBISCode(1, 0, 15, 8, 0))
      || codes.contains(OBISCode(0, 0, 42, 0, 0)) && codes.contains(importTariff1)
  }
}

extension OBISCode {
  /// Whether it is of energy taken or given.
  fileprivate var isEnergy: Bool {
    medium == 1 && (quantity == 1 || quantity == 2) && processing == 8
  }
}
