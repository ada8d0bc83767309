import Records

/// Finds the telegrams in the bytes of a serial line, a file or a pipe.
///
///     "/" FLAG Z ident CRLF CRLF { line CRLF } "!" [ CRC ] CRLF      (P1 companion standard, §6.2)
///
/// ``fill(_:)`` takes bytes in pieces of any size; ``next(atEnd:)`` returns the whole telegrams whose
/// checksum is right or which have none. Line noise, incomplete telegrams and telegrams with a wrong
/// checksum are dropped. Memory is bounded: a telegram longer than ``maximumTelegramLength`` is
/// dropped, and the search continues inside it.
///
/// Each byte is read only a few times, whatever the input, so no input can make the framer slow.
public struct Framer: Sendable {
  /// In bytes. The longest telegram that a standard allows has about 4 KiB.
  public static let maximumTelegramLength = 16 * 1024
  /// In bytes, with the line end. The headers of real meters have up to 30.
  public static let maximumHeaderLength = 256

  /// How checksums and parity bits decide which telegrams are accepted.
  public enum Checksums: Sendable {
    /// A telegram is dropped if its checksum is wrong or missing, or a parity bit is wrong.
    case verified
    /// Everything that holds a value between a header and an end is a telegram, except a telegram
    /// that the next one cuts off in the middle of a line.
    case ignored
  }

  /// A telegram that was found.
  public struct Telegram: Equatable, Sendable {
    /// Its place in ``bytes`` until the next call of ``fill(_:)``, from `/` to the end of the `!` line.
    public let range: Range<Int>
    /// The time in the line `#2026-11-23T10:00:00.123Z` right before the telegram.
    public let receivedAt: Timestamp?
    /// Whether it was accepted only because checksums are ignored.
    public let isDamaged: Bool
  }

  public enum Event: Equatable, Sendable {
    case telegram(Telegram)
    case dropped(Defect)
  }

  /// Why a telegram was dropped.
  public enum Defect: Equatable, Sendable {
    /// `printed` is nil if it is unreadable.
    case wrongChecksum(printed: UInt16?, computed: UInt16)
    /// The telegram has no checksum, and one of its bytes has a wrong parity bit or is zero. No meter
    /// prints a zero; a break condition on the line is read as one.
    case damagedByte
    /// The next telegram began, or the input ended, before this one was complete.
    case cutShort
    case tooLong
    /// The lines between the header and the checksum are encrypted, as those of Polish meters.
    case encrypted
  }

  /// The bytes taken in; those before ``start`` are consumed.
  public internal(set) var bytes: [UInt8] = []
  /// The number of bytes outside telegrams since the beginning.
  public private(set) var noiseCount = 0

  let checksums: Checksums
  /// Whether the line is set to 7 data bits, so that the top bit is not part of the text.
  let hasSevenBits: Bool
  /// The start of the current telegram; without one, the start of the unread bytes.
  var start = 0
  /// The start of the next line.
  private var lineStart = 0
  /// The line at ``lineStart`` has no line feed before this index.
  private var searchedEnd = 0
  private var isInTelegram = false
  /// False if ``start`` is in the middle of a line.
  private(set) var isAtLineStart = true
  private var receivedAt: Timestamp?
  /// The known shapes: KnownShapes.swift.
  var shapes = PredictiveCache<Shape>()

  /// - Parameters:
  ///   - checksums: whether wrong ones are dropped.
  ///   - hasSevenBits: whether to clear the top bit of each byte, unless the checksum covers it.
  public init(checksums: Checksums = .verified, hasSevenBits: Bool = false) {
    self.checksums = checksums
    self.hasSevenBits = hasSevenBits
  }

