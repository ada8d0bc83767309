import Records

/// Finds the telegrams in what a line, a file or a pipe holds.
///
///     "/" FLAG Z ident CRLF CRLF { line CRLF } "!" [ CRC ] CRLF      (P1 companion standard, §6.2)
///
/// Bytes go in by ``fill(_:)`` in whatever pieces they come; ``next(atEnd:)`` tells what they hold:
/// whole telegrams, whose checksum is right or which carry none. All else is dropped: what stands
/// between telegrams, halves of them, and telegrams with a wrong checksum. Memory is bounded: a
/// telegram longer than ``maximumTelegramLength`` is dropped, and the search goes on inside it.
public struct Framer: Sendable {
  /// The most bytes of a telegram; the longest that a standard allows has about 4 KiB.
  public static let maximumTelegramLength = 16 * 1024

  /// A telegram found: where its bytes stand in ``bytes`` until the next call of ``fill(_:)``.
  public struct Telegram: Equatable, Sendable {
    /// From `/` to the end of the `!` line.
    public let range: Range<Int>
    /// The time that a line `#2026-11-23T10:00:00.123Z` right before the telegram gives.
    public let receivedAt: Timestamp?
  }

  public enum Event: Equatable, Sendable {
    case telegram(Telegram)
    case dropped(Defect)
  }

  /// Why a telegram was dropped.
  public enum Defect: Equatable, Sendable {
    /// The checksum printed (nil: unreadable) is not that of the bytes.
    case wrongChecksum(printed: UInt16?, computed: UInt16)
    /// The next telegram began, or the input ended, before it was whole.
    case cutShort
    case tooLong
  }

  /// What was taken in; ``start`` says up to where it is used up.
  public private(set) var bytes: [UInt8] = []
  /// How many bytes stood between telegrams, since the beginning.
  public private(set) var noiseCount = 0

  private var start = 0
  /// Up to where it was looked at before, always at the start of a line of a telegram.
  private var scanned = 0
  private var isInTelegram = false
  /// Whether ``start`` is where a line begins, and not in the middle of one that was given up.
  private var isAtLineStart = true
  private var receivedAt: Timestamp?

