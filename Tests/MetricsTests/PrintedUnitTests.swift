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

  /// Each prefix before each unit, as the SI has them.
  @Test(arguments: [
    ("Wh", MetricUnit.kilowattHour, -3), ("W", .kilowatt, -3), ("varh", .kilovarHour, -3),
    ("var", .kilovar, -3), ("VA", .kilovoltAmpere, -3), ("V", .volt, 0), ("A", .ampere, 0),
    ("Hz", .hertz, 0), ("J", .gigajoule, -9), ("s", .second, 0), ("l", .cubicMetre, -3),
  ])
  func prefixIsAPowerOfTen(_ symbol: String, _ unit: MetricUnit, _ exponent: Int) {
    for (prefix, power) in [("", 0), ("m", -3), ("k", 3), ("M", 6), ("G", 9)] {
      let read = PrintedUnit("\(prefix)\(symbol)".bytes.span)
      #expect(read?.unit == unit && read?.exponent == exponent + power, "\(prefix)\(symbol)")
    }
  }

  /// Of the prefixes only M has a meaning in either case.
  @Test(arguments: [
    ("KW", 0), ("KVA", 0), ("kv", 3), ("KV", 3), ("Ka", 3), ("KHZ", 3), ("khz", 3), ("mhz", -3),
    ("mv", -3), ("ma", -3), ("MV", 6), ("mw", 3), ("mva", 3), ("mwh", 3), ("MWH", 3), ("mWh", -6),
    ("mj", -3), ("gj", 0), ("gwh", 6), ("Mvarh", 3), ("MVArh", 3), ("KVAR", 0),
  ])
  func prefixMayBeInEitherCase(_ text: String, _ exponent: Int) {
    let read = PrintedUnit(text.bytes.span)
    #expect(read?.exponent == exponent)
  }

  @Test func cubicMetreMayBeLatin1() {
    let bytes: [UInt8] = [UInt8(ascii: "m"), 0xB3]
    let read = PrintedUnit(bytes.span)
    #expect(read?.unit == .cubicMetre)
  }

  @Test(arguments: [
    "", "kWhh", "x", "kW ", " kW", "kilowatt", "K", "k", "\0kW", "CCs", "km3", "mm", "kkW", "Wk",
    "TW",
  ])
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
