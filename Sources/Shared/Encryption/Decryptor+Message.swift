import Telegrams

extension Decryptor {
  /// Decrypts a frame that is the whole message of a meter, whose check sequence was right.
  ///
  /// A telegram is accepted as in a stream. A list of values has no checksum, so one with a wrong tag is rejected.
  ///
  /// - Parameters:
  ///   - message: the bytes of the frame.
  ///   - isList: whether a text is a well-formed list. A wrong key gives any bytes.
  /// - Returns: the text; nil if it is not accepted, which an event tells.
  public mutating func text(
    of frame: EncryptedFrame, in message: [UInt8], isList: ([UInt8]) -> Bool
  ) -> [UInt8]? {
    guard let plain = keys.decrypt(frame, in: message) else {
      log.fail(frame.title)
      return nil
    }
    let isTelegram = Framer.isWhole(plain.text.span)
    guard isTelegram || isList(plain.text) else {
      if plain.hasRightTag {
        log.refuse(frame, hasRightTag: true)
      } else {
        log.fail(frame.title)
      }
      return nil
    }
    let isAccepted = log.accept(
      frame, hasRightTag: plain.hasRightTag, trustsChecksum: isTelegram)
    return isAccepted ? plain.text : nil
  }
}
