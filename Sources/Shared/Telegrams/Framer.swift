import Records

/// Finds the telegrams in what a line, a file or a pipe holds.
///
///     "/" FLAG Z ident CRLF CRLF { line CRLF } "!" [ CRC ] CRLF      (P1 companion standard, §6.2)
///
/// Bytes go in by ``fill(_:)`` in whatever pieces they come; ``next(atEnd:)`` tells what they hold:
/// whole telegrams, whose checksum is right or which carry none. All else is dropped: what stands
/// between telegrams, halves of them, and telegrams with a wrong checksum. Memory is bounded: a
/// telegram longer than ``maximumTelegramLength`` is dropped, and the search goes on inside it.
///
/// Each byte is looked at a few times at most, whatever comes in whatever pieces: nothing sent can
/// make it slow.
public struct Framer: Sendable {
  /// The most bytes of a telegram; the longest that a standard allows has about 4 KiB.
  public static let maximumTelegramLength = 16 * 1024
  /// The most bytes of a header and its line end. Those of meters have up to 30; what goes on much
  /// longer is none, and need not be followed.
  static let maximumHeaderLength = 256

  /// What checksums are for.
  public enum Checksums: Sendable {
    /// What has a wrong one, or should have one and does not, is no telegram; nor is what has wrong
    /// parity, where parity bits come.
    case verified
    /// Whatever holds a value between a header and an end is a telegram. A telegram that the next one
    /// cut off in the middle of a line is still none.
    case ignored
  }

  /// A telegram found: where its bytes stand in ``bytes`` until the next call of ``fill(_:)``.
  public struct Telegram: Equatable, Sendable {
    /// From `/` to the end of the `!` line.
    public let range: Range<Int>
    /// The time that a line `#2026-11-23T10:00:00.123Z` right before the telegram gives.
    public let receivedAt: Timestamp?
    /// Whether it was only taken because checksums do not decide.
    public let isDamaged: Bool
  }

  public enum Event: Equatable, Sendable {
    case telegram(Telegram)
    case dropped(Defect)
  }

  /// Why a telegram was dropped.
  public enum Defect: Equatable, Sendable {
    /// The checksum printed (nil: unreadable) is not that of the bytes.
    case wrongChecksum(printed: UInt16?, computed: UInt16)
    /// It has no checksum, and a byte of it is damaged: its parity bit is wrong, or it is a zero, which
    /// no meter prints: a break of the line is read as one.
    case damagedByte
    /// The next telegram began, or the input ended, before it was whole.
    case cutShort
    case tooLong
  }

  /// What was taken in; ``start`` says up to where it is used up.
  public internal(set) var bytes: [UInt8] = []
  /// How many bytes stood between telegrams, since the beginning.
  public private(set) var noiseCount = 0

  let checksums: Checksums
  /// Whether the meter is said to send characters of 7 bits, so that the top bit is none of their text.
  let hasSevenBits: Bool
  /// Where the telegram begins, or where none has begun yet, what was not looked at.
  var start = 0
  /// Where the line begins that comes next.
  private var scanned = 0
  /// Up to where that line has no end.
  private var searched = 0
  private var isInTelegram = false
  /// Whether ``start`` is where a line begins, and not in the middle of one that was given up.
  private(set) var isAtLineStart = true
  private var receivedAt: Timestamp?
  /// The shapes of the last telegrams.
  var shapes = PredictiveCache<Shape>()

  /// - Parameters:
  ///   - checksums: whether they decide on what is a telegram.
  ///   - hasSevenBits: whether the top bit of each byte is cleared, unless the checksum covers it.
  public init(checksums: Checksums = .verified, hasSevenBits: Bool = false) {
    self.checksums = checksums
    self.hasSevenBits = hasSevenBits
  }

