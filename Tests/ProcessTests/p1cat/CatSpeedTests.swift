import Foundation
import TestSupport
import TestValues
import Testing

/// p1cat finds the speed of the meter without a setting.
@Suite struct CatSpeedTests {
  /// A telegram of a meter before DSMR 4: no version, no time, no checksum.
  private static let old =
    "/TST3\\2OLD-METER\r\n\r\n0-0:96.1.1(4530303032)\r\n1-0:1.8.1(00512.345*kWh)\r\n"
    + "1-0:1.7.0(0000.43*kW)\r\n0-1:24.3.0(261123110000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n"
    + "(00821.417)\r\n!\r\n"
  private static let new = SampleTelegram.numbered()

  @Test(
    arguments: [
      (old, 9600, true), (old, 9600, false), (new, 115_200, false),
      // Meters with 115200 baud and 7E1, or DSMR 5 at 9600 baud, are reported to exist.
      (new, 115_200, true), (new, 9600, false),
    ])
  func meterIsRead(_ telegram: String, _ rate: Int, _ hasParity: Bool) async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", [line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      let meter = FakeMeter(line, rate: rate, hasParity: hasParity)
      // Reading begins in the middle of the first telegram.
      try await meter.send(String(telegram.dropFirst(70)))
      let isRead = try await meter.send(telegram) { reader.text.hasPrefix(telegram + telegram) }
      #expect(isRead)
      let count = reader.text.count / telegram.count
      #expect(reader.text == String(repeating: telegram, count: count))
      reader.send(signal: SIGTERM)
      let result = try await reader.waitForExit()
      #expect(result.status == .success)
      // The message is logged once.
      #expect(result.errorText == "p1cat: \(line.path): telegrams at \(rate) baud\n")
    }
  }

  /// A speed that is set is not changed.
  @Test func speedThatIsSetStays() async throws {
    let line = try PseudoTerminal()
    let program = Program("p1cat", [line.path], environment: ["SER_BAUDRATE": "9600"])
    try await program.whileRunning { reader in
      try await line.waitUntilRaw()
      let meter = FakeMeter(line)
      for _ in 0..<5 { try await meter.send(Self.new) }
      // The telegram was read at the wrong speed.
      try await line.write(Self.old)
      try await reader.waitForOutput(Self.old)
      #expect(try line.settings().speed == speed_t(B9600))
      #expect(reader.text == Self.old && reader.errorText == "")
    }
  }

  /// The meter was silent at first, so another speed was tried.
  @Test(arguments: [true, false])
  func meterThatIsLateIsRead(_ hasParity: Bool) async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", ["-v", line.path]).whileRunning { reader in
      try await reader.waitForError("no telegram; trying 9600 baud\n", within: .seconds(20))
      let meter = FakeMeter(line, hasParity: hasParity)
      #expect(try await meter.send(Self.new) { reader.text.hasPrefix(Self.new) })
      try await reader.waitForError("telegrams at 115200 baud\n")
    }
  }

  /// Noise between telegrams drops no telegram and does not change the speed.
  @Test func noiseBetweenTelegramsCostsNothing() async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", [line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      var sent = ""
      for minute in 0..<20 {
        let telegram = SampleTelegram.numbered(minute)
        try await line.write(telegram)
        sent += telegram
        try await line.write((0..<200).map { _ in UInt8.random(in: 0x80...0xFF) } + [0x0A])
      }
      try await reader.wait(for: "all of them") { $0.text == sent }
      #expect(reader.errorText.matches(of: /telegrams at/).count == 1)
    }
  }
}
