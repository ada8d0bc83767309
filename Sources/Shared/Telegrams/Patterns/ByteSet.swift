/// A set of bytes, which are characters in Latin-1, as in telegrams.
struct ByteSet: Equatable {
  private var words: InlineArray<4, UInt64> = [0, 0, 0, 0]

  init() {}

  init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  init(_ ranges: [ClosedRange<UInt8>]) {
    for range in ranges { formUnion(ByteSet(range)) }
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0
  }

  mutating func insert(_ byte: UInt8) {
    words[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
  }

  mutating func formUnion(_ other: ByteSet) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  var inverted: ByteSet {
    var set = self
    for index in words.indices { set.words[index] = ~set.words[index] }
    return set
  }

  /// The bytes of the set as ranges, in order.
  var ranges: [ClosedRange<UInt8>] {
    var ranges: [ClosedRange<UInt8>] = []
    for byte in UInt8.min...UInt8.max where contains(byte) {
      if let last = ranges.last, last.upperBound + 1 == byte {
        ranges[ranges.count - 1] = last.lowerBound...byte
      } else {
        ranges.append(byte...byte)
      }
    }
    return ranges
  }

  /// Whether it contains some decimal digits but not all.
  var distinguishesDigits: Bool {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return digits.contains(where: contains) && !digits.allSatisfy(contains)
  }

  static func == (set: ByteSet, other: ByteSet) -> Bool {
    set.words.indices.allSatisfy { set.words[$0] == other.words[$0] }
  }
}

// MARK: - Classes of Python's re

extension ByteSet {
  /// `\d`
  static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))

  /// The characters in the name of a group.
  static let nameCharacters = ByteSet([
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "_")...UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"),
  ])

  /// `\w`: letters, numeric characters (² ³ ¹ ¼ ½ ¾ among them) and `_`.
  static let wordCharacters = ByteSet(
    nameCharacters.ranges + [
      0xAA...0xAA, 0xB2...0xB3, 0xB5...0xB5, 0xB9...0xBA, 0xBC...0xBE, 0xC0...0xD6, 0xD8...0xF6,
      0xF8...0xFF,
    ])

  /// `\s`: white space, including the ASCII separators, next line and no-break space.
  static let whiteSpace = ByteSet([0x09...0x0D, 0x1C...0x20, 0x85...0x85, 0xA0...0xA0])

  /// `.`: anything but a line feed.
  static let anyInLine = ByteSet(UInt8(ascii: "\n")...UInt8(ascii: "\n")).inverted

  /// The set with both cases of each of its letters: `(?i)`.
  var ignoringCase: ByteSet {
    var set = self
    for byte in UInt8.min...UInt8.max where contains(byte) {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), 0xC0...0xD6, 0xD8...0xDE: set.insert(byte + 0x20)
      case UInt8(ascii: "a")...UInt8(ascii: "z"), 0xE0...0xF6, 0xF8...0xFE: set.insert(byte - 0x20)
      default: continue
      }
    }
    return set
  }
}
