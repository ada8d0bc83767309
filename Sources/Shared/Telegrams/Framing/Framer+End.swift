import Records

/// The end of a telegram, and the decision whether the telegram is accepted.
extension Framer {
  /// Whether bytes are one telegram, from its header to the right checksum.
  public static func isWhole(_ telegram: Span<UInt8>) -> Bool {
    guard telegram.count > 0, telegram[0] == UInt8(ascii: "/"),
      let mark = telegram.indices.last(where: { telegram[$0] == UInt8(ascii: "!") })
    else {
      return false
    }
    let end = telegram.extracting(droppingFirst: mark + 1)
    let lineEnd = end.extracting(droppingFirst: 4)
    return ["", "\n", "\r\n"].contains { lineEnd == $0 }
      && PrintedChecksum(end) == .value(CRC16.checksum(telegram.extracting(...mark)))
  }

  /// Accepts or drops the telegram whose `!` is at `mark`.
  ///
  /// - Returns: nil if more bytes are needed for the decision.
  mutating func finish(at mark: Int, lineEnd: Int, atEnd: Bool) -> Event? {
    // If the line end was lost, the next header follows in the same line.
    let next = header(in: (mark + 1)..<lineEnd) ?? lineEnd
    guard hasRightParity(upTo: mark) else { return damagedByte(upTo: mark, next: next) }
    // The meter computed the checksum over characters of either 8 or 7 bits.
    if !hasSevenBits || !hasRightChecksum(at: mark, next: next) { removeTopBits(upTo: next) }
    switch PrintedChecksum(bytes.span.extracting((mark + 1)..<next)) {
    case .none:
      return finishWithoutChecksum(at: mark, next: next, atEnd: atEnd)
    case .unreadable:
      return reject(
        .wrongChecksum(printed: nil, computed: checksum(upTo: mark)), at: mark, next: next)
    case .value(let printed):
      let computed = checksum(upTo: mark)
      if computed == printed {
        if isEncrypted(upTo: mark) { return drop(.encrypted, to: next) }
        learnShape(mark: mark, next: next)
        return take(to: next)
      }
      if checksumWithReturns(of: start...mark) == printed { return take(to: next) }
      let inner = innerHeaders(before: mark).first {
        CRC16.checksum(bytes.span.extracting($0...mark)) == printed
      }
      if let inner { return cutShort(before: inner) }
      return reject(.wrongChecksum(printed: printed, computed: computed), at: mark, next: next)
    }
  }

  /// Accepts or drops a telegram without checksum after its `!`, as in DSMR 2.2 and 3.0. Some later
  /// meters print none either; but in their telegrams the `!` may also be a damaged byte of another
  /// line, or the checksum may have been lost.
  private mutating func finishWithoutChecksum(at mark: Int, next: Int, atEnd: Bool) -> Event? {
    if let inner = lastHeader(before: mark) { return cutShort(before: inner) }
    guard checksums == .verified else {
      return takeIfNotEmpty(at: mark, next: next, isDamaged: printsTimeOrVersion(upTo: mark))
    }
    if hasZeroByte(upTo: mark) { return drop(.damagedByte, to: next) }
    guard bytes[next - 1] == UInt8(ascii: "\n") else {
      // The checksum may have been lost with the line end.
      return isWholeWithoutEnd(upTo: mark) ? take(to: next) : drop(.cutShort, to: next)
    }
    if printsTimeOrVersion(upTo: mark) {
      guard let continues = telegramContinues(at: next, atEnd: atEnd) else { return nil }
      if continues {
        return drop(.wrongChecksum(printed: nil, computed: checksum(upTo: mark)), to: next)
      }
    }
    return takeIfNotEmpty(at: mark, next: next)
  }

  /// Accepts or drops a telegram without `!`, which some DSMR 2.2 meters send. It ends at the end of
  /// the input or at a line that begins with `/`.
  ///
  /// - Parameters:
  ///   - limit: the end of the telegram.
  ///   - lineEnd: the end of the `/` line; nil at the end of the input.
  mutating func finishWithoutEnd(at limit: Int, before lineEnd: Int? = nil) -> Event {
    guard hasRightParity(upTo: limit) else { return damagedByte(upTo: limit, next: limit) }
    if let inner = lastHeader(before: limit) { return cutShort(before: inner) }
    removeTopBits(upTo: limit)
    guard checksums == .verified else {
      return takeIfNotEmpty(at: limit, next: limit, isDamaged: !isWholeWithoutEnd(upTo: limit))
    }
    if hasZeroByte(upTo: limit) { return drop(.damagedByte, to: limit) }
    // A `/` may also be a damaged first digit of a line.
    let isFollowed = lineEnd.map { isHeader(limit..<$0) } ?? true
    return isFollowed && isWholeWithoutEnd(upTo: limit)
      ? take(to: limit) : drop(.cutShort, to: limit)
  }

