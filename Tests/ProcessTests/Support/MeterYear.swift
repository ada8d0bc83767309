import Foundation
import Testing

/// A made-up year of a house in Belgium: two electricity meters, the second of which replaces the first, and a gas
/// meter, which begins anew in September. They are read six times a day, also at midnight, and every quarter-hour
/// around gaps; the gas meter is read on full hours only.
struct MeterYear {
  struct Reading {
    let time: Int
    /// The counters in thousandths of their unit.
    var counters: [String: Int]
  }

  struct Series {
    let meter: String
    let channel: String
    var readings: [Reading] = []
  }

  static let zone = "Europe/Brussels"

  private static let timesOfDay = [4, 8, 12, 16, 22, 23].map { $0 * 3600 }

  private(set) var old = Series(meter: "1SAG1", channel: "")
  private(set) var new = Series(meter: "1SAG2", channel: "")
  private(set) var gas = Series(meter: "7FLO1", channel: "1")

  var all: [Series] { [old, new, gas] }

  /// The gaps in which nothing was read, from the last reading before to the first one after.
  private static let gapsInReadings = [
    // Within an hour and within a day, across midnight, across the end of summer time, and for weeks.
    "2026-02-10T06:00:00Z"..."2026-02-10T06:45:00Z",
    "2026-02-11T06:15:00Z"..."2026-02-11T09:45:00Z",
    "2026-03-28T22:15:00Z"..."2026-03-29T03:30:00Z",
    "2026-10-24T23:30:00Z"..."2026-10-25T01:45:00Z",
    "2026-11-20T10:00:00Z"..."2026-12-08T17:15:00Z",
  ].map { seconds($0.lowerBound)...seconds($0.upperBound) }

  init() {
    let replaced = MeterYear.seconds("2026-06-15T08:00:00Z")
    let restarted = MeterYear.seconds("2026-09-01T12:00:00Z")
    var counters = [
      "energy_import_tariff1_kwh": 4_000_000, "energy_import_tariff2_kwh": 5_000_500,
      "energy_export_tariff1_kwh": 1_234_567, "energy_export_tariff2_kwh": 89,
    ]
    var volume = 2_500_123
    var random = UInt64(1)
    // From two hours before the year to two hours after it.
    for time in stride(
      from: MeterYear.seconds("2025-12-31T21:00:00Z"),
      through: MeterYear.seconds("2027-01-01T01:00:00Z"), by: 900)
    {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let use = Int(random >> 40) % 900
      let hour = time / 3600 % 24
      let tariff = (5..<21).contains(hour) ? 1 : 2
      // Nothing is exported at night, so the export of a gap at night is known.
      if (9..<16).contains(hour), use % 3 > 0 {
        counters["energy_export_tariff\(tariff)_kwh", default: 0] += use
      } else {
        counters["energy_import_tariff\(tariff)_kwh", default: 0] += use
      }
      volume += use / 100
      if time == restarted { volume = 7 }
      if time == replaced {
        counters = counters.mapValues { $0 % 1000 }
      }
      let isAroundGap = MeterYear.gapsInReadings.contains {
        $0.lowerBound - 86_400 < time && time < $0.upperBound + 86_400
      }
      guard isAroundGap || MeterYear.timesOfDay.contains(time % 86_400) else { continue }
      guard
        !MeterYear.gapsInReadings.contains(where: { $0.lowerBound < time && time < $0.upperBound })
      else { continue }
      let reading = Reading(time: time, counters: counters)
      if time < replaced { old.readings.append(reading) } else { new.readings.append(reading) }
      if time % 3600 == 0 { gas.readings.append(Reading(time: time, counters: ["gas_m3": volume])) }
    }
  }

  /// The records, in the order in which a telegram gives them.
  var records: [String] {
    var records: [(time: Int, text: String)] = []
    for series in all {
      for reading in series.readings {
        records.append((reading.time, MeterYear.record(series, reading)))
      }
    }
    return records.sorted { $0.time < $1.time }.map(\.text)
  }

  private static func record(_ series: Series, _ reading: Reading) -> String {
    let channel = series.channel.isEmpty ? "" : "channel=\(series.channel)\n"
    let power = series.channel.isEmpty ? "power_import_kw=0.500\n" : ""
    let counters = reading.counters.sorted { $0.key < $1.key }.map { name, value in
      "\(name)=\(thousandths(value))\n"
    }
    let time = Date(timeIntervalSince1970: Double(reading.time)).ISO8601Format()
    return "timestamp=\(time)\nmeter=\(series.meter)\n\(channel)\(counters.joined())\(power)\n"
  }

  static func thousandths(_ value: Int) -> String {
    let rest = String(abs(value) % 1000)
    let zeros = String(repeating: "0", count: 3 - rest.count)
    return "\(value < 0 ? "-" : "")\(abs(value) / 1000).\(zeros)\(rest)"
  }

  static func seconds(_ time: String) -> Int {
    (try? Date(time, strategy: .iso8601)).map { Int($0.timeIntervalSince1970) } ?? 0
  }
}

/// An independent count of what p1sum prints, for readings on the boundaries of periods.
struct MeterCount {
  /// The use in thousandths, by the start of the period, the meter and the counter.
  var periods: [String: Int] = [:]
  /// The use in gaps, and decreases, by their start, the meter and the counter.
  var anomalies: [String: Int] = [:]

  init(_ year: MeterYear, by component: Calendar.Component) throws {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = try #require(TimeZone(identifier: MeterYear.zone))
    var period = DateInterval(start: .distantPast, duration: 1)
    for series in year.all {
      for (before, after) in zip(series.readings, series.readings.dropFirst()) {
        let start = Date(timeIntervalSince1970: Double(before.time))
        if !(period.start <= start && start < period.end) {
          period = try #require(MeterCount.period(component, of: start, in: calendar))
        }
        for (name, use) in MeterCount.uses(from: before, to: after) {
          let isWithin = Double(after.time) <= period.end.timeIntervalSince1970
          if use >= 0, isWithin {
            periods[
              "\(Int(period.start.timeIntervalSince1970)) \(series.meter) \(name)", default: 0] +=
              use
          } else if use != 0 {
            anomalies["\(before.time) \(series.meter) \(name)", default: 0] += use
          }
        }
      }
    }
  }

  /// The zone is whole hours from UTC, so its hours are those of UTC.
  private static func period(
    _ component: Calendar.Component, of date: Date, in calendar: Calendar
  ) -> DateInterval? {
    guard component == .hour else { return calendar.dateInterval(of: component, for: date) }
    let start = (date.timeIntervalSince1970 / 3600).rounded(.down) * 3600
    return DateInterval(start: Date(timeIntervalSince1970: start), duration: 3600)
  }

  private static func uses(from before: MeterYear.Reading, to after: MeterYear.Reading) -> [String:
    Int]
  {
    var uses = after.counters.merging(before.counters) { $0 - $1 }
    for direction in ["import", "export"] {
      let tariffs = uses.filter { $0.key.hasPrefix("energy_\(direction)") }
      if !tariffs.isEmpty { uses["energy_\(direction)_kwh"] = tariffs.values.reduce(0, +) }
    }
    return uses
  }
}
