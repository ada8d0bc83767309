import Foundation
import TestSupport
import TestValues
import Testing

/// 7E1 and 8N1: the settings and the meter may differ.
@Suite struct CatParityTests {
  private static let checked = SampleTelegram.numbered()
  private static let unchecked =
    "/TST3\\2OLD-METER\r\n\r\n0-0:96.1.1(4530303032)\r\n1-0:1.8.1(00512.345*kWh)\r\n!\r\n"

  /// The settings of existing users are 7E1, whatever their meter sends.
  @Test(arguments: [checked, unchecked], [true, false])
  func meterIsReadAtTheEndOfALine(_ telegram: String, _ isSentWithParity: Bool) async throws {
    for settings in [["SER_BYTESIZE": "7", "SER_PARITY": "E"], [:]] {
      let line = try PseudoTerminal()
      let environment = settings.merging(["SER_BAUDRATE": "115200"]) { $1 }
      let program = Program("p1cat", [line.path], environment: environment)
      try await program.whileRunning { reader in
        try await line.waitUntilRaw()
        #expect(try line.settings().c_iflag & tcflag_t(INPCK | ISTRIP) == 0)
        let meter = FakeMeter(
          line, hasParity: isSentWithParity, isReadWithParity: !settings.isEmpty)
        try await meter.send(telegram)
        try await meter.send(telegram)
        try await reader.wait(for: "both telegrams") { $0.text == telegram + telegram }
        // 7 data bits are not requested, as some adapters do not support them.
        #expect(reader.errorText == "")
      }
    }
  }
}
