/// A frame of a line that carries DLMS: HDLC or wired M-Bus. A message may be spread over several frames.
struct LinkFrame: Equatable {
  enum Link { case hdlc, mbus }

  let link: Link
  /// Who sends to whom; the same in all frames of a message.
  let addresses: [UInt8]
  /// M-Bus numbers the frames of a message from 0; nil for HDLC.
  let number: UInt8?
  /// Whether it begins with what only the first frame of a message has: the LLC header, or number 0.
  let isMarkedFirst: Bool
  let isLast: Bool
  /// The place of the part of the message, from the start of the frame.
  let content: Range<Int>
  /// The number of bytes.
  let length: Int

  /// What the first bytes of a frame may be.
  enum Start: Equatable {
    case frame(LinkFrame)
    /// A frame that is refused.
    case damaged(FrameDefect)
    /// Bytes that begin like a frame, with a wrong check sequence: a damaged frame, or no frame.
    case damagedHeader
    /// More bytes are needed to know. `isCertain` tells whether they can only be a frame.
    case incomplete(isCertain: Bool)
    case somethingElse
  }

  /// How many bytes at the start of a frame may all be ASCII: those of M-Bus before the address.
  static let maximumASCIICount = 5

  /// The index of the first byte from `start` on that a frame may begin with; nil if there is none.
  static func firstIndex(in bytes: Span<UInt8>, from start: Int) -> Int? {
    (start..<bytes.count).first { bytes[$0] == flag || bytes[$0] == longFrameStart }
  }

  /// Reads the frame at the start of bytes.
  static func start(of bytes: Span<UInt8>) -> Start {
    guard bytes.count > 0 else { return .incomplete(isCertain: false) }
    return switch bytes[0] {
    case flag: hdlc(bytes)
    case longFrameStart: mbus(bytes)
    default: .somethingElse
    }
  }
}
