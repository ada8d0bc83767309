extension Framer.Defect: CustomStringConvertible {
  /// As a message says it.
  public var description: String {
    switch self {
    case .wrongChecksum(let printed?, let computed):
      "its checksum is \(Framer.Defect.hexadecimal(printed)), its bytes make "
        + Framer.Defect.hexadecimal(computed)
    case .wrongChecksum(nil, _): "its checksum cannot be read"
    case .damagedByte: "a byte of it is damaged"
    case .cutShort: "it is cut short"
    case .tooLong: "it has more than \(Framer.maximumTelegramLength) bytes"
    }
  }

  private static func hexadecimal(_ checksum: UInt16) -> String {
    let digits = String(checksum, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
