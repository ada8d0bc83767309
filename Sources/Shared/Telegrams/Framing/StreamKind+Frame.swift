/// Frames of binary protocols. They are found anywhere, as reading a line may begin in the middle of
/// one.
extension StreamKind {
  /// The kind of the frames in `bytes`; nil if there are none.
  public init?(frameIn bytes: Span<UInt8>) {
    if let title = StreamKind.systemTitle(in: bytes) {
      self = .encryptedTelegrams(title)
    } else if bytes.indices.contains(where: { StreamKind.isHDLC(bytes.extracting($0...)) }) {
      self = .dlms
    } else if bytes.indices.contains(where: { StreamKind.isMBus(bytes.extracting($0...)) }) {
      self = .mbus
    } else {
      return nil
    }
  }

  /// ISO/IEC 13239: the flag 0x7E, then the format, type 3: highest four bits 0xA, lowest eleven the
  /// length. The check sequence of a whole frame confirms it, or the LLC header of DLMS in the first
  /// frame of a message.
  private static func isHDLC(_ frame: Span<UInt8>) -> Bool {
    guard frame.count > 2, frame[0] == 0x7E, frame[1] & 0xF0 == 0xA0 else { return false }
    let end = Int(frame[1] & 0x07) << 8 + Int(frame[2]) + 1
    if end > 8, end < frame.count, frame[end] == 0x7E,
      FrameCheckSequence.isRight(frame.extracting(1..<end))
    {
      return true
    }
    // Two addresses of one to four bytes each, control field and header check sequence come before.
    return (8...14).contains { index in
      frame.count > index + 2 && frame[index] == 0xE6 && frame[index + 1] & 0xFE == 0xE6
        && frame[index + 2] == 0x00
    }
  }

  /// EN 13757-2: a long frame has its length twice, a second start byte, then the control field. A short frame has no
  /// data; OMS meters repeat SND_NKE, control field 0x40, until somebody answers.
  private static func isMBus(_ frame: Span<UInt8>) -> Bool {
    guard frame.count > 4 else { return false }
    let isReset =
      frame[0] == 0x10 && frame[1] == 0x40 && frame[3] == frame[1] &+ frame[2] && frame[4] == 0x16
    return isReset
      || frame[0] == 0x68 && frame[1] == frame[2] && frame[3] == 0x68
        && [0x08, 0x53, 0x73].contains(frame[4])
  }

  /// The system title of the first encrypted frame; nil if there is no such frame.
  private static func systemTitle(in bytes: Span<UInt8>) -> SystemTitle? {
    for index in bytes.indices {
      var start = EncryptedFrame.start(of: bytes.extracting(index...))
      // The frame of a Polish meter follows a blank line, and has no title.
      if index > 0, bytes[index] == 0, bytes[index - 1] == UInt8(ascii: "\n") {
        start = EncryptedFrame.start(of: bytes.extracting(index...), hasTitle: false)
      }
      if case .frame(let frame) = start { return frame.title }
    }
    return nil
  }
}
