/// Telegrams on a line whose cable does not invert the signal of the P1 port, which is inverted
/// (P1 companion standard, §5.5).
///
/// A receiver takes a falling edge for a start bit and then reads eight bits, the lowest first. The
/// inverted signal of `0` and `1`, each with its start bit, eight data bits and a stop bit:
///
///     0 sent           1 sent           idle
///     1 11110011 0     1 01110011 0     0000…
///                └─────────┘ received as 0b1001_1101: the stop bit of `0` is taken for a start bit
///
/// So a character of seven bits is received as the complement of its double. After a pause, or a
/// character with its parity bit set, there is no falling edge at the stop bit: the lowest 1 of the
/// next character is taken for a start bit.
struct InvertedSignal {
  /// Nearly all of a telegram.
  private static let characters = Array("0123456789.-:()*\r\n".utf8)

  /// The received bytes of characters that follow each other without a pause, in 8N1.
  private static let aligned = set(of: characters.map { ~($0 << 1) })
  /// The received bytes of characters that follow each other without a pause, in 8N1 or 7E1.
  private static let contiguous = set(
    of: characters.map { ~($0 << 1) }
      + evenCharacters.flatMap { character in
        evenCharacters.map { received(character, before: ~$0) }
      })
  /// The received bytes of characters with a pause after each, in 8N1 or 7E1.
  private static let separate = set(
    of: (characters + evenCharacters).map { ~$0 >> UInt8($0.trailingZeroBitCount + 1) })

  /// The characters with even parity bits: 7E1.
  private static let evenCharacters = characters.map {
    $0.nonzeroBitCount.isMultiple(of: 2) ? $0 : $0 | 0x80
  }

  /// The byte that is received if the lowest 1 of `character` is taken for a start bit.
  ///
  /// - Parameter next: the inverted data bits of the next character.
  private static func received(_ character: UInt8, before next: UInt8) -> UInt8 {
    let start = character.trailingZeroBitCount
    // The inverted start bit of the next character is 1.
    let following = (UInt16(next) << 1 | 1) << UInt16(8 - start)
    return UInt8(truncatingIfNeeded: UInt16(~character) >> UInt16(start + 1) | following)
  }

  private static func set(of bytes: [UInt8]) -> ByteSet {
    bytes.reduce(into: ByteSet()) { $0.insert($1) }
  }

  /// Fewer bytes than this do not tell.
  private static let sampleSize = 32

  private var count = 0
  private var contiguousCount = 0
  private var separateCount = 0
  /// Bytes of ``aligned`` that follow another one.
  private var pairCount = 0

  /// - Parameter bytes: received bytes. A zero may be a byte with a wrong stop bit, and is skipped.
  init(_ bytes: Span<UInt8>) {
    var wasAligned = false
    for index in bytes.indices where bytes[index] != 0 && bytes[index] != 0xFF {
      let byte = bytes[index]
      count += 1
      if InvertedSignal.contiguous.contains(byte) { contiguousCount += 1 }
      if InvertedSignal.separate.contains(byte) { separateCount += 1 }
      let isAligned = InvertedSignal.aligned.contains(byte)
      if isAligned, wasAligned { pairCount += 1 }
      wasAligned = isAligned
    }
  }

  /// Whether the bytes are those of inverted telegrams, at the speed of the receiver.
  ///
  /// At least 55 % of the bytes are in ``contiguous`` for inverted telegrams; at most 45 % are for
  /// telegrams read at a wrong speed, 24 % for random bytes. Executable files may have more, but no
  /// pairs. With pauses, at least 80 % are in ``separate``; at most 55 % are for text.
  var isFound: Bool {
    guard count >= InvertedSignal.sampleSize else { return false }
    return contiguousCount * 2 >= count && pairCount * 20 >= count
      || separateCount * 3 >= count * 2
  }
}
