/// The source of p1cat, and when to stop reading it.
public struct SourceGroup: SettingGroup {
  public static let title = "Source"

  public let port: Setting<String?> = Setting(
    "SER_PORT", .text("source", limit: 4096), ifUnset: "standard input",
    help: "Read this source if the command line names none.",
    manual: "Despite its name, it can be any source, not only a serial line.")
  public let count = Setting(
    nil, letter: "n", .number(1...1_000_000_000, "count"),
    help: "Exit after this number of telegrams.",
    manual: "The number is 1 to 1000000000.")
  public let telegramTimeout = Setting(
    nil, letter: "t", .wholeSeconds(1...86_400),
    help: "Exit with status 75 if no telegram arrives within this time.",
    manual: "The time is 1 to 86400 seconds, counted from the start and from each telegram.")
  public let once = Setting(
    nil, option: "once", .flag, default: false,
    help: "Exit if the serial line or the connection is lost, instead of reconnecting.")
  public let idleTimeout = Setting(
    "SER_TIMEOUT", option: "silence", .seconds(1...86_400), default: .seconds(20),
    help: "If no byte arrives within this time, log it (serial line) or reconnect (server).",
    manual: """
      The time is 1 to 86400 seconds.
      Reopening a silent serial line would not help.
      A silent server may have vanished without closing the connection.
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
    ifUnset: "the speed of the meter",
    help: "Read the serial line at this baud rate.",
    manual: """
      The rate is one of 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600 and 115200.
      By default,
      .Nm
      tries 115200 and 9600 in turn until a telegram arrives, and 2400 if the bytes look like those of a
      slower line.
      """)
  public let dataBits = Setting(
    "SER_BYTESIZE", option: "bytesize", .number(7...8, "bits"), default: 8,
    help: "Read 7 or 8 data bits.",
    manual: """
      8 suits all meters.
      With 7, the top bit of each byte of a serial line or a server is removed, unless the telegram
      has a checksum that covers it.
      """)
  public let parity: Setting<String?> = Setting(
    "SER_PARITY", option: "parity",
    .choice(["n", "e", "o", "none", "even", "odd"], "parity"),
    ifUnset: "E at 2400 baud, which DLMS meters use, and N at all other speeds",
    help: "Set the parity: N for none, E for even or O for odd.",
    manual: "N also suits meters that send 7 data bits with even parity.")
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
      The stamp is a line
      .Ql #2026-11-23T10:00:00.123Z .
      .Xr p1parse 1
      uses it for telegrams without a time of their own; other programs that read telegrams skip it.
      A stamp that the source already has is kept, even without this option.
      The stamp of a simulated telegram has the simulated time.
      """)
  public let buffer = Setting(
    "P1_BUFFER", option: "buffer", .number(1...4096, "MiB"), default: 16,
    help: "Limit the buffer for a slow reader; if it is full, drop the oldest telegrams.",
    manual: """
      The size is 1 to 4096 MiB.
      16 MiB hold about four hours of a meter that sends a telegram every second.
      """)
  public let capture: Setting<String?> = Setting(
    "P1_CAPTURE", option: "capture", .directory,
    help: "Also append each telegram, with a stamp, to one file per day in this directory.",
    manual: """
      The directory must exist.
      .Pa telegrams-2026-11-28.p1
      has the telegrams of this day by the meter's clock, or by this machine's if the meter has none.
      .Ql p1capture -d directory -z
      compresses the files of earlier days while
      .Nm
      runs.
      If a file cannot be written,
      .Nm
      logs it once a minute and continues.
      The setting does not apply to a regular file or a pipe; the option cannot be used with a file.
      """)
  public let raw: Setting<String?> = Setting(
    "P1_RAW", option: "raw", .file,
    help: "Also append all bytes to this file as they arrive, encrypted or not.",
    manual: """
      .Nm
      reads the file again, as in
      .Ql p1cat --key-file key house.raw ,
      so that nothing is lost while the key is not known yet.
      The file of an earlier day is renamed, as in
      .Pa house-2026-11-28.raw ;
      .Ql p1capture -z
      compresses those.
      Nothing else limits their size.
      The setting does not apply to a regular file or a pipe; the option cannot be used with a file.
      """)
  public let listen = Setting(
    "P1_LISTEN", option: "listen", .text("[address:]port"),
    help: "Also send the telegrams to all clients that connect to this TCP port.",
    manual: """
      Without an address, only clients on this machine can connect, to 127.0.0.1.
      .Ql 0.0.0.0:2001
      is for all clients by IPv4,
      .Ql [::]:2001
      for all by IPv4 and IPv6; there is no password, so everybody who can reach the port can
      read the meter.
      See
      .Sx Clients .
      The setting does not apply to a regular file or a pipe; the option cannot be used with a file.
      .Cm False
      in the environment turns off a port of
      .Xr p1.conf 5 .
      If the port of
      .Xr p1.conf 5
      is in use, p1cat continues without clients and tries again every five seconds.
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
      A telegram is still dropped if the next one begins in the middle of a line, or if it has no
      value.
      A telegram of an unknown version counts as damaged, unless its checksum is right.
      """)
  public let strict = Setting(
    "P1_STRICT", option: "strict", .flag, default: false, isInvertible: true,
    help: "Exit with status 65 if the input is damaged.",
    manual: """
      .Nm p1cat
      exits at the end of a file or a pipe if it dropped a telegram or found none; it writes all
      other telegrams first.
      It ignores the option for a serial line or a server.
      .Nm p1parse
      exits at the first telegram or line that it cannot read, at the first byte outside telegrams
      and at the end of an input without telegrams; it writes the records before that.
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
