/// The names that settings have in the environment: the one place they are spelled.
public enum SettingName: String, CaseIterable, Sendable {
  case serialPort = "SER_PORT"
  case serialBaudRate = "SER_BAUDRATE"
  case serialByteSize = "SER_BYTESIZE"
  case serialParity = "SER_PARITY"
  case serialStopBits = "SER_STOPBITS"
  case serialXOnXOff = "SER_XONXOFF"
  case serialRTSCTS = "SER_RTSCTS"
  case serialTimeout = "SER_TIMEOUT"
  case capture = "P1_CAPTURE"

  case names = "P1_NAMES"
  case all = "P1_ALL"
  case net = "P1_NET"
  case history = "P1_HISTORY"
  case time = "P1_TIME"
  case utcOffset = "P1_UTC_OFFSET"
  case summerTime = "P1_SUMMER_TIME"
  case specificationFile = "P1_SPEC"
  case specificationDirectory = "P1_SPEC_DIR"
  case strict = "P1_STRICT"
}
