/// The source of p1cat, and when to stop reading it.
public struct SourceGroup: SettingGroup {
  public static let title = "Source"

  public let port: Setting<String?> = Setting(
    "SER_PORT", .text("source", limit: 4096), ifUnset: "standard input",
    help: "Read this source if the command line names none.",
    manual: """
      Any source is possible, such as
      .Ql tcp://gateway.lan:2001 .
      """)
  public let count = Setting(
    nil, letter: "n", .number(1...1_000_000_000, "count"),
    help: "Exit after this number of telegrams.",
    manual: "The number is 1 to 1000000000.")
  public let telegramTimeout = Setting(
    nil, letter: "t", .wholeSeconds(1...86_400),
    help: "Exit with status 75 if no telegram arrives within this time.",
    manual: """
      The time is 1 to 86400 seconds, counted from the start and from each telegram.
      The search for the baud rate counts, too, and takes up to half a minute.
      Use it in a script that has to end.
      """)
  public let idleTimeout = Setting(
    "SER_TIMEOUT", option: "silence", .seconds(1...86_400), default: .seconds(20),
    help: "Log a silent serial line, or reconnect to a silent server, after this idle timeout.",
    manual: """
      The source is silent if no byte arrives.
      The idle timeout is 1 to 86400 seconds.
      It must be longer than the pause between two telegrams of the meter.
      """)
  public let once = Setting(
    nil, option: "once", .flag, default: false,
    help: "Exit if the serial line or the connection is lost, instead of reconnecting.",
    manual: """
      Also exit if the source cannot be opened at the start, instead of waiting.
      """)

  public init() {}
}

/// The serial line of p1cat. The names are those of pySerial's attributes.
public struct SerialLineGroup: SettingGroup {
  public static let title = "Serial line"

  /// The baud rates that a line can be set to.
  public static let rates = [
    300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200,
  ]

  public let baudRate = Setting(
    "SER_BAUDRATE", option: "baudrate", .number(oneOf: rates, "rate"),
    ifUnset: "the baud rate of the meter",
    help: "Read the serial line at this baud rate.",
    manual: """
      The rate is one of 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600 and 115200.
      .Nm
      finds 115200, 9600 and 2400 by itself.
      Set the rate of a meter that uses another one, or to save the search at the start.
      """)
  public let dataBits = Setting(
    "SER_BYTESIZE", option: "bytesize", .number(7...8, "bits"), default: 8,
    help: "Read 7 or 8 data bits.",
    manual: """
      8 suits all meters, also those that send 7 data bits with even parity.
      With 7,
      .Nm
      ignores the top bit of each byte of a serial line or a server.
      """)
  public let parity: Setting<String?> = Setting(
    "SER_PARITY", option: "parity",
    .choice(["n", "e", "o", "none", "even", "odd"], "parity"),
    ifUnset: "E at 2400 baud and N at all other baud rates",
    help: "Set the parity: N for none, E for even or O for odd.",
    manual: """
      The words none, even and odd are also possible.
      N also suits meters that send 7 data bits with even parity.
      """)
  public let stopBits = Setting(
    "SER_STOPBITS", option: "stopbits", .number(1...2, "bits"), default: 1,
    help: "Set 1 or 2 stop bits.")
  public let usesXOnXOff = Setting(
    "SER_XONXOFF", option: "xonxoff", .yesOrNo, default: false, as: "no",
    help: "Use software flow control (XON and XOFF).",
    manual: "Meters do not use it.")
  public let usesRTSCTS = Setting(
    "SER_RTSCTS", option: "rtscts", .yesOrNo, default: false, as: "no",
    help: "Use hardware flow control (RTS and CTS).",
    manual: "Meters do not use it.")

  public init() {}
}

/// What p1cat does with the telegrams besides writing them.
public struct OutputGroup: SettingGroup {
  public static let title = "Output"