  /// Takes in up to `capacity` bytes that `read` writes.
  ///
  /// - Returns: the number of bytes.
  /// - Throws: the error of `read`.
  public mutating func fill<Failure>(
    capacity: Int = 128 * 1024, _ read: (inout OutputSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    discardConsumed()
    let before = bytes.count
    try bytes.append(addingCapacity: capacity, initializingWith: read)
    return bytes.count - before
  }

  /// Takes in the bytes of `piece`.
  public mutating func fill(with piece: Span<UInt8>) {
    discardConsumed()
    bytes.append(contentsOf: piece)
  }

  /// Takes back the bytes from an index on, before ``next(atEnd:isSourceLost:)`` has seen them.
  public mutating func takeBack(from index: Int) -> [UInt8] {
    defer { bytes.removeSubrange(index...) }
    return Array(bytes[index...])
  }

  private mutating func discardConsumed() {
    bytes.removeSubrange(..<start)
    lineStart -= start
    searchedEnd -= start
    start = 0
  }

  /// The next telegram, or the next defect; nil if more bytes are needed.
  ///
  /// - Parameters:
  ///   - atEnd: whether the input has ended, which also ends a telegram without `!`.
  ///   - isSourceLost: whether the input ended because the source failed. A telegram without `!` is
  ///     then dropped, unless checksums are ignored.
  public mutating func next(atEnd: Bool = false, isSourceLost: Bool = false) -> Event? {
    if let end = endByKnownShape() { return take(to: end) }
    while true {
      // One byte more than the maximum shows that the telegram is too long.
      let limit = min(bytes.count, start + Framer.maximumTelegramLength + 1)
      let found = lineEnd(upTo: limit)
      if limit - start > Framer.maximumTelegramLength, (found ?? limit) == limit {
        if isInTelegram { return dropTooLong() }
        if found == nil {
          // The line has no end yet, and a header may begin in its last bytes.
          skip(to: limit - Framer.maximumHeaderLength)
          continue
        }
      }
      guard let lineEnd = found ?? (atEnd ? limit : nil) else { return nil }
      guard isInTelegram else {
        if start == lineEnd { return nil }
        begin(in: start..<lineEnd)
        if !isInTelegram, let end = endByKnownShape() { return take(to: end) }
        continue
      }
      guard lineStart < lineEnd else {
        return isSourceLost && checksums == .verified
          ? drop(.cutShort, to: lineEnd) : finishWithoutEnd(at: lineEnd)
      }
      switch bytes[lineStart] {
      case UInt8(ascii: "!"):
        return finish(at: lineStart, lineEnd: lineEnd, atEnd: atEnd)
      case UInt8(ascii: "/"), Framer.slashWithParity:
        return finishWithoutEnd(at: lineStart, before: lineEnd)
      case UInt8(ascii: "#") where stamp(in: lineStart..<lineEnd) != nil:
        // The stamp belongs to the next telegram, and this telegram has no `!`.
        return finishWithoutEnd(at: lineStart)
      default:
        lineStart = lineEnd
      }
    }
  }

  /// The index after the line feed that ends the line at ``lineStart``; nil if it has not arrived.
  private mutating func lineEnd(upTo limit: Int) -> Int? {
    let start = max(searchedEnd, lineStart)
    let lineFeed = bytes.span.extracting(..<limit).firstIndex(of: UInt8(ascii: "\n"), from: start)
    searchedEnd = lineFeed ?? max(start, limit)
    return lineFeed.map { $0 + 1 }
  }

  // MARK: - From telegram to telegram

  /// Begins a telegram at the header in the line, or skips a line without header.
  private mutating func begin(in line: Range<Int>) {
    guard let header = header(in: line, isWhole: isAtLineStart) else {
      return skip(to: line.upperBound)
    }
    if header > start { skip(to: header) }
    isInTelegram = true
    lineStart = line.upperBound
  }

  /// Skips bytes outside telegrams and remembers the time in a `#` line.
  private mutating func skip(to index: Int) {
    if !isBlank(start..<index) {
      receivedAt = stamp(in: start..<index)
      if receivedAt == nil { noiseCount += index - start }
    }
    resume(at: index)
  }

  private func isBlank(_ line: Range<Int>) -> Bool {
    bytes[line].allSatisfy { $0 <= UInt8(ascii: " ") }
  }

  /// The time in a line `#2026-11-23T10:00:00.123Z`; nil for any other line.
  private func stamp(in line: Range<Int>) -> Timestamp? {
    guard bytes[line.lowerBound] == UInt8(ascii: "#") else { return nil }
    let end = bytes[line].lastIndex { $0 > UInt8(ascii: " ") } ?? line.lowerBound
    return Timestamp(bytes.span.extracting((line.lowerBound + 1)..<(end + 1)))
  }

  /// Accepts the telegram that ends at `limit`.
  mutating func take(to limit: Int, isDamaged: Bool = false) -> Event {
    let telegram = Telegram(range: start..<limit, receivedAt: receivedAt, isDamaged: isDamaged)
    resume(at: limit)
    receivedAt = nil
    return .telegram(telegram)
  }

  /// Drops the telegram that ends at `limit`.
  mutating func drop(_ defect: Defect, to limit: Int) -> Event {
    let defect = isEncrypted(upTo: limit) ? .encrypted : defect
    resume(at: limit)
    receivedAt = nil
    return .dropped(defect)
  }

  /// Drops a telegram in which another one begins, and resumes at the inner one.
  mutating func cutShort(before inner: Int) -> Event {
    searchedEnd = inner
    return drop(.cutShort, to: inner)
  }

  /// Drops a telegram that is too long, and resumes at the first header inside it.
  ///
  /// Lines that were read are not read again, as none of them ends a telegram.
  private mutating func dropTooLong() -> Event {
    var line = bytes.lineEnd(from: start)..<lineStart
    while !line.isEmpty {
      let end = bytes.lineEnd(from: line.lowerBound)
      if let inner = header(in: line.lowerBound..<end) {
        start = inner
        receivedAt = nil
        return .dropped(.tooLong)
      }
      line = end..<lineStart
    }
    return drop(.tooLong, to: lineStart)
  }

  private mutating func resume(at index: Int) {
    isAtLineStart = bytes[index - 1] == UInt8(ascii: "\n")
    start = index
    lineStart = index
    isInTelegram = false
  }
}

extension Framer.Defect: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongChecksum(let printed?, let computed):
      "wrong checksum: \(printed.hexadecimal) printed, \(computed.hexadecimal) computed"
    case .wrongChecksum(nil, _): "unreadable checksum"
    case .damagedByte: "damaged byte"
    case .cutShort: "incomplete"
    case .encrypted: "encrypted; ask the grid operator for the key, and set SER_KEY_FILE of p1cat"
    case .tooLong: "more than \(Framer.maximumTelegramLength) bytes"
    }
  }
}
