/// CRC-16/X.25, the check sequence of HDLC frames (ISO/IEC 13239): polynomial x¹⁶+x¹²+x⁵+1, reflected,
/// initial value FFFF, inverted at the end. It follows the bytes that it covers, the low byte first.
public enum FrameCheckSequence {
  /// Whether the last two bytes are the check sequence of the others.
  public static func isRight(_ bytes: Span<UInt8>) -> Bool {
    let remainder = bytes.indices.reduce(UInt16(0xFFFF)) { remainder, index in
      remainder >> 8 ^ table[Int(UInt8(truncatingIfNeeded: remainder) ^ bytes[index])]
    }
    // The remainder of any bytes with their check sequence.
    return bytes.count > 2 && remainder == 0xF0B8
  }

  /// The remainder of each byte.
  private static let table: [UInt16] = (0..<256).map { byte in
    (0..<8).reduce(byte) { remainder, _ in
      remainder & 1 == 1 ? remainder >> 1 ^ 0x8408 : remainder >> 1
    }
  }
}
