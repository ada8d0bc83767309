import Records
import Telegrams

/// Finds the messages that a meter pushes over HDLC or M-Bus, among any other bytes.
///
/// ``fill(with:)`` takes bytes in pieces of any size; ``next(atEnd:)`` returns the whole messages, with segments and
/// blocks joined. Damaged frames are dropped, and the search continues inside them, right after their first byte.
/// Memory is bounded by the longest frame and ``maximumLength``.
public struct PushFramer: Sendable {
  /// In bytes, of a message.
  public static let maximumLength = Framer.maximumTelegramLength

  public enum Event: Equatable, Sendable {
    /// A message: an encrypted frame (`DB`), a data-notification (`0F`) or a telegram (`/`).
    case message([UInt8])
    case dropped(FrameDefect)
    /// Bytes outside frames, in order.
    case other([UInt8])
  }

  private var bytes: [UInt8] = []
  /// The start of the bytes outside frames that were not returned yet.
  private var otherStart = 0
  /// The bytes before it are known to be frames or other bytes.
  private var start = 0
  /// The bytes before it were returned, some of them by ``takeUncertain()``.
  private var returnedEnd = 0
  private var isAfterHDLC = false
  /// Whether the line has HDLC frames. Other bytes often begin like one, such as those of encrypted telegrams.
  private var hasHDLC = false
  private var events: [Event] = []
  private var segments = SegmentJoiner()
  private var blocks = BlockTransfer()

  public init() {}

  /// Whether it waits for the rest of a frame or of a message.
  public var isWaiting: Bool { otherStart < bytes.count || isInMessage }

  /// Whether a message has begun, of which other frames are missing.
  private var isInMessage: Bool { segments.isIncomplete || blocks.isIncomplete }

  /// Where a frame may begin in bytes that no frame continues in; nil if none does.
  ///
  /// - Parameter bytes: any bytes. Those of telegrams are searched at several gigabytes a second.
  public static func possibleFrameStart(in bytes: Span<UInt8>) -> Int? {
    // The first bytes of a frame are not all ASCII, so only the last bytes of a text can be the start of one.
    var start = bytes.isASCII ? max(0, bytes.count - LinkFrame.maximumASCIICount) : 0
    while let index = LinkFrame.firstIndex(in: bytes, from: start) {
      if LinkFrame.start(of: bytes.extracting(index...)) != .somethingElse { return index }
      start = index + 1
    }
    return nil
  }

  /// Takes in the bytes of `piece`.
  public mutating func fill(with piece: Span<UInt8>) {
    bytes.removeFirst(otherStart)
    start -= otherStart
    returnedEnd = max(0, returnedEnd - otherStart)
    otherStart = 0
    bytes.append(contentsOf: piece)
  }

  /// The next event; nil if more bytes are needed.
  ///
  /// - Parameter atEnd: whether the input has ended, or the next bytes do not continue it.
  public mutating func next(atEnd: Bool = false) -> Event? {
    while events.isEmpty, start < bytes.count, search(atEnd: atEnd) {}
    if events.isEmpty { returnOther() }
    if events.isEmpty, atEnd { endMessage() }
    return events.isEmpty ? nil : events.removeFirst()
  }

  /// The last bytes if a frame may begin with them, but other bytes may, too. Then they are no event later.
  public mutating func takeUncertain() -> [UInt8] {
    guard
      case .incomplete(isCertain: false) = LinkFrame.start(of: bytes.span.extracting(start...))
    else {
      return []
    }
    let first = max(start, returnedEnd)
    returnedEnd = bytes.count
    return Array(bytes[first...])
  }

  /// Looks at the byte at ``start``.
  ///
  /// - Returns: false if more bytes are needed.
  private mutating func search(atEnd: Bool) -> Bool {
    switch LinkFrame.start(of: bytes.span.extracting(start...)) {
    case .frame(let frame):
      returnOther()
      let content = start + frame.content.lowerBound..<start + frame.content.upperBound
      skip(frame.length)
      isAfterHDLC = frame.link == .hdlc
      hasHDLC = hasHDLC || isAfterHDLC
      add(Array(bytes[content]), of: frame)
    case .damaged(.notDLMS(let length)):
      returnOther()
      skip(length)
      dropMessage(.notDLMS(length: length))
    case .damaged(let defect): drop(defect)
    case .damagedHeader where hasHDLC: drop(.wrongChecksum)
    case .incomplete(let isCertain):
      guard atEnd else { return false }
      if isCertain { drop(.cutShort) } else { skipByte() }
    case .somethingElse, .damagedHeader:
      skipByte()
      // One more flag may follow.
      guard !isAfterHDLC else { break }
      start = LinkFrame.firstIndex(in: bytes.span, from: start) ?? bytes.count
    }
    return true
  }

  /// Drops the frame at ``start``, and the message that it belongs to: another frame may begin inside.
  private mutating func drop(_ defect: FrameDefect) {
    returnOther()
    dropMessage(defect)
    skipByte()
  }

  /// Skips a frame.
  private mutating func skip(_ length: Int) {
    start += length
    otherStart = start
    isAfterHDLC = false
  }

  private mutating func skipByte() {
    // A closing flag, or one of several between two frames.
    if isAfterHDLC, bytes[start] == LinkFrame.flag, start == otherStart {
      otherStart += 1
    } else {
      isAfterHDLC = false
    }
    start += 1
  }

  private mutating func returnOther() {
    guard otherStart < start else { return }
    endMessage()
    let first = max(otherStart, returnedEnd)
    if first < start { events.append(.other(Array(bytes[first..<start]))) }
    otherStart = start
  }

  // MARK: - Messages

  /// Drops the message that has begun, if any. The frames of a message follow each other at once: other bytes, frames
  /// and pauses end it, so that the rest of another message is not taken for its own.
  private mutating func endMessage() {
    if isInMessage { dropMessage(.missingPart) }
  }

  private mutating func dropMessage(_ defect: FrameDefect) {
    segments = SegmentJoiner()
    blocks = BlockTransfer()
    events.append(.dropped(defect))
  }

  private mutating func add(_ content: [UInt8], of frame: LinkFrame) {
    guard !content.isEmpty else { return }
    if !segments.isContinued(by: frame, content.span) { endMessage() }
    switch segments.add(content.span, of: frame) {
    case .incomplete: break
    case .dropped(let defect): dropMessage(defect)
    case .whole(let joined):
      segments = SegmentJoiner()
      addJoined(joined, of: frame)
    }
  }

  /// Takes in joined frames: a message, or a block of one.
  private mutating func addJoined(_ joined: [UInt8], of frame: LinkFrame) {
    if !blocks.isContinued(by: joined.span, of: frame) { endMessage() }
    guard joined[0] == BlockTransfer.tag else { return returnMessage(joined) }
    switch blocks.add(joined.span, of: frame) {
    case .incomplete: break
    case .dropped(let defect): dropMessage(defect)
    case .whole(let message):
      blocks = BlockTransfer()
      returnMessage(message)
    }
  }

  private mutating func returnMessage(_ message: [UInt8]) {
    guard let tag = message.first else { return }
    let isPush = [
      EncryptedFrame.tag, EncryptedFrame.dataNotificationTag, UInt8(ascii: "/"),
    ].contains(tag)
    events.append(isPush ? .message(message) : .dropped(.notAPush(tag)))
  }
}
