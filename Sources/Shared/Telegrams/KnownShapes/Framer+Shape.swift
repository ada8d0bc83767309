import Records

/// Finding the end of a telegram of a known shape: KnownShapes.swift.
extension Framer {
  /// The shape of a telegram with a checksum. All digits may change, as the places of lines do not
  /// depend on them.
  struct Shape: Sendable {
    fileprivate let text: ByteRanges
    /// The index of the `!`.
    fileprivate let mark: Int

    /// Nil for a telegram whose digits may decide where it ends.
    fileprivate init?(of telegram: Span<UInt8>, mark: Int) {
      let checksum = (mark + 1)..<(mark + 5)
      guard checksum.upperBound < telegram.count,
        telegram[telegram.count - 1] == UInt8(ascii: "\n"),
        checksum.allSatisfy({ telegram[$0].hexadecimalDigit != nil }),
        // The digits of a line that begins with `#` decide whether it is a stamp.
        !telegram.indices.dropFirst().contains(where: {
          telegram[$0] == UInt8(ascii: "#") && telegram[$0 - 1] == UInt8(ascii: "\n")
        })
      else {
        return nil
      }
      var text = ByteRanges(telegram)
      text.allowDigits(in: 0..<mark)
      // PrintedChecksum rejects the bytes between `9` and `A`.
      text.allow(UInt8(ascii: "0")...UInt8(ascii: "F"), in: checksum)
      self.text = text
      self.mark = mark
    }

    /// Whether `bytes` begin with a telegram of this shape and its checksum is right.
    fileprivate func isTelegram(at bytes: Span<UInt8>) -> Bool {
      // The `!` first, as it rules out most other telegrams and incomplete ones.
      guard mark < bytes.count, bytes[mark] == UInt8(ascii: "!"), text.matchesPrefix(of: bytes)
      else {
        return false
      }
      let telegram = bytes.extracting(first: text.count)
      return PrintedChecksum(telegram.extracting((mark + 1)...))
        == .value(CRC16.checksum(telegram.extracting(...mark)))
    }
  }

  /// The end of the telegram that begins at ``start``; nil if it has no known shape or a wrong
  /// checksum.
  mutating func endByKnownShape() -> Int? {
    guard isAtLineStart, start < bytes.count, bytes[start] == UInt8(ascii: "/") else { return nil }
    let rest = bytes[start...]
    return shapes.first { $0.isTelegram(at: rest.span) ? rest.startIndex + $0.text.count : nil }
  }

  /// Adds the shape of the telegram from ``start`` to `next`, whose `!` is at `mark`.
  mutating func learnShape(mark: Int, next: Int) {
    let shape = Shape(of: bytes.span.extracting(start..<next), mark: mark - start)
    if let shape { shapes.add(shape) }
  }
}
