/// Joins the frames of a message. M-Bus numbers them; HDLC marks the first and the last one only.
struct SegmentJoiner {
  private var joined: [UInt8] = []
  /// The last frame of the message so far; nil if there is none.
  private var last: LinkFrame?

  /// Whether a message has begun, and its last frame is missing.
  var isIncomplete: Bool { last != nil }

  /// Whether a frame is the next one of the message, or the first one if none has begun.
  func isContinued(by frame: LinkFrame, _ content: Span<UInt8>) -> Bool {
    guard let last else { return SegmentJoiner.mayBeFirst(frame, content) }
    return frame.link == last.link && frame.addresses == last.addresses && !frame.isMarkedFirst
      && frame.number == last.number.map { $0 + 1 }
  }

  /// Landis+Gyr sends the LLC header in the first block of a message only.
  private static func mayBeFirst(_ frame: LinkFrame, _ content: Span<UInt8>) -> Bool {
    frame.isMarkedFirst || frame.link == .hdlc && content[0] == BlockTransfer.tag
  }

  /// Takes in the content of a frame, which is not empty.
  mutating func add(_ content: Span<UInt8>, of frame: LinkFrame) -> JoinOutcome {
    // Reading may have begun in the middle of a message.
    guard isContinued(by: frame, content) else { return .incomplete }
    guard joined.count + content.count <= PushFramer.maximumLength else {
      return .dropped(.tooLong)
    }
    joined.append(contentsOf: content)
    last = frame
    return frame.isLast ? .whole(joined) : .incomplete
  }
}

/// What is known of a message after another part of it.
enum JoinOutcome: Equatable {
  case incomplete
  case whole([UInt8])
  case dropped(FrameDefect)
}
