/// Why a frame, or a message of several frames, was dropped.
public enum FrameDefect: Equatable, Sendable {
  case wrongChecksum
  /// The input ended before the frame did.
  case cutShort
  /// A frame or block of the message is missing.
  case missingPart
  case tooLong
  /// An M-Bus frame of another protocol, such as OMS. Its number of bytes.
  case notDLMS(length: Int)
  /// A message that is no push of values. Its first byte.
  case notAPush(UInt8)
}

extension FrameDefect: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongChecksum: "wrong checksum"
    case .cutShort: "incomplete"
    case .missingPart: "another frame of its message is missing"
    case .tooLong: "more than \(PushFramer.maximumLength) bytes"
    case .notDLMS: "not DLMS; wmbusmeters reads other protocols of the M-Bus"
    case .notAPush: "not a list of values"
    }
  }
}
