/// Builds the frames of imaginary meters, each with right checksums.
public enum FrameBuilder {
  /// An HDLC frame between two flags.
  public static func hdlc(
    _ information: [UInt8], isContinued: Bool = false, hasLLC: Bool = true,
    addresses: [UInt8] = [0x21, 0x02, 0x23]
  ) -> [UInt8] {
    let information = (hasLLC ? [0xE6, 0xE7, 0x00] : []) + information
    let checkedCount = information.isEmpty ? 0 : information.count + 2
    let count = 2 + addresses.count + 1 + 2 + checkedCount
    let format = UInt8(0xA0 | (isContinued ? 0x08 : 0) | count >> 8)
    let header = checked([format, UInt8(count & 255)] + addresses + [0x13])
    return [0x7E] + (information.isEmpty ? header : checked(header + information)) + [0x7E]
  }

  /// A message in HDLC frames of the same length.
  public static func segments(_ message: [UInt8], length: Int) -> [[UInt8]] {
    stride(from: 0, to: message.count, by: length).map { start in
      let end = min(start + length, message.count)
      return hdlc(
        Array(message[start..<end]), isContinued: end < message.count, hasLLC: start == 0)
    }
  }

  /// A message in M-Bus frames.
  public static func mbus(_ message: [UInt8], length: Int = 240, control: UInt8 = 0x53) -> [[UInt8]]
  {
    stride(from: 0, to: message.count, by: length).map { start in
      let end = min(start + length, message.count)
      let isLast = end == message.count
      return mbusFrame(
        [control, 0xFF, UInt8(start / length) | (isLast ? 0x10 : 0), 0x01, 0x67]
          + message[start..<end])
    }
  }

  /// An M-Bus frame from the control field to the last byte of the data.
  public static func mbusFrame(_ content: [UInt8]) -> [UInt8] {
    let count = UInt8(content.count & 255)
    return [0x68, count, count, 0x68] + content + [content.reduce(0, &+), 0x16]
  }

  /// A message in blocks of general-block-transfer.
  public static func blocks(_ message: [UInt8], length: Int) -> [[UInt8]] {
    stride(from: 0, to: message.count, by: length).enumerated().map { index, start in
      let end = min(start + length, message.count)
      return [0xE0, end == message.count ? 0xC0 : 0x40, 0, UInt8(index + 1), 0, 0]
        + Self.length(end - start) + message[start..<end]
    }
  }

  /// An encrypted message, general-glo-ciphering.
  ///
  /// - Parameter title: the eight bytes of the system title.
  public static func encrypted(
    title: [UInt8], control: UInt8, counter: UInt32, cipherText: [UInt8], tag: [UInt8] = []
  ) -> [UInt8] {
    let counter = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: counter >> $0) }
    let content = [control] + counter + cipherText + tag
    return [0xDB, 0x08] + title + length(content.count) + content
  }

  /// A length in BER.
  public static func length(_ count: Int) -> [UInt8] {
    switch count {
    case ..<0x80: [UInt8(count)]
    case ..<0x100: [0x81, UInt8(count)]
    default: [0x82, UInt8(count >> 8), UInt8(count & 255)]
    }
  }

  /// Bytes with their check sequence: CRC-16/X.25 bit by bit, so that nothing of the tools judges the tools.
  private static func checked(_ bytes: [UInt8]) -> [UInt8] {
    var register: UInt16 = 0xFFFF
    for byte in bytes {
      for bit in 0..<8 {
        let isOdd = (register ^ UInt16(byte) >> UInt16(bit)) & 1 == 1
        register = register >> 1 ^ (isOdd ? 0x8408 : 0)
      }
    }
    return bytes + [UInt8(~register & 255), UInt8(~register >> 8)]
  }
}