  /// Takes bytes in.
  ///
  /// - Parameters:
  ///   - capacity: the most bytes that are taken in.
  ///   - read: writes the bytes to the room it is given.
  /// - Returns: how many bytes were taken in.
  /// - Throws: what `read` threw.
  public mutating func fill<Failure>(
    capacity: Int = 128 * 1024, _ read: (inout OutputSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    removeUsed()
    let before = bytes.count
    try bytes.append(addingCapacity: capacity, initializingWith: read)
    return bytes.count - before
  }

  /// Takes bytes in that are in memory already.
  public mutating func fill(with piece: Span<UInt8>) {
    removeUsed()
    bytes.append(contentsOf: piece)
  }

  private mutating func removeUsed() {
    bytes.removeSubrange(..<start)
    scanned -= start
    searched -= start
    start = 0
  }

  /// Finds the next thing in what was taken in.
  ///
  /// - Parameters:
  ///   - atEnd: whether no more will come, which ends a telegram that only lacks its end.
  ///   - isTorn: whether that is because the source went away: what has no `!` is then no telegram,
  ///     where checksums decide.
  /// - Returns: what was found; nil where more bytes are needed.
  public mutating func next(atEnd: Bool = false, isTorn: Bool = false) -> Event? {
    if let end = endByShape() { return take(to: end) }
    while true {
      // One byte more than a telegram can have tells that it has too many.
      let limit = min(bytes.count, start + Framer.maximumTelegramLength + 1)
      let found = lineEnd(upTo: limit)
      if limit - start > Framer.maximumTelegramLength, (found ?? limit) == limit {
        if isInTelegram { return dropTooLong() }
        if found == nil {
          // The line goes on: its last bytes may be the first ones of a header.
          skip(to: limit - Framer.maximumHeaderLength)
          continue
        }
      }
      guard let lineEnd = found ?? (atEnd ? limit : nil) else { return nil }
      guard isInTelegram else {
        if start == lineEnd { return nil }
        begin(in: start..<lineEnd)
        if !isInTelegram, let end = endByShape() { return take(to: end) }
        continue
      }
      guard scanned < lineEnd else {
        return isTorn && checksums == .verified
          ? drop(.cutShort, to: lineEnd) : finishWithoutEnd(at: lineEnd)
      }
      switch bytes[scanned] {
      case UInt8(ascii: "!"):
        return finish(at: scanned, lineEnd: lineEnd, atEnd: atEnd)
      case UInt8(ascii: "/"), Framer.slashWithParity:
        return finishWithoutEnd(at: scanned, before: lineEnd)
      case UInt8(ascii: "#") where stamp(in: scanned..<lineEnd) != nil:
        // That of the next telegram, where this one has no `!`.
        return finishWithoutEnd(at: scanned)
      default:
        scanned = lineEnd
      }
    }
  }

  /// Just behind the line feed that ends the line at ``scanned``; nil where there is none yet.
  private mutating func lineEnd(upTo limit: Int) -> Int? {
    let start = max(searched, scanned)
    let lineFeed = bytes.span.extracting(..<limit).firstIndex(of: UInt8(ascii: "\n"), from: start)
    searched = lineFeed ?? max(start, limit)
    return lineFeed.map { $0 + 1 }
  }

  // MARK: - From telegram to telegram

  /// Begins a telegram at the header that the line holds, or drops the line.
  private mutating func begin(in line: Range<Int>) {
    guard let header = header(in: line, isWhole: isAtLineStart) else {
      return skip(to: line.upperBound)
    }
    if header > start { skip(to: header) }
    isInTelegram = true
    scanned = line.upperBound
  }

  /// Drops bytes that belong to no telegram, but keeps in mind the time that a `#` line says.
  private mutating func skip(to index: Int) {
    if !isBlank(start..<index) {
      receivedAt = stamp(in: start..<index)
      if receivedAt == nil { noiseCount += index - start }
    }
    goOn(at: index)
  }

  private func isBlank(_ line: Range<Int>) -> Bool {
    bytes[line].allSatisfy { $0 <= UInt8(ascii: " ") }
  }

  /// The time that a line `#2026-11-23T10:00:00.123Z` says; nil for any other line.
  private func stamp(in line: Range<Int>) -> Timestamp? {
    guard bytes[line.lowerBound] == UInt8(ascii: "#") else { return nil }
    let end = bytes[line].lastIndex { $0 > UInt8(ascii: " ") } ?? line.lowerBound
    return Timestamp(bytes.span.extracting((line.lowerBound + 1)..<(end + 1)))
  }

  /// Takes the telegram, which goes to `limit`.
  mutating func take(to limit: Int, isDamaged: Bool = false) -> Event {
    let telegram = Telegram(range: start..<limit, receivedAt: receivedAt, isDamaged: isDamaged)
    goOn(at: limit)
    receivedAt = nil
    return .telegram(telegram)
  }

  /// Drops the telegram, which goes to `limit`.
  mutating func drop(_ defect: Defect, to limit: Int) -> Event {
    goOn(at: limit)
    receivedAt = nil
    return .dropped(defect)
  }

  /// Drops a telegram in which another one begins, and goes on with that.
  mutating func cutShort(before inner: Int) -> Event {
    searched = inner
    return drop(.cutShort, to: inner)
  }

  /// Drops a telegram that is too long, and goes on with the first one that begins inside it.
  ///
  /// What was read is not read anew for that: no line of it is the end of a telegram.
  private mutating func dropTooLong() -> Event {
    var line = bytes.lineEnd(from: start)..<scanned
    while !line.isEmpty {
      let end = bytes.lineEnd(from: line.lowerBound)
      if let inner = header(in: line.lowerBound..<end) {
        start = inner
        receivedAt = nil
        return .dropped(.tooLong)
      }
      line = end..<scanned
    }
    return drop(.tooLong, to: scanned)
  }

  private mutating func goOn(at index: Int) {
    isAtLineStart = bytes[index - 1] == UInt8(ascii: "\n")
    start = index
    scanned = index
    isInTelegram = false
  }
}
