import Telegrams

/// Encrypts the telegrams of a simulated meter as meters in Luxembourg do.
public struct FrameEncryption {
  private let key: MeterKey
  private let title: SystemTitle
  private let authenticationKey: MeterKey
  private var counter: UInt32 = 0

  /// With a tag: 0x10, and encrypted: 0x20.
  private static let control: UInt8 = 0x30

  /// - Parameters:
  ///   - title: by default that of the first meter of a maker SIM.
  ///   - authenticationKey: what the tag also depends on.
  public init(
    key: MeterKey, title: SystemTitle = SystemTitle(value: 0x5349_4D00_0000_0001),
    authenticationKey: MeterKey = .luxembourg
  ) {
    self.key = key
    self.title = title
    self.authenticationKey = authenticationKey
  }

  /// The frame of a text.
  public mutating func frame(of text: [UInt8]) throws -> [UInt8] {
    counter &+= 1
    let number = InitializationVector(title: title, counter: counter)
    let control = FrameEncryption.control
    let cipherText = try key.applyKeystream(to: text, number)
    let tag = try key.tag(of: text, number, control: control, authenticationKey: authenticationKey)
    let content = [control] + counter.bigEndianBytes + cipherText + tag
    let start = [0xDB, UInt8(SystemTitle.length)] + title.value.bigEndianBytes
    return start + [0x82] + UInt16(content.count).bigEndianBytes + content
  }
}
