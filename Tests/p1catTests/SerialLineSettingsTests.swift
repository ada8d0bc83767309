import Foundation
import Telegrams
import TestValues
import Testing

@testable import p1cat

/// The settings of a line, and what a receiver that has them makes of 7E1 and of 8N1.
@Suite struct SerialLineSettingsTests {
  private static let checked = SampleTelegram.numbered()
  private static let unchecked =
    "/TST3\\2OLD-METER\r\n\r\n0-0:96.1.1(4530303032)\r\n1-0:1.8.1(00512.345*kWh)\r\n!\r\n"

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

  /// Meters that push DLMS lists at 2400 baud send 8E1; what the user sets stays.
  @Test(arguments: [
    (8, nil, 2400, CS8 | PARENB), (8, nil, 9600, CS8), (8, nil, nil, CS8),
    (8, SerialLineSettings.Parity.none, 2400, CS8), (7, nil, 2400, CS7),
  ])
  func parityIsThatOfTheSpeed(
    _ bits: Int, _ parity: SerialLineSettings.Parity?, _ rate: Int?, _ flags: Int32
  ) {
    var attributes = termios()
    SerialLineSettings(dataBits: bits, parity: parity, stopBits: 2).apply(
      to: &attributes, baudRate: rate)
    #expect(
      attributes.c_cflag & tcflag_t(CSIZE | PARENB | PARODD | CSTOPB) == tcflag_t(flags | CSTOPB))
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