  public let stamp = Setting(
    "P1_STAMP", option: "stamp", .flag, default: false, isInvertible: true,
    help: "Write a stamp with the time of receipt before each telegram.",
    manual: """
      Use it for every live meter: the telegrams of meters before DSMR 4 have no time, and
      .Xr p1parse 1
      uses the stamp.
      The stamp is a line
      .Ql #2026-11-23T10:00:00.123Z .
      A stamp that the source already has is kept, even without this option.
      The stamp of a simulated telegram has the simulated time.
      """)
  public let capture: Setting<String?> = Setting(
    "P1_CAPTURE", option: "capture", .directory,
    help: "Also append each telegram, with a stamp, to one file per day in this directory.",
    manual: """
      The directory must exist.
      .Pa telegrams-2026-11-28.p1
      has the telegrams of that day by the clock of the meter, or by the clock of this machine if the
      meter has none.
      .Ql p1capture -d directory -z
      compresses the files of earlier days while
      .Nm
      runs.
      If a file cannot be written,
      .Nm
      logs it once a minute and continues.
      """)
  public let listen = Setting(
    "P1_LISTEN", option: "listen", .text("[address:]port"),
    help: "Also send the telegrams to all clients that connect to this TCP port.",
    manual: """
      A port alone is for clients on this machine, at 127.0.0.1.
      .Ql 0.0.0.0:2001
      is for all clients by IPv4, and
      .Ql [::]:2001
      for all clients by IPv4 and IPv6.
      There is no password: everybody who can reach the port can read the meter.
      .Ql P1_LISTEN=False
      in the environment turns off the port of
      .Xr p1.conf 5 .
      See
      .Sx Clients .
      """)
  public let raw: Setting<String?> = Setting(
    "P1_RAW", option: "raw", .file,
    help: "Also append all bytes to this raw file as they arrive, encrypted or not.",
    manual: """
      Use it while you do not have the key of an encrypted meter: see
      .Sx Recording before you have the key .
      .Nm
      renames the raw file of an earlier day, for example to
      .Pa house-2026-11-28.raw .
      .Ql p1capture -z
      compresses the renamed files of
      .Ev P1_RAW .
      Nothing else limits their size.
      """)
  public let buffer = Setting(
    "P1_BUFFER", option: "buffer", .number(1...4096, "MiB"), default: 16,
    help: "Limit the buffer for a slow reader; if it is full, drop the oldest telegrams.",
    manual: """
      The size is 1 to 4096 MiB.
      16 MiB holds five hours of telegrams from a meter that sends one every second.
      """)

  public init() {}
}

/// What p1cat and p1parse do with telegrams that are not whole and valid.
public struct DamageGroup: SettingGroup {
  public static let title = "Damaged telegrams"

  public let noCheck = Setting(
    nil, option: "no-check", .flag, default: false,
    help: "Accept telegrams with a wrong checksum or without an end.",
    manual: """
      Use it to look at a damaged telegram; its values may be wrong.
      .Nm p1cat
      writes such telegrams unchanged, so
      .Nm p1parse
      needs the option, too.
      .Nm p1parse
      accepts an unknown version in them.
      A telegram is still dropped if it has no value, or if the next one begins in the middle of a
      line.
      """)
  public let strict = Setting(
    "P1_STRICT", option: "strict", .flag, default: false, isInvertible: true,
    help: "Exit with status 65 if the input is damaged.",
    manual: """
      .Nm p1cat
      writes all whole telegrams of a file or a pipe, and exits with this status at the end if a
      telegram was dropped or none was found.
      .Nm p1cat
      ignores the option for a serial line or a server.
      .Nm p1parse
      exits at the first telegram or line that it cannot read, at the first byte outside telegrams,
      and at the end of an input without telegrams.
      The records before that are written.
      A line that repeats the value of another line does not count as damage.
      """)

  public init() {}
}

extension ValueForm<Int> {
  /// One of a few whole numbers.
  static func number(oneOf numbers: [Int], _ placeholder: String) -> ValueForm {
    ValueForm(placeholder, completion: .words(numbers.map(String.init))) {
      text throws(InvalidValue) in
      guard let number = Int(text), numbers.contains(number) else {
        let words = numbers.map(String.init).joined(separator: ", ")
        throw InvalidValue("\"\(text)\" is none of \(words)")
      }
      return number
    }
  }
}
