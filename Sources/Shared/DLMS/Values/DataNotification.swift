import Telegrams

/// What a meter pushes (DLMS UA 1000-2, DataNotification):
///
///     0F INVOKE-ID(4) DATE-TIME BODY
///
/// DATE-TIME is 00, or 0C and twelve octets, before which Kaifa sends the tag 09 of octets. No check sequence covers it
/// if it was encrypted without a tag: it is accepted only if the body ends with the last byte.
public struct DataNotification: Equatable, Sendable {
  /// When it was made; nil if the meter does not tell, or its clock is not set.
  public let time: COSEMDateTime?
  public let body: AXDRValue

  /// Nil if the bytes are anything else.
  public init?(_ message: [UInt8]) {
    let lengthIndex = message.count > 5 && message[5] == 0x09 ? 6 : 5
    guard message.count > lengthIndex, message[0] == EncryptedFrame.dataNotificationTag else {
      return nil
    }
    let timeStart = lengthIndex + 1
    let timeEnd = timeStart + Int(message[lengthIndex])
    guard [0, COSEMDateTime.length].contains(timeEnd - timeStart), timeEnd < message.count else {
      return nil
    }
    var reader = AXDRReader(message, from: timeEnd)
    guard let body = try? reader.value(), case .list = body, reader.isAtEnd else { return nil }
    time = COSEMDateTime(message.span.extracting(timeStart..<timeEnd))
    self.body = body
  }
}
