import Telegrams

/// HDLC, frame format type 3 (ISO/IEC 13239; DLMS UA 1000-2, HDLC based profile):
///
///     7E FORMAT(2) DESTINATION SOURCE CONTROL HCS(2) [LLC] INFORMATION FCS(2) 7E
///
/// The highest four bits of FORMAT are A, the lowest eleven the number of bytes between the flags; the bit between them
/// tells that the message continues in the next frame. Each address ends at its first odd byte. The length decides
/// where a frame ends, as 7E may occur inside. The closing flag is not part of the frame here: it may also be the
/// opening flag of the next one.
extension LinkFrame {
  static let flag: UInt8 = 0x7E
  private static let continues: UInt8 = 0x08
  private static let checkLength = 2
  private static let maximumAddressLength = 4

  static func hdlc(_ bytes: Span<UInt8>) -> Start {
    guard bytes.count > 1 else { return .incomplete(isCertain: false) }
    guard bytes[1] & 0xF0 == 0xA0 else { return .somethingElse }
    guard bytes.count > 2 else { return .incomplete(isCertain: false) }
    let end = 1 + (Int(bytes[1] & 0x07) << 8 | Int(bytes[2]))
    var control = 3
    for _ in 0..<2 {
      guard let next = endOfAddress(bytes, from: control) else {
        return bytes.count < control + maximumAddressLength
          ? .incomplete(isCertain: false) : .somethingElse
      }
      control = next
    }
    let headerEnd = control + 1 + checkLength
    // A frame without information ends with its header.
    guard end >= headerEnd else { return .somethingElse }
    guard bytes.count >= headerEnd else { return .incomplete(isCertain: false) }
    // The check sequence of the header, so that a wrong length is not waited for.
    guard FrameCheckSequence.isRight(bytes.extracting(1..<headerEnd)) else { return .damagedHeader }
    guard bytes.count >= end else { return .incomplete(isCertain: true) }
    let contentEnd = end - checkLength
    guard end == headerEnd || contentEnd > headerEnd,
      FrameCheckSequence.isRight(bytes.extracting(1..<end))
    else {
      return .damaged(.wrongChecksum)
    }
    let information = headerEnd..<max(headerEnd, contentEnd)
    let hasLLC = isLLC(bytes.extracting(information))
    return .frame(
      LinkFrame(
        link: .hdlc, addresses: (3..<control).map { bytes[$0] }, number: nil,
        isMarkedFirst: hasLLC, isLast: bytes[1] & continues == 0,
        content: information.dropFirst(hasLLC ? 3 : 0), length: end))
  }

  /// The index after an address; nil if it is not complete or too long.
  private static func endOfAddress(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    (start..<min(bytes.count, start + maximumAddressLength)).first { bytes[$0] & 1 == 1 }
      .map { $0 + 1 }
  }

  /// Whether bytes begin with the LLC header of DLMS: E6, E7 from a meter or E6 to a meter, 00.
  private static func isLLC(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= 3 && bytes[0] == 0xE6 && bytes[1] & 0xFE == 0xE6 && bytes[2] == 0
  }
}
