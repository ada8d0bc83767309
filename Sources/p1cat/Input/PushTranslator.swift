import CommandLine
import DLMS
import Encryption
import Metrics
import Telegrams

/// Replaces the frames of DLMS meters in a stream by telegrams with their values, and leaves everything else as it is.
struct PushTranslator {
  private var framer = PushFramer()
  private var lists: ListConverter
  private var events: [PushEvent] = []
  /// Whether a message was found, which shows that the line is read at the right speed.
  private var hasMessage = false

  init(_ lists: ListConverter = ListConverter()) { self.lists = lists }

  /// Whether the next bytes may belong to a frame or message that has begun.
  var isWaiting: Bool { framer.isWaiting }

  mutating func takeEvents() -> [PushEvent] {
    defer { events.removeAll() }
    return events + lists.takeEvents()
  }

  /// Whether a message was found since the last call.
  mutating func takeMessage() -> Bool {
    defer { hasMessage = false }
    return hasMessage
  }

  /// Takes in bytes, and appends what is known of the stream by then.
  ///
  /// - Parameter decryptor: decrypts messages; without it they stay encrypted.
  mutating func add(
    _ piece: Span<UInt8>, _ decryptor: inout Decryptor?, to output: inout [UInt8]
  ) {
    framer.fill(with: piece)
    translate(atEnd: false, &decryptor, to: &output)
  }

  /// The last bytes if a frame may begin with them: an encrypted telegram may also end with them.
  mutating func takeUncertain() -> [UInt8] { framer.takeUncertain() }

  /// Ends the frame and the message that have begun: appends the bytes that no frame can be made of any more.
  mutating func endMessage(_ decryptor: inout Decryptor?, to output: inout [UInt8]) {
    translate(atEnd: true, &decryptor, to: &output)
    framer = PushFramer()
  }

  /// Ends the stream. Another meter may follow, unless it is the last stream.
  mutating func finish(
    isLast: Bool, _ decryptor: inout Decryptor?, to output: inout [UInt8]
  ) {
    endMessage(&decryptor, to: &output)
    lists.finish(isLast: isLast, to: &output)
  }

  /// When a list has waited for the number of its meter for long enough; nil if none waits.
  var listDeadline: ContinuousClock.Instant? { lists.deadline }

  /// Appends the telegrams of the lists that have waited until an instant.
  ///
  /// - Returns: whether there are any.
  mutating func releaseLists(
    dueAt now: ContinuousClock.Instant, to output: inout [UInt8]
  ) -> Bool {
    lists.release(dueAt: now, to: &output)
  }

  private mutating func translate(
    atEnd: Bool, _ decryptor: inout Decryptor?, to output: inout [UInt8]
  ) {
    while let event = framer.next(atEnd: atEnd) {
      switch event {
      case .other(let bytes): output += bytes
      case .dropped(let defect): events.append(.dropped(defect))
      case .message(let message):
        hasMessage = true
        append(message, &decryptor, to: &output)
      }
    }
  }

  private mutating func append(
    _ message: [UInt8], _ decryptor: inout Decryptor?, to output: inout [UInt8]
  ) {
    guard message.first == EncryptedFrame.tag else {
      return append(message, from: nil, to: &output)
    }
    guard case .frame(let frame) = EncryptedFrame.start(of: message.span),
      frame.length == message.count
    else {
      return events.append(.dropped(.notAPush(EncryptedFrame.tag)))
    }
    guard decryptor != nil else {
      output += message
      return
    }
    let text = decryptor?.text(of: frame, in: message) { DataNotification($0) != nil }
    if let text { append(text, from: frame.title, to: &output) }
  }

  /// Appends a telegram, or the one that a list becomes.
  private mutating func append(
    _ text: [UInt8], from title: SystemTitle?, to output: inout [UInt8]
  ) {
    // Each telegram has lines of its own, whatever came before.
    if text.first == UInt8(ascii: "/") {
      output += "\n".utf8 + text
      if text.last != UInt8(ascii: "\n") { output += "\r\n".utf8 }
      return
    }
    guard let notification = DataNotification(text) else {
      return events.append(.unread(.unknownShape))
    }
    lists.add(notification, from: title, to: &output)
  }
}

/// What is logged of the messages of DLMS meters.
enum PushEvent: Equatable {
  case dropped(FrameDefect)
  case unread(PushListReader.Defect)
  /// Values that are left out.
  case withoutUnit([OBISCode])
  /// Lists of a meter that did not tell its number before the connection ended.
  case withoutNumber(count: Int)
}

extension PushEvent: CustomStringConvertible {
  var description: String {
    switch self {
    case .dropped(let defect): "frame dropped: \(defect)"
    case .unread(let defect): "list dropped: \(defect)"
    case .withoutNumber(let count):
      "\(counted(count, "list")) dropped: reading ended before the meter told its number"
    case .withoutUnit(let codes):
      "values without a known unit are left out: "
        + codes.prefix(PushEvent.maximumCodes).map { "\($0)" }.joined(separator: ", ")
        + (codes.count > PushEvent.maximumCodes
          ? " and \(codes.count - PushEvent.maximumCodes) more" : "")
    }
  }

  private static let maximumCodes = 10
}

extension Messages {
  /// Logs what happened to a message of a source.
  func say(_ event: PushEvent, of source: String) {
    switch event {
    case .dropped, .unread: say(.warning, source, "\(event)", repeating: "dropped")
    case .withoutUnit: say(.notice, source, "\(event)", repeating: "without unit")
    case .withoutNumber: say(.notice, source, "\(event)", repeating: "without number")
    }
  }
}
