import Records
import Telegrams

/// Replaces the encrypted frames in a stream by their plain text, and leaves everything else as it is.
///
/// A frame is accepted if its tag is right, or if its text is a telegram with the right checksum, as some meters
/// in Luxembourg send wrong tags. Another frame may begin inside a frame that is not accepted, as bytes may have been
/// lost; so the search continues right after its first byte. Each frame is passed on as soon as its last byte arrives.
///
/// Memory is bounded by the longest frame: see ``EncryptedFrame``.
public struct Decryptor {
  let keys: MeterKeys
  private let policy: DecryptionPolicy
  var log: MeterLog

  /// The bytes from the start of the first frame that is not complete.
  private var held: [UInt8] = []
  /// The bytes before this index have been looked at.
  private var arrived = 0
  /// The bytes before this index were searched for frames.
  private var searched = 0
  private var frames: [PendingFrame] = []
  /// Whether `held` begins at the start of a line of the stream.
  private var beginsLine = true
  /// Whether the output ends with a line end.
  private var endsLine = true
  /// The header before the last frame without a system title.
  private var lastHeader: [UInt8] = []

  /// A frame that may begin in `held`, and is not complete.
  private struct PendingFrame {
    var start: Int
    /// The length of the header line and the blank line before a frame without a system title.
    let headerLength: Int
    let frame: EncryptedFrame

    var length: Int { headerLength + frame.length }
  }

  /// Header lines to try for the end of a plain telegram. A checksum is computed from each, so hostile input would be
  /// expensive without a limit.
  private static let maximumHeaders = 4

  public init(_ keys: MeterKeys, _ policy: DecryptionPolicy) {
    self.keys = keys
    self.policy = policy
    log = MeterLog(keys, policy)
  }

  public var statistics: DecryptionStatistics { log.statistics }

  /// Why no telegrams come, by the frames since the last telegram; nil if they do.
  public var problem: DecryptionEvent? { log.problem }

  public mutating func takeEvents() -> [DecryptionEvent] { log.takeEvents() }

  /// Whether an encrypted telegram has begun, and is not complete.
  public var isWaiting: Bool { !frames.isEmpty }

  /// Takes in bytes, and appends what is known of the stream by then.
  public mutating func add(_ piece: Span<UInt8>, to output: inout [UInt8]) {
    held.append(contentsOf: piece)
    // Byte by byte, so that the result does not depend on the pieces.
    while arrived < held.count {
      arrived += 1
      process(atEnd: false, to: &output)
    }
    release(upTo: frames.first?.start ?? searched, to: &output)
  }

  /// Ends the stream: appends the bytes that no frame can be made of any more.
  ///
  /// - Parameter isLast: whether no other stream follows, so that a single wrong frame is logged.
  public mutating func finish(isLast: Bool, to output: inout [UInt8]) {
    process(atEnd: true, to: &output)
    if isLast {
      for cut in frames { log.failAtEnd(cut.frame.title) }
      log.finish()
    }
    frames = []
    release(upTo: held.count, to: &output)
    beginsLine = true
  }

  private mutating func process(atEnd: Bool, to output: inout [UInt8]) {
    search(atEnd: atEnd)
    var index = 0
    while index < frames.count {
      let pending = frames[index]
      guard let end = end(of: pending, atEnd: atEnd) else {
        index += 1
        continue
      }
      frames.remove(at: index)
      guard let (telegram, hasRightTag) = decrypt(pending, end: end) else { continue }
      let next = hasRightTag ? end : startWithin(pending, end: end)
      // An earlier frame that is still incomplete has lost bytes.
      for cut in frames.prefix(while: { $0.start < pending.start }) {
        log.fail(cut.frame.title)
      }
      release(upTo: pending.start, to: &output)
      append(telegram, to: &output)
      discard(upTo: next - pending.start)
      search(atEnd: atEnd)
      index = 0
    }
  }

  /// Appends a telegram, in lines of its own, also after the rest of a damaged frame.
  private mutating func append(_ telegram: [UInt8], to output: inout [UInt8]) {
    guard let last = telegram.last else { return }
    if !endsLine { output.append(UInt8(ascii: "\n")) }
    output.append(contentsOf: telegram)
    // End the last line, or the framer waits for it.
    if last != UInt8(ascii: "\n") { output += "\r\n".utf8 }
    endsLine = true
  }

