/// Something that a meter measures or tells: what it is called and how its line is read.
public struct Metric: Sendable {
  /// The canonical name, which ends in the unit where there is one.
  public let name: String
  /// The code of the line; for a sub-meter, with channel 0 in place of any channel.
  public let code: OBISCode
  public let form: Form
  public let description: String

  /// What stands between a line's parentheses, and what becomes of it.
  public enum Form: Equatable, Sendable {
    /// `(001234.567*kWh)`: a number with its unit.
    case quantity(MetricUnit)
    /// `(00004)`: a number alone, a count or a code.
    case number
    /// `(303132)`: text, printed as the hexadecimal of its octets.
    case text
    /// `(101209113020W)`: the time of the telegram: the record's `timestamp`.
    case telegramTime
    /// `(4B384547…)`: the meter's number, printed as text is: the record's `meter`.
    case meterIdentifier
    /// `(003)`: what a sub-meter measures (EN 13757-3, device type).
    case submeterType
    /// `(4730303…)`: the sub-meter's number: the `meter` of its record.
    case submeterIdentifier
    /// `(101209112500W)(12785.123*m3)`: a sub-meter's reading, with its own time.
    case submeterReading
    /// `(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)` and `(00000.000)`: the same before DSMR 4.
    case submeterProfile
    /// `(2)(0-0:96.7.19)(TST)(0000000240*s)…`: long power failures, each with its end.
    case failureLog
  }

  init(_ name: String, _ code: OBISCode, _ form: Form, _ description: String) {
    self.name = name
    self.code = code
    self.form = form
    self.description = description
  }

  /// What a reading of a sub-meter of this kind is called, in this unit.
  ///
  /// - Parameters:
  ///   - kind: the device type of EN 13757-3 that the meter prints, nil where it prints none.
  ///   - unit: the unit of the reading.
  /// - Returns: nil for a kind that has no name in that unit.
  public static func submeterReading(kind: UInt8?, unit: MetricUnit) -> String? {
    switch (kind, unit) {
    case (3?, .cubicMetre), (nil, .cubicMetre): "gas_m3"
    case (6?, .cubicMetre), (7?, .cubicMetre): "water_m3"
    case (10?, .gigajoule), (11?, .gigajoule): "cooling_gj"
    case (_, .gigajoule): "heat_gj"
    case (_, .kilowattHour): "submeter_energy_kwh"
    default: nil
    }
  }
}
