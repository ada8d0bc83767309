/// The serial line of p1cat. Its names are those of pySerial's attributes.
public struct SerialLineGroup: SettingGroup {
  public static let title = "Serial line"

  public let baudRate = Setting(
    "SER_BAUDRATE", option: "baudrate", .number(300...115_200, "rate"),
    default: "that of the meter",
    help: "Read the line at this baud rate.",
    manual: """
      The rate is one of 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600 and 115200.
      Without it
      .Nm
      tries 115200 first, then 9600, until a telegram arrives.
      """)

  public init() {}
}
