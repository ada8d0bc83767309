import Metrics
import TestValues
import Testing

@Suite struct PrintedUnitTests {
  @Test(arguments: [
    ("kWh", MetricUnit.kilowattHour, 0), ("kwh", .kilowattHour, 0), ("KWH", .kilowattHour, 0),
    ("Wh", .kilowattHour, -3), ("MWh", .kilowattHour, 3), ("kW", .kilowatt, 0),
    ("W", .kilowatt, -3), ("w", .kilowatt, -3), ("kvarh", .kilovarHour, 0),
    ("kVArh", .kilovarHour, 0), ("kVarh", .kilovarHour, 0), ("VArh", .kilovarHour, -3),
    ("varh", .kilovarHour, -3), ("kvar", .kilovar, 0), ("var", .kilovar, -3),
    ("kVA", .kilovoltAmpere, 0), ("VA", .kilovoltAmpere, -3), ("V", .volt, 0), ("A", .ampere, 0),
    ("a", .ampere, 0), ("Hz", .hertz, 0), ("m3", .cubicMetre, 0), ("M3", .cubicMetre, 0),
    ("dm3", .cubicMetre, -3), ("l", .cubicMetre, -3), ("GJ", .gigajoule, 0), ("MJ", .gigajoule, -3),
    ("s", .second, 0),
  ])
  func unitIsReadInWhateverCase(_ text: String, _ unit: MetricUnit, _ exponent: Int) {
    let read = PrintedUnit(text.bytes.span)
    #expect(read?.unit == unit)
    #expect(read?.exponent == exponent)
  }

  @Test func cubicMetreMayBeLatin1() {
    let bytes: [UInt8] = [UInt8(ascii: "m"), 0xB3]
    let read = PrintedUnit(bytes.span)
    #expect(read?.unit == .cubicMetre)
  }

  @Test(arguments: ["", "kWhh", "x", "kW ", " kW", "kilowatt", "K", "\0kW", "CCs"])
  func anythingElseIsNoUnit(_ text: String) {
    let read = PrintedUnit(text.bytes.span)
    #expect(read == nil)
  }

  @Test(arguments: MetricUnit.allCases)
  func everyUnitIsReadAsPeopleWriteIt(_ unit: MetricUnit) {
    let latin1 = unit.symbol.unicodeScalars.map { UInt8($0.value) }
    let read = PrintedUnit(latin1.span)
    #expect(read?.unit == unit)
    #expect(read?.exponent == 0)
    #expect(unit.suffix == unit.suffix.lowercased())
  }
}