  // MARK: - The frames in the bytes

  private mutating func search(atEnd: Bool) {
    while searched < arrived {
      cancelFrames(aroundTelegramTo: searched)
      switch start(at: searched) {
      case .incomplete where !atEnd: return
      case .incomplete: break
      case .somethingElse: break
      case .frame(let frame, let headerLength):
        frames.append(PendingFrame(start: searched, headerLength: headerLength, frame: frame))
      }
      searched += 1
    }
  }

  /// Gives up frames in which a plain telegram has arrived, whose last byte is at an index: a frame with a damaged
  /// length must not hold it back.
  private mutating func cancelFrames(aroundTelegramTo last: Int) {
    guard !frames.isEmpty, held[last] == UInt8(ascii: "\n") else { return }
    let lineStart = held[..<last].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    guard held[lineStart] == UInt8(ascii: "!"), let first = frames.first?.start,
      first < lineStart
    else {
      return
    }
    var headerCount = 0
    for start in (first..<lineStart).reversed() {
      // The telegram before it has ended here.
      if held[start] == UInt8(ascii: "!"), isLineStart(start) { return }
      guard mayBeHeader(start) else { continue }
      // An encrypted one may also end like this: its tag may end with a line feed.
      if frames.contains(where: { $0.start == start }) { return }
      if Framer.isWhole(held.span.extracting(start...last)) {
        return cancelFrames(around: start)
      }
      headerCount += 1
      if headerCount == Decryptor.maximumHeaders { return }
    }
  }

  private mutating func cancelFrames(around start: Int) {
    func overlaps(_ pending: PendingFrame) -> Bool {
      pending.start <= start && pending.start + pending.length > start
    }
    for cut in frames where overlaps(cut) { log.fail(cut.frame.title) }
    frames.removeAll(where: overlaps)
  }

  private enum Start {
    case frame(EncryptedFrame, headerLength: Int)
    case incomplete
    case somethingElse
  }

  private func start(at index: Int) -> Start {
    let bytes = held.span.extracting(index..<arrived)
    let (headerLength, start) =
      mayBeHeader(index) ? PolishTelegram.start(of: bytes) : (0, EncryptedFrame.start(of: bytes))
    return switch start {
    case .frame(let frame): .frame(frame, headerLength: headerLength)
    case .incomplete: .incomplete
    case .somethingElse: .somethingElse
    }
  }

  /// Whether a header may begin there: also in the middle of a line, as a telegram before it may be cut short.
  private func mayBeHeader(_ index: Int) -> Bool {
    held[index] == UInt8(ascii: "/")
      && (isLineStart(index)
        || Framer.mayBeInnerHeader(held.span.extracting(index..<arrived)))
  }

  private func isLineStart(_ index: Int) -> Bool {
    index == 0 ? beginsLine : held[index - 1] == UInt8(ascii: "\n")
  }

  /// The end of a frame, with the line of the checksum that follows one without a system title; nil until it arrives.
  private func end(of pending: PendingFrame, atEnd: Bool) -> Int? {
    let end = pending.start + pending.length
    guard arrived >= end, pending.headerLength > 0 else { return arrived >= end ? end : nil }
    let checksum = held.span.extracting(end..<arrived).extracting(
      first: PolishTelegram.maximumEndLength)
    if let lineFeed = checksum.firstIndex(of: UInt8(ascii: "\n"), from: 0) {
      return end + lineFeed + 1
    }
    if atEnd { return arrived }
    return checksum.count < PolishTelegram.maximumEndLength ? nil : end
  }

  /// The end of a frame, or the start of the next frame or telegram in its tag, of which bytes may have been lost.
  private func startWithin(_ pending: PendingFrame, end: Int) -> Int {
    guard pending.frame.hasTag, pending.headerLength == 0 else { return end }
    let tagStart = end - EncryptedFrame.tagLength
    let header = (tagStart..<end).first(where: mayBeHeader)
    let frame = frames.first { $0.start >= tagStart }?.start
    return min(end, max(searched, tagStart), frame ?? end, header ?? end)
  }

