import Records
import Telegrams

/// A DSMR 5.0 three-phase meter with a gas meter on the M-Bus: a telegram for every step of time.
///
/// The same seed, start and step give the same bytes.
struct SimulatedMeter {
  private let household: SimulatedHousehold
  private let identifier: [UInt8]
  private let gasIdentifier: [UInt8]
  private let failures: [(end: Int64, seconds: Int)]
  private var second: Int64
  /// The seconds from one telegram to the next.
  private let step: Int64
  /// Watt-seconds by tariff.
  private var energyImport = [0, 0]
  private var energyExport = [0, 0]
  /// Litres, and when they were read.
  private var gas: Int
  private var gasReadAt: Int64

  /// Energy is counted minute by minute where the step is longer: much in a household is on for minutes.
  private static let longestCount: Int64 = 60

  /// When the next telegram is made.
  var time: Timestamp { Timestamp(seconds: second) }

  init(start: Timestamp, step: Int64 = 1, seed: UInt64) {
    self.step = step
    household = SimulatedHousehold(seed: seed)
    second = start.seconds
    identifier = [UInt8](
      "E00\(household.noise(0, 20) % 90_000_000_000_000 + 10_000_000_000_000)".utf8)
    gasIdentifier = [UInt8](
      "G00\(household.noise(0, 21) % 90_000_000_000_000 + 10_000_000_000_000)".utf8)
    failures = [
      (start.seconds - 21_600_000, 240 + Int(household.noise(0, 22) % 5000)),
      (start.seconds - 3_456_000, 190 + Int(household.noise(0, 23) % 900)),
    ]
    // As if installed some years ago, with the use of an ordinary household since.
    let days = Int(start.seconds / 86_400) - 17_000 - Int(household.noise(0, 24) % 400)
    let years = max(0, days)
    for tariff in 0...1 {
      energyImport[tariff] = years * (4_300 + 900 * tariff) * 3600
      energyExport[tariff] = years * (1_200 + 2_900 * tariff) * 3600
    }
    gas = years * 3_250
    gasReadAt = start.seconds - start.seconds % 300
  }

  /// Appends the telegram of the next step.
  mutating func appendTelegram(to output: inout [UInt8]) {
    let power = household.power(at: second)
    let phases = [power.l1, power.l2, power.l3]
    let net = phases.reduce(0, +)
    let tariff = SimulatedMeter.tariff(at: second)
    countEnergy(net, tariff)
    countGas()
    var text = TelegramText(output)
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

  /// Counts the energy since the last telegram.
  ///
  /// - Parameters:
  ///   - watts: the power now.
  ///   - tariff: the tariff now.
  private mutating func countEnergy(_ watts: Int, _ tariff: Int) {
    var (watts, tariff) = (watts, tariff)
    var end = second
    while true {
      let seconds = min(end - (second - step), SimulatedMeter.longestCount)
      energyImport[tariff - 1] += max(watts, 0) * Int(seconds)
      energyExport[tariff - 1] += max(-watts, 0) * Int(seconds)
      end -= seconds
      if end == second - step { return }
      let power = household.power(at: end)
      watts = power.l1 + power.l2 + power.l3
      tariff = SimulatedMeter.tariff(at: end)
    }
  }

  /// Counts the gas, which is read every five minutes.
  private mutating func countGas() {
    while second - gasReadAt >= 300 {
      gasReadAt += 300
      gas += household.gas(upTo: gasReadAt)
    }
  }

  /// What has gone wrong on the grid: failures, sags and swells.
  private func addQuality(to text: inout TelegramText) {
    text.line("0-0:96.7.21") { $0.add(7, digits: 5) }
    text.line("0-0:96.7.9") { $0.add(failures.count, digits: 5) }
    text.line("1-0:99.97.0") {
      $0.add("\(failures.count))(0-0:96.7.19")
      for failure in failures {
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

  /// Voltage, current and power of each phase.
  private func addPhases(_ phases: [Int], to text: inout TelegramText) {
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

  /// Tenths of a volt: around 232 V, less under load and more where power is given.
  private func voltage(of watts: Int, phase: Int) -> Int {
    2320 - watts / 130 + Int(household.noise(UInt64(second), UInt64(10 + phase)) % 9) - 4
  }

  /// 2 on working days from seven to eleven, else 1: the tariffs of the Netherlands.
  private static func tariff(at second: Int64) -> Int {
    let local = second + Int64(MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: second)))
    // 1970-01-01 was a Thursday.
    let isWorkingDay = (local / 86_400 + 3) % 7 < 5
    let hour = local % 86_400 / 3600
    return isWorkingDay && (7..<23).contains(hour) ? 2 : 1
  }
}
