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

  /// The data so far of the message whose last block is missing.
  private var joined: [UInt8] = []
  /// The number of the last block; 0 if there is none.
  private var number = 0

  /// Whether a message has begun, and its last block is missing.
  var isIncomplete: Bool { number > 0 }

  /// What is known after a block.
  enum Outcome: Equatable {
    case incomplete
    case whole([UInt8])
    case dropped(FrameDefect)
  }

  /// Whether a block is the first of its message.
  static func isFirst(_ block: Span<UInt8>) -> Bool {
    block.count > 3 && block[2] == 0 && block[3] == 1
  }

  /// Takes in a block of the message that the last one belongs to, or the first block of another.
  mutating func add(_ block: Span<UInt8>) -> Outcome {
    guard block.count > 6, let length = Length(block, from: 6),
      length.end + length.value == block.count
    else {
      return drop(.notAPush(BlockTransfer.tag))
    }
    if BlockTransfer.isFirst(block) { reset() }
    let next = Int(block[2]) << 8 | Int(block[3])
    guard next == number + 1 else {
      // Reading may have begun in the middle of a message.
      return isIncomplete ? drop(.missingPart) : .incomplete
    }
    guard joined.count + length.value <= PushFramer.maximumLength else { return drop(.tooLong) }
    number = next
    joined.append(contentsOf: block.extracting(length.end...))
    guard block[1] & BlockTransfer.isLastBit != 0 else { return .incomplete }
    defer { reset() }
    return .whole(joined)
  }

  mutating func reset() {
    joined = []
    number = 0
  }

  private mutating func drop(_ defect: FrameDefect) -> Outcome {
    reset()
    return .dropped(defect)
  }
}
