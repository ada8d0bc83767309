/// Lists of imaginary meters, one for each shape.
public enum SampleList {
  private typealias Build = ValueBuilder

  /// Code, value, and scaler with unit, each in a structure; the Norwegian list of Aidon.
  public static let nested = Build.notification(
    Build.array([
      Build.structure([Build.code(1, 1, 0, 2, 129), Build.text("AIDON_V0001")]),
      Build.structure([Build.code(0, 0, 96, 1, 0), Build.text("7000000000000001")]),
      Build.structure([Build.code(0, 0, 96, 1, 7), Build.text("6525")]),
      Build.structure([Build.code(1, 0, 1, 7, 0), Build.uint32(2345), Build.scale(0, 27)]),
      Build.structure([Build.code(1, 0, 31, 7, 0), Build.int16(-57), Build.scale(-1, 33)]),
      Build.structure([Build.code(1, 0, 32, 7, 0), Build.uint16(2301), Build.scale(-1, 35)]),
    ]))

  /// The same in one structure, with the number of the meter at the end: Kaifa in Austria.
  public static let flat = Build.notification(
    Build.structure([
      Build.octets(Build.time([0x00, 0xFF, 0x88, 0x80])),
      Build.code(1, 0, 1, 8, 0), Build.uint32(12_345_678), Build.scale(0, 30),
      Build.code(1, 0, 2, 8, 0), Build.uint32(9), Build.scale(0, 30),
      Build.code(1, 0, 13, 7, 0), Build.uint16(987), Build.scale(-3, 255),
      Build.octets(Array("180000000077".utf8)),
    ]), time: Build.time([0x00, 0xFF, 0x88, 0x80]))

  /// Codes and values, without units: Kamstrup.
  public static let withoutUnits = Build.notification(
    Build.structure([
      Build.text("Kamstrup_V0001"), Build.code(1, 1, 0, 0, 5), Build.text("5700000000000001"),
      Build.code(1, 1, 96, 1, 1), Build.text("6841121BN24"), Build.code(1, 1, 1, 7, 0),
      Build.uint32(803), Build.code(1, 1, 31, 7, 0), Build.uint32(257), Build.code(1, 1, 32, 7, 0),
      Build.uint16(231), Build.code(0, 1, 1, 0, 0),
      Build.octets(Build.time([0xFF, 0x80, 0x00, 0x00])), Build.code(1, 1, 1, 8, 0),
      Build.uint32(4567), Build.code(1, 1, 99, 7, 0), Build.uint16(7),
    ]), time: Build.time([0xFF, 0x80, 0x00, 0xFF]))

  private static func object(_ objectClass: UInt16, _ code: [UInt8], _ attribute: Int8) -> [UInt8] {
    Build.structure([Build.uint16(objectClass), code, Build.int8(attribute), Build.uint16(0)])
  }

  /// The objects, then their values: Landis+Gyr.
  public static func objects(withItself: Bool) -> [UInt8] {
    let itself = withItself ? [object(40, Build.code(0, 8, 25, 9, 0), 2)] : []
    return Build.notification(
      Build.structure([
        Build.array(
          itself + [
            object(8, Build.code(0, 0, 1, 0, 0), 2), object(1, Build.code(0, 0, 42, 0, 0), 2),
            object(3, Build.code(1, 0, 1, 7, 0), 2), object(3, Build.code(1, 1, 1, 8, 1), 2),
            object(3, Build.code(1, 0, 32, 7, 0), 2), object(3, Build.code(1, 0, 32, 7, 0), 3),
          ]),
        Build.octets(Build.time()), Build.octets(Array("LGZ1030000000001".utf8)),
        Build.uint32(512), Build.uint32(4_408_736), Build.uint16(2298), Build.scale(-1, 35),
      ]))
  }

  /// Values by position: Kaifa in Norway.
  public static func byPosition(_ count: Int) -> [UInt8] {
    let names = [
      Build.octets(Array("KFM_001".utf8)), Build.text("6970000000000001"), Build.text("MA304H3E"),
    ]
    let powers = [1500, 0, 20, 30].map { Build.uint32($0) }
    let phases =
      [4321, 1001, 2].map { Build.uint32($0) } + [2310, 2321, 2332].map { Build.uint32($0) }
    let hour =
      [Build.octets(Build.time([0xFF, 0x80, 0x00, 0xFF]))]
      + [1_234_567, 89, 1011, 1213].map { Build.uint32($0) }
    let values =
      switch count {
      case 1: [powers[0]]
      case 9: names + powers + [phases[0], phases[3]]
      case 13: names + powers + phases
      case 14: names + powers + [phases[0], phases[3]] + hour
      default: names + powers + phases + hour
      }
    return Build.notification(Build.structure(values), time: Build.time([0xFF, 0x80, 0x00, 0xFF]))
  }

  /// Time, four energies and four powers by position: Vienna.
  public static let vienna = Build.notification(
    Build.structure(
      [Build.octets(Build.time())] + [11_000, 12, 13, 14, 15, 16, 17, 18].map { Build.uint32($0) }))

  /// Class, code and attribute before each value.
  public static let withClasses = Build.notification(
    Build.structure([
      Build.uint16(3), Build.code(1, 0, 1, 7, 0), Build.int8(2), Build.uint32(321),
      Build.scale(0, 27),
      Build.uint16(3), Build.code(1, 0, 32, 7, 0), Build.int8(2), Build.uint16(2304),
      Build.uint16(3), Build.code(1, 0, 32, 7, 0), Build.int8(3), Build.scale(-1, 35),
    ]))
}
