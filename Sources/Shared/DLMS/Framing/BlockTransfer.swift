import Records

/// Joins the blocks of general-block-transfer (DLMS UA 1000-2, General-Block-Transfer):
///
///     E0 CONTROL NUMBER(2) ACKNOWLEDGED(2) LENGTH DATA
///
/// CONTROL: 80 marks the last block; 40 streaming and the window do not matter to a reader that cannot answer. The
/// blocks of a message are numbered from 1.
struct BlockTransfer {
  static let tag: UInt8 = 0xE0
  private static let isLastBit: UInt8 = 0x80

  private var joined: [UInt8] = []
  /// The number of the last block of the message so far; 0 if there is none.
  private var number = 0
  /// The addresses of the frames that brought it.
  private var addresses: [UInt8] = []

  /// Whether a message has begun, and its last block is missing.
  var isIncomplete: Bool { number > 0 }

  /// Whether a block is the next one of the message, or the first one if none has begun.
  func isContinued(by block: Span<UInt8>, of frame: LinkFrame) -> Bool {
    block.count > 3 && block[0] == BlockTransfer.tag
      && Int(block[2]) << 8 | Int(block[3]) == number + 1
      && (!isIncomplete || frame.addresses == addresses)
  }

  /// Takes in a block, of which a frame is the last one.
  mutating func add(_ block: Span<UInt8>, of frame: LinkFrame) -> JoinOutcome {
    guard block.count > 6, let length = Length(block, from: 6),
      length.end + length.value == block.count
    else {
      return .dropped(.notAPush(BlockTransfer.tag))
    }
    // Reading may have begun in the middle of a message.
    guard isContinued(by: block, of: frame) else { return .incomplete }
    guard joined.count + length.value <= PushFramer.maximumLength else {
      return .dropped(.tooLong)
    }
    joined.append(contentsOf: block.extracting(length.end...))
    number += 1
    addresses = frame.addresses
    return block[1] & BlockTransfer.isLastBit == 0 ? .incomplete : .whole(joined)
  }
}