  public init(verifies: Bool = true) {}

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
    bytes.removeSubrange(..<start)
    scanned -= start
    start = 0
    let before = bytes.count
    try bytes.append(addingCapacity: capacity, initializingWith: read)
    return bytes.count - before
  }

  /// Finds the next thing in what was taken in.
  ///
  /// - Parameter atEnd: whether no more will come, which ends a telegram that only lacks its end.
  /// - Returns: what was found; nil where more bytes are needed.
  public mutating func next(atEnd: Bool = false) -> Event? {
    while true {
      if !isInTelegram, !findStart(atEnd: atEnd) { return nil }
      let limit = searchLimit
      let endOfAll = atEnd && limit == bytes.count && scanned < limit ? limit : nil
      guard let lineEnd = lineEnd(from: scanned, upTo: limit) ?? endOfAll else {
        if bytes.count - start > Framer.maximumTelegramLength { return drop(.tooLong) }
        return atEnd ? finishWithoutEnd(at: bytes.count) : nil
      }
      if lineEnd - start > Framer.maximumTelegramLength { return drop(.tooLong) }
      switch bytes[scanned] {
      case UInt8(ascii: "!"):
        return finish(at: scanned, lineEnd: lineEnd)
      case UInt8(ascii: "/") where scanned > start, Framer.slashWithParity where scanned > start:
        // The next header. Some meters of DSMR 2.2 print no `!` at all.
        return finishWithoutEnd(at: scanned)
      default:
        scanned = lineEnd
      }
    }
  }

  // MARK: - The start of a telegram

  /// `/` as a line of 7 bits and even parity shows it to a reader of 8 bits and no parity.
  private static let slashWithParity = UInt8(ascii: "/") | 0x80

  /// Goes to the next `/` that can begin a telegram, dropping what stands before it.
  ///
  /// - Returns: false where there is none yet.
  private mutating func findStart(atEnd: Bool) -> Bool {
    while start < bytes.count {
      let limit = searchLimit
      let isLast = atEnd && limit == bytes.count
      let lineEnd = lineEnd(from: start, upTo: limit) ?? (isLast ? limit : nil)
      if let slash = slash(in: start..<(lineEnd ?? limit)) {
        if slash > start { skip(to: slash) }
        isInTelegram = true
        scanned = start
        return true
      }
      if let lineEnd {
        skip(to: lineEnd)
      } else if limit - start > Framer.maximumTelegramLength {
        // The line goes on: its last bytes may be the first ones of a header.
        skip(to: limit - 4)
      } else {
        return false
      }
    }
    return false
  }

  /// Where in a line a telegram begins: at its very start, or at a `/` that a manufacturer's three
  /// letters and a digit follow; any other may stand in a text.
  private func slash(in line: Range<Int>) -> Int? {
    let first = bytes[line.lowerBound]
    if isAtLineStart, first == UInt8(ascii: "/") || first == Framer.slashWithParity {
      return line.lowerBound
    }
    return line.first { isHeader(at: $0, before: line.upperBound) }
  }

  private func isHeader(at index: Int, before limit: Int) -> Bool {
    guard bytes[index] == UInt8(ascii: "/"), index + 4 < limit else { return false }
    for letter in bytes[(index + 1)...(index + 3)] {
      guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter | 0x20) else { return false }
    }
    return bytes[index + 4].decimalDigit != nil
  }

  /// Drops bytes that belong to no telegram, but keeps in mind the time that a `#` line says.
  private mutating func skip(to index: Int) {
    var line = bytes.span.extracting(start..<index)
    while line.count > 0, line[line.count - 1] <= UInt8(ascii: " ") {
      line = line.extracting(..<(line.count - 1))
    }
    if line.count > 0 {
      let isStamp = line[0] == UInt8(ascii: "#")
      receivedAt = isStamp ? Timestamp(line.extracting(1...)) : nil
      if receivedAt == nil { noiseCount += index - start }
    }
    isAtLineStart = bytes[index - 1] == UInt8(ascii: "\n")
    start = index
    scanned = index
  }

  // MARK: - The end of a telegram

  /// Judges the telegram whose `!` stands at `mark`.
  private mutating func finish(at mark: Int, lineEnd: Int) -> Event {
    var index = mark + 1
    var printed: UInt16?
    while index < lineEnd, index < mark + 5, let digit = bytes[index].hexadecimalDigit {
      printed = (printed ?? 0) << 4 | UInt16(digit)
      index += 1
    }
    // Where the line end is missing, the next header stands right behind.
    let next = (index..<lineEnd).first { isHeader(at: $0, before: lineEnd) } ?? lineEnd
    let computed = CRC16.checksum(bytes.span.extracting(start...mark))
    guard let printed else {
      // DSMR 2.2 and 3.0 print none. Anything but white space is one that cannot be read; where the
      // line has no end, that of a later version may be still to come.
      guard bytes[index..<next].allSatisfy({ $0 & 0x7F <= UInt8(ascii: " ") }) else {
        return drop(.wrongChecksum(printed: nil, computed: computed), to: next)
      }
      // One cut short, with the next one right behind it in the middle of a line.
      if let inner = ((start + 1)..<mark).last(where: { isHeader(at: $0, before: mark) }) {
        return cutShort(before: inner)
      }
      removeParity(upTo: next)
      let isEnded = bytes[next - 1] == UInt8(ascii: "\n")
      let isWhole = isEnded ? holdsAnything(upTo: mark) : isWholeWithoutEnd(upTo: mark)
      return isWhole ? take(from: start, to: next) : drop(.cutShort, to: next)
    }
    if computed == printed || checksumWithReturns(of: start...mark) == printed {
      return take(from: start, to: next)
    }
    // A telegram cut short, with the next one right behind it in the middle of a line.
    let inner = ((start + 1)..<mark).first { index in
      isHeader(at: index, before: mark)
        && CRC16.checksum(bytes.span.extracting(index...mark)) == printed
    }
    if let inner { return cutShort(before: inner) }
    return drop(.wrongChecksum(printed: printed, computed: computed), to: next)
  }

  /// Drops a telegram in which another one begins, and goes on with that.
  private mutating func cutShort(before inner: Int) -> Event {
    start = inner
    scanned = inner
    receivedAt = nil
    return .dropped(.cutShort)
  }

  /// Judges a telegram that ends without `!`, at the next header or the end of the input: whole
  /// where it is of a version before checksums, which says neither its time nor its version.
  private mutating func finishWithoutEnd(at limit: Int) -> Event {
    removeParity(upTo: limit)
    return isWholeWithoutEnd(upTo: limit)
      ? take(from: start, to: limit) : drop(.cutShort, to: limit)
  }

  private func isWholeWithoutEnd(upTo limit: Int) -> Bool {
    let telegram = bytes.span.extracting(start..<limit)
    return telegram[telegram.count - 1] == UInt8(ascii: "\n") && holdsAnything(upTo: limit)
      && !telegram.contains("0-0:1.0.0(") && !telegram.contains("1-3:0.2.8(")
  }

  /// Whether there is any value in the telegram.
  private func holdsAnything(upTo limit: Int) -> Bool {
    bytes.span.extracting(start..<limit).contains("(")
  }

  private mutating func take(from first: Int, to limit: Int) -> Event {
    let telegram = Telegram(range: first..<limit, receivedAt: receivedAt)
    leave(at: limit)
    return .telegram(telegram)
  }

  /// Drops the telegram: up to `limit`, or only its first line where its end is unknown.
  private mutating func drop(_ defect: Defect, to limit: Int? = nil) -> Event {
    leave(at: limit ?? min(start + 1, bytes.count))
    return .dropped(defect)
  }

  private mutating func leave(at limit: Int) {
    isAtLineStart = bytes[limit - 1] == UInt8(ascii: "\n")
    start = limit
    scanned = limit
    isInTelegram = false
    receivedAt = nil
  }

  /// The checksum of text whose line ends were CR LF before an editor made them LF.
  private func checksumWithReturns(of range: ClosedRange<Int>) -> UInt16 {
    var crc = CRC16()
    for index in range {
      if bytes[index] == UInt8(ascii: "\n"), bytes[index - 1] != UInt8(ascii: "\r") {
        crc.add(UInt8(ascii: "\r"))
      }
      crc.add(bytes[index])
    }
    return crc.value
  }

  /// Clears the parity bits of a telegram that came by a line of 7 bits and even parity.
  private mutating func removeParity(upTo limit: Int) {
    guard bytes[start] == Framer.slashWithParity else { return }
    for index in start..<limit { bytes[index] &= 0x7F }
  }

  /// So far a line is followed: what is longer is no telegram, and must not be looked through anew
  /// for each byte that could begin one.
  private var searchLimit: Int { min(bytes.count, start + Framer.maximumTelegramLength + 1) }

  /// Just behind the line feed that ends the line which `index` stands in.
  private func lineEnd(from index: Int, upTo limit: Int) -> Int? {
    let span = bytes.span
    var index = index
    while index < limit {
      if span[index] == UInt8(ascii: "\n") { return index + 1 }
      index += 1
    }
    return nil
  }
}

extension Framer.Defect: CustomStringConvertible {
  /// As a message says it.
  public var description: String {
    switch self {
    case .wrongChecksum(let printed?, let computed):
      "its checksum is \(Framer.Defect.hexadecimal(printed)), its bytes make "
        + Framer.Defect.hexadecimal(computed)
    case .wrongChecksum(nil, _): "its checksum cannot be read"
    case .cutShort: "it is cut short"
    case .tooLong: "it has more than \(Framer.maximumTelegramLength) bytes"
    }
  }

  private static func hexadecimal(_ checksum: UInt16) -> String {
    let digits = String(checksum, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension Span<UInt8> {
  /// Whether `text` stands anywhere in the bytes.
  func contains(_ text: StaticString) -> Bool {
    let text = text.description
    let length = text.utf8.count
    guard length <= count else { return false }
    return (0...(count - length)).contains { extracting($0..<($0 + length)) == text }
  }
}
