/// Random numbers that are the same in every run (SplitMix64), so that what fails once fails again.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// Random bytes, out of those that `alphabet` has.
  public mutating func bytes(
    _ counts: ClosedRange<Int>, from alphabet: [UInt8] = Array(0...255)
  ) -> [UInt8] {
    (0..<Int.random(in: counts, using: &self)).map { _ in
      alphabet[Int(truncatingIfNeeded: next() % UInt64(alphabet.count))]
    }
  }

  /// Takes `bytes` apart at random places.
  public mutating func pieces(of bytes: [UInt8], longest: Int) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var index = 0
    while index < bytes.count {
      let end = min(bytes.count, index + Int.random(in: 1...longest, using: &self))
      pieces.append(Array(bytes[index..<end]))
      index = end
    }
    return pieces
  }
}

extension String {
  /// The bytes of its UTF-8.
  public var bytes: [UInt8] { Array(utf8) }
}

extension [UInt8] {
  /// The text that the bytes are in UTF-8.
  public var text: String { String(decoding: self, as: UTF8.self) }
}
