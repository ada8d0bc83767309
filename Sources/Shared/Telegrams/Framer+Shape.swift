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
    fileprivate let text: TextShape
    /// Where its `!` stands.
    fileprivate let mark: Int
  }

  /// Where the telegram ends that begins at ``start``, if it has a known shape and the checksum that
  /// it says; nil where that is to be found out line by line.
  mutating func endByShape() -> Int? {
    guard isAtLineStart, start < bytes.count, bytes[start] == UInt8(ascii: "/") else { return nil }
    let text = bytes
    let start = start
    var end: Int?
    _ = shapes.use { shape in
      let rest = text.span.extracting(start...)
      guard shape.text.begins(rest) else { return false }
      let telegram = rest.extracting(first: shape.text.count)
      let computed = CRC16.checksum(telegram.extracting(...shape.mark))
      guard PrintedChecksum(telegram.extracting((shape.mark + 1)...)) == .value(computed) else {
        return false
      }
      end = start + shape.text.count
      return true
    }
    return end
  }

  /// Keeps the shape of the telegram whose `!` stands at `mark` and which ends at `next`.
  mutating func learnShape(mark: Int, next: Int) {
    let digits = (mark + 1)..<(mark + 5)
    guard isAtLineStart, bytes[next - 1] == UInt8(ascii: "\n"), digits.upperBound < next else {
      return
    }
    var text = TextShape(bytes.span.extracting(start..<next))
    text.allowDigits(in: 0..<(mark - start))
    // Of what lies between 9 and A none is a digit of a checksum.
    text.allow(
      UInt8(ascii: "0")...UInt8(ascii: "F"),
      in: (digits.lowerBound - start)..<(digits.upperBound - start))
    shapes.add(Shape(text: text, mark: mark - start))
  }
}
