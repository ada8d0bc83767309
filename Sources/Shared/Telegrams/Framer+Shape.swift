import Records

/// The short way from telegram to telegram, for those that are like one before but for their digits.
///
/// Where the lines of a telegram begin and end, and what they begin with, does not depend on digits.
/// So what has the shape of a telegram that was found line by line would be found so as well, in as
/// many bytes: all that is left is its checksum. The tests hold both ways equal.
extension Framer {
  /// What a telegram with a checksum has in common with the next ones of its meter.
  struct Shape: Sendable {
    /// All of it, to the end of its last line.
    fileprivate let text: ByteRanges
    /// Where its `!` stands.
    fileprivate let mark: Int

    /// The shape of a telegram; nil for one whose digits decide where it ends.
    fileprivate init?(of telegram: Span<UInt8>, mark: Int) {
      let checksum = (mark + 1)..<(mark + 5)
      guard checksum.upperBound < telegram.count,
        telegram[telegram.count - 1] == UInt8(ascii: "\n"),
        checksum.allSatisfy({ telegram[$0].hexadecimalDigit != nil }),
        // A line that begins so may be a stamp or none.
        !telegram.indices.dropFirst().contains(where: {
          telegram[$0] == UInt8(ascii: "#") && telegram[$0 - 1] == UInt8(ascii: "\n")
        })
      else {
        return nil
      }
      var text = ByteRanges(telegram)
      text.allowDigits(in: 0..<mark)
      // Of what lies between 9 and A none is a digit of a checksum.
      text.allow(UInt8(ascii: "0")...UInt8(ascii: "F"), in: checksum)
      self.text = text
      self.mark = mark
    }

    /// Whether `bytes` begin with a telegram that has this shape and the checksum that it says.
    fileprivate func isTelegram(at bytes: Span<UInt8>) -> Bool {
      // The `!` first: it tells most that cannot be, and what has not come yet.
      guard mark < bytes.count, bytes[mark] == UInt8(ascii: "!"), text.matchesPrefix(of: bytes)
      else {
        return false
      }
      let telegram = bytes.extracting(first: text.count)
      return PrintedChecksum(telegram.extracting((mark + 1)...))
        == .value(CRC16.checksum(telegram.extracting(...mark)))
    }
  }

  /// Where the telegram ends that begins at ``start``, if it has a known shape and the checksum that
  /// it says; nil where that is to be found out line by line.
  mutating func endByShape() -> Int? {
    guard isAtLineStart, start < bytes.count, bytes[start] == UInt8(ascii: "/") else { return nil }
    let rest = bytes[start...]
    return shapes.first { $0.isTelegram(at: rest.span) ? rest.startIndex + $0.text.count : nil }
  }

  /// Keeps the shape of the telegram whose `!` stands at `mark` and which ends at `next`.
  mutating func learnShape(mark: Int, next: Int) {
    let shape = Shape(of: bytes.span.extracting(start..<next), mark: mark - start)
    if let shape { shapes.add(shape) }
  }
}
