import Records
import TestValues
import Testing

@Suite struct ByteRangesTests {
  private func begins(_ shape: ByteRanges, _ text: String) -> Bool {
    let bytes = text.bytes
    return shape.matchesPrefix(of: bytes.span)
  }

  @Test func shapeIsTheTextItself() {
    let text = "a=1\n".bytes
    let shape = ByteRanges(text.span)
    #expect(shape.count == 4)
    #expect(begins(shape, "a=1\n") && begins(shape, "a=1\nb=2\n"))
    for other in ["", "a=1", "a=2\n", "b=1\n", "a=1\r"] { #expect(!begins(shape, other)) }
    let none: [UInt8] = []
    let empty = ByteRanges(none.span)
    #expect(begins(empty, "") && begins(empty, "a"))
  }

  @Test func digitsAreAllowedWhereSaid() {
    let text = "a1=-20.5\n".bytes
    var shape = ByteRanges(text.span)
    shape.allowDigits(in: 3..<8)
    #expect(begins(shape, "a1=-99.0\n") && begins(shape, "a1=-00.0\n"))
    for other in ["a2=-20.5\n", "a1=+20.5\n", "a1=-2:.5\n", "a1=-2/.5\n", "a1=-20,5\n"] {
      #expect(!begins(shape, other))
    }
    shape.allow(UInt8(ascii: "1")...UInt8(ascii: "9"), in: 4..<5)
    #expect(begins(shape, "a1=-10.5\n") && !begins(shape, "a1=-00.5\n"))
  }

  /// Any length, also one that is no multiple of a vector, and any position of the byte out of
  /// range.
  @Test func everyByteCounts() {
    var generator = SeededGenerator(seed: 21)
    for length in 0...200 {
      let text = generator.bytes(length...length)
      let lowest = generator.next() % 200
      let allowed = UInt8(lowest)...UInt8(lowest + generator.next() % 56)
      let part = Int.random(in: 0...length, using: &generator)..<length
      var shape = ByteRanges(text.span)
      shape.allow(allowed, in: part)
      for index in 0..<length {
        var inside = text
        for place in part {
          inside[place] = UInt8.random(in: allowed, using: &generator)
        }
        var other = inside
        other[index] = UInt8(truncatingIfNeeded: generator.next())
        let fits = part.contains(index) ? allowed ~= other[index] : other[index] == text[index]
        let isInside = shape.matchesPrefix(of: inside.span)
        let isOther = shape.matchesPrefix(of: other.span)
        #expect(isInside && isOther == fits, "\(index) of \(length)")
      }
    }
  }
}
