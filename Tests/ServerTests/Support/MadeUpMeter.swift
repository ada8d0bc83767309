import TestValues

/// A DSMR 5.0 meter with a gas meter and known values.
struct MadeUpMeter {
  static let identifier = "E0012345678901234"
  static let gasIdentifier = "G0098765432109876"

  /// The values of a telegram, one each second from 2026-01-15T12:00:00Z.
  struct Reading {
    let number: Int

    /// The seconds since 1970 of the telegram, and of the gas reading in it.
    var time: Int { 1_768_478_400 + number }
    var gasTime: Int { 1_768_478_400 }

    /// The fields of the electricity meter's record, without its time and meter.
    var values: KeyValuePairs<String, String> {
      [
        "p1_version": "50",
        "energy_import_tariff1_kwh": "1234.\(digits(500 + number, 3))",
        "energy_import_tariff2_kwh": "0.001",
        "energy_export_tariff1_kwh": "0.000",
        "energy_export_tariff2_kwh": "99.\(digits(number, 3))",
        "tariff": "2",
        "power_import_kw": "0.\(digits(300 + number, 3))",
        "power_export_kw": "0.000",
        "voltage_sags_l1": "\(number)",
        "message": "Storing \(number)",
        "voltage_l1_v": "231.\(number % 10)",
        "current_l1_a": "\(number % 40)",
      ]
    }

    var gas: String { "567.\(digits(800 + number, 3))" }

    /// The bytes of the telegram.
    var telegram: String {
      let stamp = "260115130000W"
      let local = 13 * 3600 + number
      let time =
        "260115\(digits(local / 3600, 2))\(digits(local / 60 % 60, 2))\(digits(local % 60, 2))W"
      return SampleTelegram.with([
        "1-3:0.2.8(50)", "0-0:1.0.0(\(time))",
        "0-0:96.1.1(\(octets(MadeUpMeter.identifier)))",
        "1-0:1.8.1(001234.\(digits(500 + number, 3))*kWh)", "1-0:1.8.2(000000.001*kWh)",
        "1-0:2.8.1(000000.000*kWh)", "1-0:2.8.2(000099.\(digits(number, 3))*kWh)",
        "0-0:96.14.0(0002)", "1-0:1.7.0(00.\(digits(300 + number, 3))*kW)",
        "1-0:2.7.0(00.000*kW)", "1-0:32.32.0(\(digits(number, 5)))",
        "0-0:96.13.0(\(octets("Storing \(number)")))",
        "1-0:32.7.0(231.\(number % 10)*V)", "1-0:31.7.0(\(digits(number % 40, 3))*A)",
        "0-1:24.1.0(003)", "0-1:96.1.0(\(octets(MadeUpMeter.gasIdentifier)))",
        "0-1:24.2.1(\(stamp))(00567.\(digits(800 + number, 3))*m3)",
      ])
    }
  }
}

private func digits(_ number: Int, _ count: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, count - text.count)) + text
}

private func octets(_ text: String) -> String {
  text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
}
