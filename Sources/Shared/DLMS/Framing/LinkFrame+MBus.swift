/// Wired M-Bus, long frame (EN 13757-2), with the transport layer of DLMS (DLMS UA 1000-2, wired M-Bus profile):
///
///     68 L L 68 C A CI STSAP DTSAP DATA CHECKSUM 16
///
/// L counts the bytes from C to DATA, of which CHECKSUM is the sum. Sagemcom sends longer frames, with 256 less in L.
/// The lowest four bits of CI number the frames of a message, and 10 marks the last one.
extension LinkFrame {
  static let longFrameStart: UInt8 = 0x68
  private static let stop: UInt8 = 0x16
  /// C, A and CI.
  private static let minimumLength = 3
  private static let dataStart = 9
  /// From a master to a slave: SND_UD, with the frame count bit or without. Meters that push use these.
  private static let controls: [UInt8] = [0x53, 0x73]
  /// From a slave, as meters answer that are read on demand.
  private static let response: UInt8 = 0x08
  private static let isLastBit: UInt8 = 0x10

  static func mbus(_ bytes: Span<UInt8>) -> Start {
    let start = bytes.extracting(first: maximumASCIICount + 1)
    if start.count > 2, start[1] != start[2] { return .somethingElse }
    if start.count > 3, start[3] != longFrameStart { return .somethingElse }
    if start.count > 4, !controls.contains(start[4]), start[4] != response { return .somethingElse }
    guard start.count > maximumASCIICount else { return .incomplete(isCertain: false) }
    // Meters push to all, FF. Words in a text must not look like a frame.
    guard !start.isASCII else { return .somethingElse }
    let length = Int(start[1])
    let contentEnd = 4 + (length < minimumLength ? 256 + length : length)
    let end = contentEnd + 2
    guard bytes.count >= end else { return .incomplete(isCertain: true) }
    let sum = (4..<contentEnd).reduce(UInt8(0)) { $0 &+ bytes[$1] }
    guard bytes[contentEnd] == sum, bytes[contentEnd + 1] == stop else {
      return .damaged(.wrongChecksum)
    }
    let control = bytes[6]
    guard control < 0x20, contentEnd >= dataStart else { return .damaged(.notDLMS(length: end)) }
    return .frame(
      LinkFrame(
        link: .mbus, addresses: [bytes[5], bytes[7], bytes[8]], number: control & 0x0F,
        isMarkedFirst: control & 0x0F == 0, isLast: control & isLastBit != 0,
        content: dataStart..<contentEnd, length: end))
  }
}
