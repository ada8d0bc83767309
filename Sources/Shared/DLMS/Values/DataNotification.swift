import Telegrams

/// What a meter pushes (DLMS UA 1000-2, DataNotification):
///
///     0F INVOKE-ID(4) DATE-TIME BODY
///
/// DATE-TIME is 00, or 0C and twelve octets. No check sequence covers it if it was encrypted without a tag: it is
/// accepted only if the body ends with the last byte.
public struct DataNotification: Equatable, Sendable {
  /// When it was made; nil if the meter does not tell, or its clock is not set.
  public let time: COSEMDateTime?
  public let body: AXDRValue

  /// Nil if the bytes are anything else.
  public init?(_ message: [UInt8]) {
    let timeStart = 6
    guard message.count > timeStart, message[0] == PushFramer.dataNotificationTag else {
      return nil
    }
    let timeLength = Int(message[timeStart - 1])
    guard [0, COSEMDateTime.length].contains(timeLength),
      message.count > timeStart + timeLength
    else {
      return nil
    }
    var reader = AXDRReader(message, from: timeStart + timeLength)
    guard let body = try? reader.value(), case .list = body, reader.isAtEnd else { return nil }
    time = COSEMDateTime(message.span.extracting(timeStart..<(timeStart + timeLength)))
    self.body = body
  }
}
