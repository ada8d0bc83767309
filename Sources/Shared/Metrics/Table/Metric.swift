/// Something that a meter measures or reports: its name, and how its line is read. A class, as each
/// line of each telegram refers to one.
public final class Metric: Sendable {
  /// The canonical name, which ends in the unit if there is one.
  public let name: String
  /// The code of the line; for a sub-meter, with channel 0 in place of any channel.
  public let code: OBISCode
  public let form: Form
  public let description: String
  /// Whether it belongs to a sub-meter, and not to the electricity meter itself.
  public let isOfSubmeter: Bool

  /// The form of the text in a line's parentheses.
  public enum Form: Equatable, Sendable {
    /// `(001234.567*kWh)`: a number with its unit.
    case quantity(MetricUnit)
    /// `(016*A)`, `(069.0*kVA)`, `(24000*W)`: a number with its unit, which differs between meters.
    /// A unit that is not a power changes the end of the name.
    case powerLimit
    /// `(100*A)(-063*A)`: the limit of import, which has the name, then that of export.
    case currentLimits
    /// `(00004)`: a number alone, a count or a code.
    case number
    /// `(0002)`, `(TARIFF 2)`, `(ON)`: a number, for which some meters print a word.
    case state
    /// `(303132)`: text, printed as the hexadecimal of its octets.
    case text
    /// `(80)`: text that only looks like hexadecimal.
    case plainText
    /// `(…)(…)`: whatever it is, as it is printed.
    case asPrinted
    /// `(50217)`, `(3530323137)`: digits, printed as they are or as text is.
    case version
    /// `(101209113020W)`: the time of the telegram: the record's `timestamp`.
    case telegramTime
    /// `(101209)`: its date, where that stands apart.
    case telegramDate
    /// `(113020)`: its time of day, where that stands apart.
    case telegramTimeOfDay
    /// `(4B384547…)`: a number of the meter, printed as text is. That of the lowest rank becomes
    /// the record's `meter`.
    case meterIdentifier(rank: Int)
    /// `(003)`: what a sub-meter measures (EN 13757-3, device type).
    case submeterType
    /// `(4730303…)`: the sub-meter's number: the `meter` of its record.
    case submeterIdentifier
    /// `(101209112500W)(12785.123*m3)`: a sub-meter's reading, with its own time.
    case submeterReading
    /// `(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)` and `(00000.000)`: the same before DSMR 4.
    case submeterProfile
    /// `(00123.456*m3)(10-12-09 11:00:00)`: the same before DSMR, a line for each of the last
    /// hours.
    case hourlyReading
    /// `(230116090000W)(11.173*kW)`: the highest mean power of a quarter-hour in this month,
    /// with its own time.
    case monthPeak
    /// `(2)(0-0:96.7.19)(TST)(0000000240*s)…`: long power failures, each with its end.
    case failureLog
    /// `(2)(1-0:1.6.0)(1-0:1.6.0)(TST)(TST)(kW)…`: the peaks of past months (Belgium), or
    /// `(TST)(kWh)…`: what the registers said at the end of the last one (Hungary).
    case monthLog
  }

  init(
    _ name: String, _ code: OBISCode, _ form: Form, _ description: String,
    isOfSubmeter: Bool = false
  ) {
    self.name = name
    self.code = code
    self.form = form
    self.description = description
    self.isOfSubmeter = isOfSubmeter
  }

  /// The same, of a sub-meter.
  var ofSubmeter: Metric {
    Metric(name, code, form, description, isOfSubmeter: true)
  }

  /// The unit at the end of the name, nil if it has none.
  public var unit: MetricUnit? {
    switch form {
    case .quantity(let unit): unit
    case .powerLimit, .monthPeak, .monthLog: .kilowatt
    case .currentLimits: .ampere
    case .failureLog: .second
    default: nil
    }
  }

  /// Whether it identifies the meter or is a time, and is not a measurement.
  public var isIdentity: Bool {
    switch form {
    case .telegramTime, .telegramDate, .telegramTimeOfDay, .meterIdentifier, .submeterIdentifier:
      true
    default: false
    }
  }

  /// Whether the first parentheses of its line hold, or may hold, a time.
  public var beginsWithTime: Bool {
    switch form {
    case .telegramTime, .telegramDate, .telegramTimeOfDay, .monthPeak: true
    default: isSubmeterReading
    }
  }

  /// Whether it is the reading of a sub-meter, which is named by ``SubmeterReading``.
  public var isSubmeterReading: Bool {
    switch form {
    case .submeterReading, .submeterProfile, .hourlyReading: true
    default: false
    }
  }

  /// Whether it is the cold that a meter of heat and cold counts.
  public var isOfCold: Bool { code == OBISCode(0, 0, 24, 3, 1) }

  /// Whether the line can hold a reading of this kind. Meters from before DSMR only read gas.
  public func canBe(_ reading: SubmeterReading) -> Bool {
    isSubmeterReading && (form != .hourlyReading || reading == .gas)
      && (!isOfCold || reading != .heat)
  }

  /// The symbol of the unit, as `kWh`; `text` if the value is text, nil for a number without a
  /// unit.
  public var symbol: String? {
    switch form {
    case .meterIdentifier, .submeterIdentifier: "text"
    default: unit?.symbol ?? (isText ? "text" : nil)
    }
  }

  /// The code as people write it: `0-n:24.2.1` if the channel varies.
  public var codeText: String {
    let text = code.description
    return isOfSubmeter && code.medium == 0 ? "0-n" + text.dropFirst(3) : text
  }

  /// Whether the value is text, even if it looks like a number.
  public var isText: Bool {
    switch form {
    case .text, .plainText, .asPrinted: true
    case .meterIdentifier(let rank): rank > 0
    default: false
    }
  }

  /// Whether it is an instantaneous value, as power is, and not a counter.
  public var isInstantaneous: Bool { code.isInstantaneous }

  /// Whether it counts power failures, voltage sags or voltage swells.
  public var isCounter: Bool {
    // DSMR 5.0.2, table 6-1: 96.7 counts failures, c.32 and c.36 those of the voltage of a phase.
    switch (form, code.quantity) {
    case (.number, 96): code.processing == 7
    case (.number, 32), (.number, 52), (.number, 72): [32, 36].contains(code.processing)
    default: false
    }
  }

  /// Whether it was measured before the telegram was made, so that its record has its own
  /// timestamp.
  public var isOfThePast: Bool { form == .monthPeak || form == .failureLog }

  /// Whether its lines become records of their own.
  public var hasRecordOfItsOwn: Bool { isOfThePast || form == .monthLog }
}
