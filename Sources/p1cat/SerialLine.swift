import Console
import Glibc
import SystemPackage

/// A serial line, made ready to read a meter: taken exclusively, raw, set as the meter sends.
enum SerialLine {
  /// What a line is set to: 115200 baud and 8N1 unless told otherwise, as from DSMR 4 on.
  struct Settings: Equatable {
    enum Parity: Equatable {
      case none, even, odd
    }

    var baudRate = 115_200
    var dataBits = 8
    var parity = Parity.none
    var stopBits = 1
    /// Flow control by XON and XOFF, and by the RTS and CTS wires.
    var usesXOnXOff = false
    var usesRTSCTS = false
    /// For how long nothing may come before that is worth a message.
    var silence = Duration.seconds(20)
  }

  /// The baud rates that a line can be set to.
  static let speeds: KeyValuePairs<Int, Int32> = [
    300: B300, 600: B600, 1200: B1200, 2400: B2400, 4800: B4800, 9600: B9600, 19_200: B19200,
    38_400: B38400, 57_600: B57600, 115_200: B115200,
  ]

  /// Takes the line and sets it.
  ///
  /// - Throws: `Failure` where another process has it, or where it cannot be set so.
  static func prepare(_ line: FileDescriptor, _ name: String, _ settings: Settings) throws {
    guard flock(line.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw inUse(name) }
    // Nobody else can open it from here on; root can, and so finds the lock.
    _ = ioctl(line.rawValue, UInt(TIOCEXCL))
    var attributes = termios()
    guard unsafe tcgetattr(line.rawValue, &attributes) == 0 else {
      throw Failure(name, Errno(rawValue: errno))
    }
    unsafe cfmakeraw(&attributes)
    // The modem's wires say nothing here, and the line may be read.
    attributes.c_cflag |= tcflag_t(CLOCAL | CREAD)
    attributes.c_cflag &= ~tcflag_t(CSIZE | PARENB | PARODD | CSTOPB) & ~tcflag_t(CRTSCTS)
    attributes.c_cflag |= tcflag_t(settings.dataBits == 7 ? CS7 : CS8)
    switch settings.parity {
    case .none: break
    case .even: attributes.c_cflag |= tcflag_t(PARENB)
    case .odd: attributes.c_cflag |= tcflag_t(PARENB | PARODD)
    }
    if settings.stopBits == 2 { attributes.c_cflag |= tcflag_t(CSTOPB) }
    if settings.usesRTSCTS { attributes.c_cflag |= tcflag_t(CRTSCTS) }
    if settings.usesXOnXOff { attributes.c_iflag |= tcflag_t(IXON | IXOFF) }
    for (rate, speed) in speeds where rate == settings.baudRate {
      unsafe cfsetspeed(&attributes, speed_t(speed))
    }
    guard unsafe tcsetattr(line.rawValue, TCSAFLUSH, &attributes) == 0 else {
      throw Failure(name, Errno(rawValue: errno))
    }
  }

  /// Somebody else reads the line: half of the bytes would be of use to nobody.
  static func inUse(_ name: String) -> Failure {
    Failure(name, "in use by another process", .temporaryFailure)
  }
}
