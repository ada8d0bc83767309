import Glibc

/// What a serial line is set to: 8N1 unless told otherwise, which reads every meter.
///
/// Settings that another program reads a meter with, read it here: pySerial leaves the check of parity
/// off, so that 7E1 reads a meter of 8N1, too.
struct SerialLineSettings: Equatable {
  enum Parity: Equatable {
    case none, even, odd
  }

  /// Nil for that of the meter, which is found out.
  var baudRate: Int?
  var dataBits = 8
  var parity = Parity.none
  var stopBits = 1
  /// Flow control by XON and XOFF, and by the RTS and CTS wires.
  var usesXOnXOff = false
  var usesRTSCTS = false

  /// The baud rates that a line can be set to.
  static let speeds: KeyValuePairs<Int, Int32> = [
    300: B300, 600: B600, 1200: B1200, 2400: B2400, 4800: B4800, 9600: B9600, 19_200: B19200,
    38_400: B38400, 57_600: B57600, 115_200: B115200,
  ]

  /// Puts them into the attributes of a line, which becomes a raw one.
  ///
  /// - Parameters:
  ///   - attributes: those of the line.
  ///   - baudRate: one of ``speeds``.
  func apply(to attributes: inout termios, baudRate: Int?) {
    unsafe cfmakeraw(&attributes)
    // Nothing is taken out or replaced. With INPCK, each character of a meter of 8N1 that has an odd
    // number of ones would read as zero where 7E1 was asked for.
    attributes.c_iflag = usesXOnXOff ? tcflag_t(IXON | IXOFF) : 0
    // The modem's wires say nothing here, and the line may be read.
    attributes.c_cflag |= tcflag_t(CLOCAL | CREAD)
    attributes.c_cflag &= ~tcflag_t(CSIZE | PARENB | PARODD | CSTOPB) & ~tcflag_t(CRTSCTS)
    attributes.c_cflag |= tcflag_t(dataBits == 7 && parity != .even ? CS7 : CS8)
    switch parity {
    case .none: break
    // On the wire, 7 bits and their parity are as long as 8 bits. So 8 bits are read, and of a meter
    // that sends 8 none is lost, which its checksum covers; the framer tells the two apart, and checks
    // the parity. Nobody's meter has odd parity, and the framer does not know it.
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

  /// What of the attributes that were asked for a line does not have.
  ///
  /// - Returns: the settings by their options, such as `--parity`.
  static func differences(between asked: termios, and taken: termios) -> [String] {
    let flags: KeyValuePairs = [
      "--bytesize": CSIZE, "--parity": PARENB | PARODD, "--stopbits": CSTOPB,
    ]
    let refused = flags.filter { (asked.c_cflag ^ taken.c_cflag) & tcflag_t($0.value) != 0 }
    let hasSpeed = unsafe withUnsafePointer(to: asked) { asked in
      unsafe withUnsafePointer(to: taken) { unsafe cfgetispeed(asked) == cfgetispeed($0) }
    }
    return refused.map(\.key) + (hasSpeed ? [] : ["--baudrate"])
  }
}
