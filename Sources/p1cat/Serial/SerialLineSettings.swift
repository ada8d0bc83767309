import CommandLine
import Glibc

/// The settings of a serial line: 8N1 by default, which reads every meter that does not send at 2400 baud.
///
/// Settings taken over from another program work, too: pySerial leaves the parity
/// check off, so its 7E1 also reads a meter of 8N1.
struct SerialLineSettings: Equatable {
  /// Each by the first letter of its names.
  enum Parity: String {
    case none = "n"
    case even = "e"
    case odd = "o"
  }

  /// Nil to find the meter's speed.
  var baudRate: Int?
  var dataBits = 8
  /// Nil for that of the speed: meters that push DLMS lists at 2400 baud send even parity.
  var parity: Parity?
  var stopBits = 1
  /// Software flow control.
  var usesXOnXOff = false
  /// Hardware flow control.
  var usesRTSCTS = false

  /// The speeds that a line can be set to, in baud, with their constants for termios.
  static let speeds: KeyValuePairs<Int, Int32> = [
    300: B300, 600: B600, 1200: B1200, 2400: B2400, 4800: B4800, 9600: B9600, 19_200: B19200,
    38_400: B38400, 57_600: B57600, 115_200: B115200,
  ]

  /// Changes the attributes of a line to these settings and to raw mode.
  ///
  /// - Parameter baudRate: one of ``speeds``.
  func apply(to attributes: inout termios, baudRate: Int?) {
    let parity = parity ?? (baudRate == 2400 && dataBits == 8 ? .even : .none)
    unsafe cfmakeraw(&attributes)
    // INPCK stays off: with it, every character with an odd number of ones would read as zero if 7E1
    // is set and the meter sends 8N1.
    attributes.c_iflag = usesXOnXOff ? tcflag_t(IXON | IXOFF) : 0
    // CLOCAL ignores the modem lines, which a P1 cable does not have.
    attributes.c_cflag |= tcflag_t(CLOCAL | CREAD)
    attributes.c_cflag &= ~tcflag_t(CSIZE | PARENB | PARODD | CSTOPB) & ~tcflag_t(CRTSCTS)
    attributes.c_cflag |= tcflag_t(dataBits == 7 && parity != .even ? CS7 : CS8)
    switch parity {
    case .none: break
    // On the wire, 7E1 is as long as 8N1. So 8 bits are read, and no bit is lost of a meter that sends
    // 8, whose checksum covers them all. The framer tells the two apart and checks the parity. It does
    // not know odd parity, which no meter uses.
    case .even where dataBits == 7: break
    case .even: attributes.c_cflag |= tcflag_t(PARENB)
    case .odd: attributes.c_cflag |= tcflag_t(PARENB | PARODD)
    }
    if stopBits == 2 { attributes.c_cflag |= tcflag_t(CSTOPB) }
    if usesRTSCTS { attributes.c_cflag |= tcflag_t(CRTSCTS) }
    for (rate, speed) in SerialLineSettings.speeds where rate == baudRate {
      unsafe cfsetspeed(&attributes, speed_t(speed))
    }
  }

  /// The options, such as `--parity`, whose values the driver did not accept.
  static func differences(between requested: termios, and actual: termios) -> [String] {
    let flags: KeyValuePairs = [
      "--bytesize": CSIZE, "--parity": PARENB | PARODD, "--stopbits": CSTOPB,
    ]
    let rejected = flags.filter {
      (requested.c_cflag ^ actual.c_cflag) & tcflag_t($0.value) != 0
    }
    let hasSpeed = unsafe withUnsafePointer(to: requested) { requested in
      unsafe withUnsafePointer(to: actual) { unsafe cfgetispeed(requested) == cfgetispeed($0) }
    }
    return rejected.map(\.key) + (hasSpeed ? [] : ["--baudrate"])
  }
}

extension SerialLineSettings {
  init(_ settings: Settings) throws {
    let group = SerialLineGroup()
    baudRate = try settings[group.baudRate]
    dataBits = try settings[group.dataBits]
    parity = try settings[group.parity].flatMap { Parity(rawValue: String($0.prefix(1))) }
    stopBits = try settings[group.stopBits]
    usesXOnXOff = try settings[group.usesXOnXOff]
    usesRTSCTS = try settings[group.usesRTSCTS]
  }
}