  /// Appends the bytes before an index to the output.
  private mutating func release(upTo index: Int, to output: inout [UInt8]) {
    guard index > 0 else { return }
    output.append(contentsOf: held[..<index])
    endsLine = held[index - 1] == UInt8(ascii: "\n")
    discard(upTo: index)
  }

  private mutating func discard(upTo index: Int) {
    guard index > 0 else { return }
    beginsLine = held[index - 1] == UInt8(ascii: "\n")
    held.removeFirst(index)
    arrived -= index
    searched = max(0, searched - index)
    frames = frames.compactMap { pending in
      var pending = pending
      pending.start -= index
      return pending.start < 0 ? nil : pending
    }
  }

  // MARK: - One frame

  /// The telegram of a frame, which is empty if it is rejected, and whether the tag is right; nil if it is no frame,
  /// or a damaged one.
  private mutating func decrypt(
    _ pending: PendingFrame, end: Int
  ) -> (telegram: [UInt8], hasRightTag: Bool)? {
    let frame = pending.frame
    guard let key = keys.key(of: frame.title) else {
      log.fail(frame.title)
      return nil
    }
    let start = pending.start + pending.headerLength
    let cipherText = held[frame.cipherText.lowerBound + start..<frame.cipherText.upperBound + start]
    guard let text = text(of: cipherText, key, frame.vector) else {
      log.fail(frame.title)
      return nil
    }
    let sent = held[(start + frame.cipherText.upperBound)..<(start + frame.length)]
    let hasRightTag = keys.isRight(sent, of: text, frame, key)
    var telegram = text
    var isWhole = Framer.isWhole(text.span)
    var isAuthentic = hasRightTag
    if pending.headerLength > 0, !isWhole {
      let header = Array(held[pending.start..<start])
      let polish = PolishTelegram(
        held.span.extracting(pending.start..<end), headerLength: pending.headerLength,
        frameLength: frame.length, text: text)
      telegram = polish.telegram
      isWhole = polish.isWhole
      // The tag does not cover the header: trust it only if two telegrams in a row have the same one.
      isAuthentic = hasRightTag && header == lastHeader
      lastHeader = header
    }
    if isWhole || isAuthentic {
      guard telegram.first == UInt8(ascii: "/") else {
        log.refuse(frame, hasRightTag: hasRightTag)
        return ([], hasRightTag)
      }
      return (log.accept(frame, hasRightTag: hasRightTag) ? telegram : [], hasRightTag)
    }
    if policy.acceptsDamage, !policy.requiresTag, Decryptor.looksLikeTelegram(text) {
      return (telegram, false)
    }
    if Decryptor.looksLikeData(text) {
      log.fail(frame.title, .noTelegram(frame.title))
    } else {
      log.fail(frame.title)
    }
    return nil
  }

  /// The plain text; nil if its first byte shows a wrong key, so that false starts of frames in noise cost little.
  private func text(
    of cipherText: ArraySlice<UInt8>, _ key: MeterKey, _ vector: InitializationVector
  ) -> [UInt8]? {
    let blockSize = 16
    guard let first = try? key.applyKeystream(to: cipherText.prefix(blockSize), vector).first,
      first.isPrintable || first == EncryptedFrame.dataNotificationTag
    else {
      return nil
    }
    return try? key.applyKeystream(to: cipherText, vector)
  }

  /// Whether a text is a list of values: its first byte, four bytes of its number, and a time of 0 or 12 bytes.
  private static func looksLikeData(_ text: [UInt8]) -> Bool {
    text.first == EncryptedFrame.dataNotificationTag && text.count > 5
      && [0, COSEMDateTime.length].contains(Int(text[5]))
  }

  /// Whether a text is a damaged telegram: a wrong key gives any bytes.
  private static func looksLikeTelegram(_ text: [UInt8]) -> Bool {
    text.first == UInt8(ascii: "/") && text.count { $0.isPrintable } * 16 >= text.count * 15
  }
}

extension UInt8 {
  /// Whether it is a character of a telegram or of a line end.
  var isPrintable: Bool { (0x20...0x7E).contains(self) || self == 0x0D || self == 0x0A }
}
