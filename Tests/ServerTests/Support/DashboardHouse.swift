import Foundation

/// A made-up house with a reading every five minutes at both changes of summer time in 2025, of a meter and of the one that
/// replaces it, and hourly readings of gas and water. Some readings are missing, and the gas meter begins anew.
struct DashboardHouse {
  static let zone = "Europe/Brussels"
  static let spring = seconds("2025-03-25T23:00:00Z")...seconds("2025-03-31T22:00:00Z")
  static let autumn = seconds("2025-10-22T22:00:00Z")...seconds("2025-11-02T23:00:00Z")

  /// The last reading before a gap, and the first one after it.
  private static let gapsInReadings = [
    // Within a day, across midnight, across both changes of summer time, and for more than a day.
    ("2025-03-26T06:15:00Z", "2025-03-26T09:45:00Z"),
    ("2025-03-27T20:15:00Z", "2025-03-28T03:30:00Z"),
    ("2025-03-30T00:30:00Z", "2025-03-30T01:45:00Z"),
    ("2025-10-26T00:30:00Z", "2025-10-26T01:45:00Z"),
    ("2025-10-30T10:00:00Z", "2025-11-01T17:00:00Z"),
  ].map { seconds($0.0)...seconds($0.1) }

  /// The records of those days.
  let records: String

  init() {
    let replaced = DashboardHouse.seconds("2025-10-28T08:00:00Z")
    let restarted = DashboardHouse.seconds("2025-10-24T12:00:00Z")
    var counters = ["import_tariff1": 4_000_000, "import_tariff2": 5_000_500]
    counters.merge(["export_tariff1": 1_234_567, "export_tariff2": 89]) { $1 }
    var volume = 2_500_123
    var random = UInt64(1)
    var records = ""
    for time in [DashboardHouse.spring, DashboardHouse.autumn].flatMap({
      stride(from: $0.lowerBound, through: $0.upperBound, by: 300)
    }) {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let use = Int(random >> 40) % 90
      let hour = time / 3600 % 24
      let direction = (9..<16).contains(hour) && use % 3 > 0 ? "export" : "import"
      counters["\(direction)_tariff\((5..<21).contains(hour) ? 1 : 2)", default: 0] += use
      volume += use / 20
      if time == restarted { volume = 7 }
      if time == replaced { counters = counters.mapValues { $0 % 1000 } }
      guard
        !DashboardHouse.gapsInReadings.contains(where: {
          $0.lowerBound < time && time < $0.upperBound
        })
      else { continue }
      let energies = counters.map { "energy_\($0)_kwh=\(DashboardHouse.decimal($1))\n" }.sorted()
      records +=
        DashboardHouse.head(time, time < replaced ? "1SAG1" : "1SAG2") + energies.joined()
        + DashboardHouse.readings + "\n"
      if time % 3600 == 0 {
        for (meter, counter) in [("7FLO1\nchannel=1", "gas_m3"), ("8WAT1\nchannel=2", "water_m3")] {
          records +=
            DashboardHouse.head(time, meter) + "\(counter)=\(DashboardHouse.decimal(volume))\n\n"
        }
      }
    }
    for reading in ["power_import_month_peak_kw=4.321", "power_failure_seconds=1000"] {
      records +=
        DashboardHouse.head(DashboardHouse.autumn.lowerBound + 900, "1SAG1") + reading + "\n\n"
    }
    self.records = records
  }

  /// Records of the ten minutes before a time, without counters.
  static func records(before now: Int) -> String {
    stride(from: now - 600, through: now, by: 10).map { head($0, "1SAG2") + readings + "\n" }
      .joined()
  }

  /// An hour of a meter that prints the total of its tariffs, too, and of one that prints only tariffs.
  static let totals = [
    (0, "1TOT1", "energy_import_kwh=10.000", "4.000", "6.000"),
    (3600, "1TOT1", "energy_import_kwh=11.000", "4.750", "6.250"),
    (0, "1TAR1", "tariff=1", "7.000", "8.000"), (3600, "1TAR1", "tariff=1", "7.250", "8.250"),
  ].map {
    head(autumn.lowerBound + $0, $1) + """
      \($2)
      energy_import_tariff1_kwh=\($3)
      energy_import_tariff2_kwh=\($4)
      power_import_kw=1.000


      """
  }.joined()

  private static let readings =
    """
    power_import_kw=0.500
    power_export_kw=0.250
    power_failures=7
    long_power_failures=2

    """
    + (1...3).map { phase in
      """
      power_import_l\(phase)_kw=0.500
      power_export_l\(phase)_kw=0.250
      voltage_l\(phase)_v=231.0
      current_l\(phase)_a=3
      voltage_sags_l\(phase)=1
      voltage_swells_l\(phase)=0

      """
    }.joined()

  private static func head(_ time: Int, _ meter: String) -> String {
    "timestamp=\(Date(timeIntervalSince1970: Double(time)).ISO8601Format())\nmeter=\(meter)\n"
  }

  private static func decimal(_ thousandths: Int) -> String {
    "\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())"
  }

  private static func seconds(_ time: String) -> Int {
    (try? Date(time, strategy: .iso8601)).map { Int($0.timeIntervalSince1970) } ?? 0
  }
}
