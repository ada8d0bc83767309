import Foundation
import Telegrams
import TestSupport
import Testing

@testable import p1cat

/// 7E1 and 8N1: what is asked for and what the meter sends need not be the same.
@Suite struct CatParityTests {
  private static let checked = SampleTelegram.numbered()
  private static let unchecked =
    "/TST3\\2OLD-METER\r\n\r\n0-0:96.1.1(4530303032)\r\n1-0:1.8.1(00512.345*kWh)\r\n!\r\n"

  /// The settings of a line as a receiver has them, which need no device.
  @Test(arguments: [checked, unchecked], [true, false])
  func everyMeterIsReadWithEitherSetting(_ telegram: String, _ isSentWithParity: Bool) {
    for parity in [SerialLineSettings.Parity.even, .none] {
      let settings = SerialLineSettings(dataBits: parity == .even ? 7 : 8, parity: parity)
      var attributes = termios()
      settings.apply(to: &attributes, baudRate: 115_200)
      let signal = SerialSignal(
        Array((telegram + telegram).utf8), rate: 115_200, hasParity: isSentWithParity)
      let bytes = signal.received(
        at: 115_200, hasParity: attributes.c_cflag & tcflag_t(PARENB) != 0,
        isChecked: attributes.c_iflag & tcflag_t(INPCK) != 0)
      var framer = Framer(hasSevenBits: settings.dataBits == 7)
      framer.fill(with: bytes.span)
      var found = ""
      while case .telegram(let read)? = framer.next(atEnd: true) {
        found += String(decoding: framer.bytes[read.range], as: UTF8.self)
      }
      #expect(found == telegram + telegram)
    }
  }

  /// The block of settings that existing users have says 7E1, whatever their meter sends.
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
        // An adapter that has no 7 data bits is asked for none.
        #expect(reader.errorText == "")
      }
    }
  }

  /// What other programs read with odd parity, or without any, is left to the receiver: as asked for.
  @Test func otherFormatsAreAskedOfTheReceiver() {
    for (bits, parity, flags) in [
      (7, SerialLineSettings.Parity.odd, CS7 | PARENB | PARODD), (7, .none, CS7),
      (8, .even, CS8 | PARENB), (8, .odd, CS8 | PARENB | PARODD), (8, .none, CS8), (7, .even, CS8),
    ] {
      var attributes = termios()
      SerialLineSettings(dataBits: bits, parity: parity).apply(to: &attributes, baudRate: 9600)
      #expect(attributes.c_cflag & tcflag_t(CSIZE | PARENB | PARODD) == tcflag_t(flags))
      #expect(attributes.c_iflag & tcflag_t(INPCK | ISTRIP | IGNPAR | PARMRK) == 0)
    }
  }
}
