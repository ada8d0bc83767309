import Records
import Telegrams

/// A DSMR 5.0 three-phase meter with a gas meter on its M-Bus, which makes a telegram for every step of
/// time. The same seed, start and step give the same bytes.
struct SimulatedMeter {
  private let household: SimulatedHousehold
  private let identifier: [UInt8]
  private let gasIdentifier: [UInt8]
  private let powerFailures: [(end: Int64, seconds: Int)]
  private var second: Int64
  /// The seconds from one telegram to the next.
  private let step: Int64
  /// Watt-seconds for each tariff.
  private var energyImport = [0, 0]
  private var energyExport = [0, 0]
  /// Litres.
  private var gas: Int
  private var gasReadAt: Int64

  /// Energy is added up in steps of at most a minute, as many appliances run for minutes only.
  private static let maximumEnergyStep: Int64 = 60

  /// The time of the next telegram.
  var time: Timestamp { Timestamp(seconds: second) }

  init(start: Timestamp, step: Int64 = 1, seed: UInt64) {
    self.step = step
    household = SimulatedHousehold(seed: seed)
    second = start.seconds
    identifier = [UInt8](
      "E00\(household.noise(0, 20) % 90_000_000_000_000 + 10_000_000_000_000)".utf8)
    gasIdentifier = [UInt8](
      "G00\(household.noise(0, 21) % 90_000_000_000_000 + 10_000_000_000_000)".utf8)
    powerFailures = [
      (start.seconds - 21_600_000, 240 + Int(household.noise(0, 22) % 5000)),
      (start.seconds - 3_456_000, 190 + Int(household.noise(0, 23) % 900)),
    ]
    // The registers start as if the meter had been installed in 2016 or 2017 in such a household.
    let daysInUse = max(
      0, Int(start.seconds / 86_400) - 17_000 - Int(household.noise(0, 24) % 400))
    for tariff in 0...1 {
      energyImport[tariff] = daysInUse * (4_300 + 900 * tariff) * 3600
      energyExport[tariff] = daysInUse * (1_200 + 2_900 * tariff) * 3600
    }
    gas = daysInUse * 3_250
    gasReadAt = start.seconds - start.seconds % 300
  }

  /// Appends the telegram of the next step.
  mutating func appendTelegram(to output: inout [UInt8]) {
    let power = household.power(at: second)
    let phases = [power.l1, power.l2, power.l3]
    let net = phases.reduce(0, +)
    let tariff = SimulatedMeter.tariff(at: second)
    addEnergy(net, tariff)
    addGas()
    var text = TelegramBuilder(output)
    output = []
    text.begin("/SIM5\\2SIMULATED-METER")
    text.line("1-3:0.2.8") { $0.add("50") }
    text.line("0-0:1.0.0") { $0.add(time: second) }
    text.line("0-0:96.1.1") { $0.add(octets: identifier) }
    for (code, energy) in zip(["1.8.1", "1.8.2", "2.8.1", "2.8.2"], energyImport + energyExport) {
      text.line("1-0:\(code)") { $0.add(thousandths: energy / 3600, digits: 6, "kWh") }
    }
    text.line("0-0:96.14.0") { $0.add(tariff, digits: 4) }
    text.line("1-0:1.7.0") { $0.add(thousandths: max(net, 0), digits: 2, "kW") }
    text.line("1-0:2.7.0") { $0.add(thousandths: max(-net, 0), digits: 2, "kW") }
    addQuality(to: &text)
    text.line("0-0:96.13.0") { _ in }
    addPhases(phases, to: &text)
    text.line("0-1:24.1.0") { $0.add("003") }
    text.line("0-1:96.1.0") { $0.add(octets: gasIdentifier) }
    text.line("0-1:24.2.1") {
      $0.add(time: gasReadAt)
      $0.add(")(")
      $0.add(thousandths: gas, digits: 5, "m3")
    }
    text.end()
    output = text.bytes
    second += step
  }

  /// Adds the energy since the last telegram, backwards from now.
  private mutating func addEnergy(_ watts: Int, _ tariff: Int) {
    var (watts, tariff) = (watts, tariff)
    var end = second
    while true {
      let seconds = min(end - (second - step), SimulatedMeter.maximumEnergyStep)
      energyImport[tariff - 1] += max(watts, 0) * Int(seconds)
      energyExport[tariff - 1] += max(-watts, 0) * Int(seconds)
      end -= seconds
      if end == second - step { return }
      let power = household.power(at: end)
      watts = power.l1 + power.l2 + power.l3
      tariff = SimulatedMeter.tariff(at: end)
    }
  }

  /// Adds the gas since the last telegram; the gas meter is read every five minutes.
  private mutating func addGas() {
    while second - gasReadAt >= 300 {
      gasReadAt += 300
      gas += household.gas(upTo: gasReadAt)
    }
  }

  /// The lines about power failures, voltage sags and swells.
  private func addQuality(to text: inout TelegramBuilder) {
    text.line("0-0:96.7.21") { $0.add(7, digits: 5) }
    text.line("0-0:96.7.9") { $0.add(powerFailures.count, digits: 5) }
    text.line("1-0:99.97.0") {
      $0.add("\(powerFailures.count))(0-0:96.7.19")
      for failure in powerFailures {
        $0.add(")(")
        $0.add(time: failure.end)
        $0.add(")(")
        $0.add(failure.seconds, digits: 10)
        $0.add("*s")
      }
    }
    for (code, count) in zip([32, 52, 72], [2, 1, 0]) {
      text.line("1-0:\(code).32.0") { $0.add(count, digits: 5) }
    }
    for code in [32, 52, 72] { text.line("1-0:\(code).36.0") { $0.add(0, digits: 5) } }
  }

  /// The lines with voltage, current and power of each phase.
  private func addPhases(_ phases: [Int], to text: inout TelegramBuilder) {
    let voltages = phases.enumerated().map { voltage(of: $1, phase: $0) }
    for (code, voltage) in zip([32, 52, 72], voltages) {
      text.line("1-0:\(code).7.0") {
        $0.add(voltage / 10, digits: 3)
        $0.add(".\(voltage % 10)*V")
      }
    }
    for (code, (phase, voltage)) in zip([31, 51, 71], zip(phases, voltages)) {
      text.line("1-0:\(code).7.0") {
        $0.add((abs(phase) * 10 + voltage / 2) / voltage, digits: 3)
        $0.add("*A")
      }
    }
    for (code, phase) in zip([21, 41, 61], phases) {
      text.line("1-0:\(code).7.0") { $0.add(thousandths: max(phase, 0), digits: 2, "kW") }
    }
    for (code, phase) in zip([22, 42, 62], phases) {
      text.line("1-0:\(code).7.0") { $0.add(thousandths: max(-phase, 0), digits: 2, "kW") }
    }
  }

  /// Tenths of a volt: around 232 V, lower with import and higher with export.
  private func voltage(of watts: Int, phase: Int) -> Int {
    2320 - watts / 130 + Int(household.noise(UInt64(second), UInt64(10 + phase)) % 9) - 4
  }

  /// The tariffs of the Netherlands: 2 on working days from 7:00 to 23:00, else 1.
  private static func tariff(at second: Int64) -> Int {
    let local = second + Int64(MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: second)))
    // 1970-01-01 was a Thursday.
    let isWorkingDay = (local / 86_400 + 3) % 7 < 5
    let hour = local % 86_400 / 3600
    return isWorkingDay && (7..<23).contains(hour) ? 2 : 1
  }
}
