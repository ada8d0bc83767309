import Telegrams

/// Encrypts the telegrams of a simulated meter as meters in Luxembourg do.
public struct FrameEncryption {
  private let key: MeterKey
  private var counter: UInt32 = 0

  /// That of the first meter of a maker SIM.
  private static let title = SystemTitle(value: 0x5349_4D00_0000_0001)
  /// With a tag: 0x10, and encrypted: 0x20.
  private static let control: UInt8 = 0x30

  public init(key: MeterKey) {
    self.key = key
  }

  /// The frame of a text.
  public mutating func frame(of text: [UInt8]) throws -> [UInt8] {
    counter &+= 1
    let (title, control) = (FrameEncryption.title, FrameEncryption.control)
    let vector = InitializationVector(title: title, counter: counter)
    let cipherText = try key.applyKeystream(to: text, vector)
    let tag = try key.tag(of: text, vector, control: control, authenticationKey: .luxembourg)
    let content = [control] + counter.bigEndianBytes + cipherText + tag
    let start = [0xDB, UInt8(SystemTitle.length)] + title.value.bigEndianBytes
    return start + [0x82] + UInt16(content.count).bigEndianBytes + content
  }
}
