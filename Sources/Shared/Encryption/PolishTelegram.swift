import Records
import Telegrams

/// A telegram of a Polish meter, of which only the lines between the header and the checksum are encrypted.
///
///     "/" FLAG 5 ident CRLF CRLF FRAME "!" CRC CRLF
struct PolishTelegram {
  /// With the checksum of the plain text.
  let telegram: [UInt8]
  /// Whether the meter's checksum is right, and the plain text consists of lines.
  let isWhole: Bool

  /// In bytes: `!`, four digits and the line end.
  static let maximumEndLength = 7

  /// - Parameters:
  ///   - sent: the whole telegram, as the meter has sent it.
  ///   - headerLength: the length of the header line and of the blank line.
  ///   - frameLength: the length of the encrypted frame.
  ///   - text: the plain text of the frame.
  init(_ sent: Span<UInt8>, headerLength: Int, frameLength: Int, text: [UInt8]) {
    var telegram: [UInt8] = []
    telegram.append(contentsOf: sent.extracting(first: headerLength))
    telegram.append(contentsOf: text)
    if telegram.last != UInt8(ascii: "\n") { telegram += "\r\n".utf8 }
    telegram.append(UInt8(ascii: "!"))
    let checksum = CRC16.checksum(telegram.span)
    // Whether the meter computed it over the encrypted or over the plain text is documented nowhere.
    let mark = headerLength + frameLength
    let printed = PrintedChecksum(sent.extracting(droppingFirst: mark + 1))
    let isRight =
      sent.extracting(droppingFirst: mark).extracting(first: 1) == "!"
      && [checksum, CRC16.checksum(sent.extracting(first: mark + 1))].contains {
        printed == .value($0)
      }
    isWhole = isRight && text.allSatisfy(\.isPrintable)
    self.telegram = telegram + checksum.hexadecimal.utf8 + "\r\n".utf8
  }

  /// What the bytes from a `/` on are: header, blank line, frame.
  ///
  /// - Returns: the length of the header with the blank line, and the start of the frame.
  static func start(of bytes: Span<UInt8>) -> (headerLength: Int, EncryptedFrame.Start) {
    let header = bytes.extracting(first: Framer.maximumHeaderLength)
    guard let lineFeed = header.firstIndex(of: UInt8(ascii: "\n"), from: 0) else {
      return (0, header.count < Framer.maximumHeaderLength ? .incomplete : .somethingElse)
    }
    var end = lineFeed + 1
    for byte in "\r\n".utf8 {
      guard end < bytes.count else { return (0, .incomplete) }
      if bytes[end] == byte { end += 1 }
    }
    guard end < bytes.count else { return (0, .incomplete) }
    return (end, EncryptedFrame.start(of: bytes.extracting(end...), hasTitle: false))
  }
}
