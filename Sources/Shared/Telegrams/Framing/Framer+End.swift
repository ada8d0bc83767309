import Records

/// What ends a telegram, and whether it is one.
extension Framer {
  /// Judges the telegram whose `!` stands at `mark`.
  ///
  /// - Returns: nil where more bytes are needed to tell.
  mutating func finish(at mark: Int, lineEnd: Int, atEnd: Bool) -> Event? {
    // Where the line end is missing, the next header stands right behind.
    let next = header(in: (mark + 1)..<lineEnd) ?? lineEnd
    guard hasRightParity(upTo: mark) else { return damagedByte(upTo: mark, next: next) }
    // The checksum is that of what the meter printed: characters of 8 bits, or of 7.
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

  /// Judges a telegram whose `!` stands alone, as in DSMR 2.2 and 3.0. Some later ones print no
  /// checksum either; but of those, the `!` may also be what damage made of another line, or left
  /// of this one.
  private mutating func finishWithoutChecksum(at mark: Int, next: Int, atEnd: Bool) -> Event? {
    if let inner = lastHeader(before: mark) { return cutShort(before: inner) }
    guard checksums == .verified else {
      return takeAnything(at: mark, next: next, isDamaged: saysTimeOrVersion(upTo: mark))
    }
    if hasZero(upTo: mark) { return drop(.damagedByte, to: next) }
    guard bytes[next - 1] == UInt8(ascii: "\n") else {
      // The checksum may have been cut off.
      return isWholeWithoutEnd(upTo: mark) ? take(to: next) : drop(.cutShort, to: next)
    }
    if saysTimeOrVersion(upTo: mark) {
      guard let goesOn = telegramGoesOn(at: next, atEnd: atEnd) else { return nil }
      if goesOn {
        return drop(.wrongChecksum(printed: nil, computed: checksum(upTo: mark)), to: next)
      }
    }
    return takeAnything(at: mark, next: next)
  }

  /// Judges a telegram that ends without `!`, at the end of the input or at a line that begins with
  /// `/`, which some meters of DSMR 2.2 send.
  ///
  /// - Parameters:
  ///   - limit: where it ends.
  ///   - lineEnd: where the line that ends it does; nil at the end of the input.
  /// - Returns: what it is.
  mutating func finishWithoutEnd(at limit: Int, before lineEnd: Int? = nil) -> Event {
    guard hasRightParity(upTo: limit) else { return damagedByte(upTo: limit, next: limit) }
    if let inner = lastHeader(before: limit) { return cutShort(before: inner) }
    removeTopBits(upTo: limit)
    guard checksums == .verified else {
      return takeAnything(at: limit, next: limit, isDamaged: !isWholeWithoutEnd(upTo: limit))
    }
    if hasZero(upTo: limit) { return drop(.damagedByte, to: limit) }
    // A `/` may also be what damage made of the first digit of a line.
    let isFollowed = lineEnd.map { isHeader(limit..<$0) } ?? true
    return isFollowed && isWholeWithoutEnd(upTo: limit)
      ? take(to: limit) : drop(.cutShort, to: limit)
  }

  private mutating func reject(_ defect: Defect, at mark: Int, next: Int) -> Event {
    guard checksums == .ignored, holdsAnything(upTo: mark) else { return drop(defect, to: next) }
    if let inner = lastHeader(before: mark) { return cutShort(before: inner) }
    return take(to: next, isDamaged: true)
  }

  private mutating func damagedByte(upTo mark: Int, next: Int) -> Event {
    lastHeader(before: mark).map { cutShort(before: $0) } ?? drop(.damagedByte, to: next)
  }

  private mutating func takeAnything(at mark: Int, next: Int, isDamaged: Bool = false) -> Event {
    holdsAnything(upTo: mark)
      ? take(to: next, isDamaged: isDamaged) : drop(.cutShort, to: next)
  }

  // MARK: - What is known of a telegram

  /// Whether it is of a version before checksums, and its last line is whole.
  private func isWholeWithoutEnd(upTo limit: Int) -> Bool {
    let last = bytes[start..<limit].last { $0 > UInt8(ascii: " ") }
    return bytes[limit - 1] == UInt8(ascii: "\n") && last == UInt8(ascii: ")")
      && holdsAnything(upTo: limit) && !saysTimeOrVersion(upTo: limit)
  }

  /// Whether there is any value in the telegram.
  private func holdsAnything(upTo limit: Int) -> Bool {
    bytes[start..<limit].contains(UInt8(ascii: "("))
  }

  /// The codes of the time, in one line or in two, and of the version.
  private static let codesOfChecked = [
    "0-0:1.0.0", "0-0:1.1.0", "1-3:0.2.8", "0-0:96.1.4", "1-0:0.9.1", "1-0:0.9.2",
  ]

  /// Whether it says its time or, in the Dutch or the Belgian way, its version: one with a checksum
  /// does, one of a version before checksums does not.
  private func saysTimeOrVersion(upTo limit: Int) -> Bool {
    let telegram = bytes.span.extracting(start..<limit)
    return telegram.indices.contains { index in
      guard telegram[index] == UInt8(ascii: "(") else { return false }
      let before = telegram.extracting(..<index)
      return Framer.codesOfChecked.contains { before.extracting(last: $0.utf8.count) == $0 }
    }
  }

  /// Whether behind a `!` that stands alone comes what can only be of the same telegram: the
  /// checksum, whose first digit became a line feed, or another line, where the `!` was one byte of
  /// a line itself.
  ///
  /// - Returns: nil where more bytes are needed to tell.
  private func telegramGoesOn(at index: Int, atEnd: Bool) -> Bool? {
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

  /// The checksum of the telegram whose `!` stands at `mark`.
  private func checksum(upTo mark: Int) -> UInt16 {
    CRC16.checksum(bytes.span.extracting(start...mark))
  }

  /// Whether the telegram whose `!` stands at `mark` prints the checksum of its bytes as they came.
  private func hasRightChecksum(at mark: Int, next: Int) -> Bool {
    PrintedChecksum(bytes.span.extracting((mark + 1)..<next)) == .value(checksum(upTo: mark))
  }

  /// The checksum of text whose line ends were all CR LF before an editor made them LF.
  private func checksumWithReturns(of range: ClosedRange<Int>) -> UInt16? {
    guard !bytes[range].contains(UInt8(ascii: "\r")) else { return nil }
    var crc = CRC16()
    for index in range {
      if bytes[index] == UInt8(ascii: "\n") { crc.add(UInt8(ascii: "\r")) }
      crc.add(bytes[index])
    }
    return crc.value
  }

  /// Whether each byte of a telegram that came by a line of 7 bits and even parity has the parity
  /// bit that it should have, where that decides.
  private func hasRightParity(upTo limit: Int) -> Bool {
    bytes[start] != Framer.slashWithParity || checksums == .ignored
      || bytes[start..<limit].allSatisfy { $0.nonzeroBitCount.isMultiple(of: 2) }
  }

  /// Whether a byte is zero, which a break of the line is read as, and no meter prints.
  private func hasZero(upTo limit: Int) -> Bool { bytes[start..<limit].contains(0) }

  /// Clears the top bits of a telegram that came in characters of 7 bits, as its `/` shows or the line
  /// is said to.
  private mutating func removeTopBits(upTo limit: Int) {
    guard hasSevenBits || bytes[start] == Framer.slashWithParity else { return }
    for index in start..<limit { bytes[index] &= 0x7F }
  }
}