  private mutating func reject(_ defect: Defect, at mark: Int, next: Int) -> Event {
    guard checksums == .ignored, holdsValue(upTo: mark) else { return drop(defect, to: next) }
    if let inner = lastHeader(before: mark) { return cutShort(before: inner) }
    return take(to: next, isDamaged: true)
  }

  private mutating func damagedByte(upTo mark: Int, next: Int) -> Event {
    lastHeader(before: mark).map { cutShort(before: $0) } ?? drop(.damagedByte, to: next)
  }

  private mutating func takeIfNotEmpty(at mark: Int, next: Int, isDamaged: Bool = false) -> Event {
    holdsValue(upTo: mark)
      ? take(to: next, isDamaged: isDamaged) : drop(.cutShort, to: next)
  }

  // MARK: - Properties of the telegram

  /// Whether it is of a version without checksums, and its last line is complete.
  private func isWholeWithoutEnd(upTo limit: Int) -> Bool {
    let last = bytes[start..<limit].last { $0 > UInt8(ascii: " ") }
    return bytes[limit - 1] == UInt8(ascii: "\n") && last == UInt8(ascii: ")")
      && holdsValue(upTo: limit) && !printsTimeOrVersion(upTo: limit)
  }

  private func holdsValue(upTo limit: Int) -> Bool {
    bytes[start..<limit].contains(UInt8(ascii: "("))
  }

  /// The codes of the time, as one line or two, and of the version.
  private static let codesOfTelegramsWithChecksum = [
    "0-0:1.0.0", "0-0:1.1.0", "1-3:0.2.8", "0-0:96.1.4", "1-0:0.9.1", "1-0:0.9.2",
  ]

  /// Whether the telegram prints its time or its version (Dutch or Belgian code). Telegrams of
  /// versions with checksums do, older ones do not.
  private func printsTimeOrVersion(upTo limit: Int) -> Bool {
    let telegram = bytes.span.extracting(start..<limit)
    return telegram.indices.contains { index in
      guard telegram[index] == UInt8(ascii: "(") else { return false }
      let before = telegram.extracting(..<index)
      return Framer.codesOfTelegramsWithChecksum.contains {
        before.extracting(last: $0.utf8.count) == $0
      }
    }
  }

  /// Whether the bytes after a `!` line can only belong to the same telegram: the rest of a checksum
  /// whose first digit was damaged into a line feed, or the rest of a line in which the `!` is a
  /// damaged byte.
  ///
  /// - Returns: nil if more bytes are needed for the decision.
  private func telegramContinues(at index: Int, atEnd: Bool) -> Bool? {
    let rest = bytes[index...]
    let digits = rest.prefix(5).prefix { $0.hexadecimalDigit != nil }
    if digits.count > 4 { return false }
    switch rest.dropFirst(digits.count).first {
    case nil: return atEnd ? !digits.isEmpty : nil
    case UInt8(ascii: "!"), UInt8(ascii: "("): return digits.isEmpty
    case UInt8(ascii: "-"): return !digits.isEmpty
    case let byte?: return !digits.isEmpty && byte < UInt8(ascii: " ")
    }
  }

  private func checksum(upTo mark: Int) -> UInt16 {
    CRC16.checksum(bytes.span.extracting(start...mark))
  }

  /// Whether the printed checksum is right before any top bit is cleared.
  private func hasRightChecksum(at mark: Int, next: Int) -> Bool {
    PrintedChecksum(bytes.span.extracting((mark + 1)..<next)) == .value(checksum(upTo: mark))
  }

  /// The checksum with CR LF line ends, for a capture whose line ends an editor converted to LF.
  private func checksumWithReturns(of range: ClosedRange<Int>) -> UInt16? {
    guard !bytes[range].contains(UInt8(ascii: "\r")) else { return nil }
    var crc = CRC16()
    for index in range {
      if bytes[index] == UInt8(ascii: "\n") { crc.add(UInt8(ascii: "\r")) }
      crc.add(bytes[index])
    }
    return crc.value
  }

  /// Whether each byte of a telegram sent with even parity has the right parity bit. True for other
  /// telegrams, and if checksums are ignored.
  private func hasRightParity(upTo limit: Int) -> Bool {
    bytes[start] != Framer.slashWithParity || checksums == .ignored
      || bytes[start..<limit].allSatisfy { $0.nonzeroBitCount.isMultiple(of: 2) }
  }

  /// Whether a zero byte follows the header and the blank line.
  func isEncrypted(upTo mark: Int) -> Bool {
    let headerEnd = bytes.lineEnd(from: start)
    guard headerEnd < mark else { return false }
    return bytes[headerEnd..<mark].first { $0 != 0x0D && $0 != 0x0A } == 0
  }

  private func hasZeroByte(upTo limit: Int) -> Bool { bytes[start..<limit].contains(0) }

  /// Clears the top bits if the characters have 7 bits: by the setting, or by the parity of the `/`.
  private mutating func removeTopBits(upTo limit: Int) {
    guard hasSevenBits || bytes[start] == Framer.slashWithParity else { return }
    for index in start..<limit { bytes[index] &= 0x7F }
  }
}
