import ArgumentParser
import CommandLine

/// The options for a serial line, as typed.
struct SerialLineOptions: ParsableArguments {
  @Option(
    name: .customLong("baudrate"),
    help: ArgumentHelp(
      "Bits a second (default: $SER_BAUDRATE or that of the meter).", valueName: "rate"))
  var baudRate: String?

  @Option(
    name: .customLong("bytesize"),
    help: ArgumentHelp("Data bits, 7 or 8 (default: $SER_BYTESIZE or 8).", valueName: "bits"))
  var byteSize: String?

  @Option(help: ArgumentHelp("N, E or O (default: $SER_PARITY or N).", valueName: "parity"))
  var parity: String?

  @Option(
    name: .customLong("stopbits"),
    help: ArgumentHelp("Stop bits, 1 or 2 (default: $SER_STOPBITS or 1).", valueName: "bits"))
  var stopBits: String?

  @Option(
    name: .customLong("xonxoff"),
    help: ArgumentHelp(
      "Flow control by XON and XOFF (default: $SER_XONXOFF or no).", valueName: "yes|no"))
  var xOnXOff: String?

  @Option(
    name: .customLong("rtscts"),
    help: ArgumentHelp(
      "Flow control by RTS and CTS (default: $SER_RTSCTS or no).", valueName: "yes|no"))
  var rtsCTS: String?

  @Option(
    help: ArgumentHelp(
      "After so long without a byte, say so, or connect again (default: $SER_TIMEOUT or 20).",
      valueName: "seconds"))
  var silence: String?

  /// The option that stands for a setting, nil where it was not given.
  func option(for setting: SettingName) -> Environment.Option? {
    switch setting {
    case .serialBaudRate: .init("--baudrate", baudRate)
    case .serialByteSize: .init("--bytesize", byteSize)
    case .serialParity: .init("--parity", parity)
    case .serialStopBits: .init("--stopbits", stopBits)
    case .serialXOnXOff: .init("--xonxoff", xOnXOff)
    case .serialRTSCTS: .init("--rtscts", rtsCTS)
    case .serialTimeout: .init("--silence", silence)
    default: nil
    }
  }
}

extension SerialLineSettings {
  /// The settings of the line.
  ///
  /// - Parameter given: the environment, as the options change it.
  /// - Throws: `Failure` for a value that a line cannot have.
  init(_ given: Environment) throws {
    let rates = SerialLineSettings.speeds.map(\.key)
    if let text = given.string(.serialBaudRate) {
      guard let rate = Int(text), rates.contains(rate) else {
        let possible = rates.map(String.init).joined(separator: ", ")
        throw given.refused(.serialBaudRate, "\"\(text)\" is none of \(possible)")
      }
      baudRate = rate
    }
    dataBits = try given.number(.serialByteSize, in: 7...8) ?? dataBits
    let parities: KeyValuePairs<String, Parity> = [
      "n": .none, "e": .even, "o": .odd, "none": .none, "even": .even, "odd": .odd,
    ]
    parity = try given.choice(.serialParity, parities) ?? parity
    stopBits = try given.number(.serialStopBits, in: 1...2) ?? stopBits
    usesXOnXOff = try given.flag(.serialXOnXOff) ?? usesXOnXOff
    usesRTSCTS = try given.flag(.serialRTSCTS) ?? usesRTSCTS
  }
}
