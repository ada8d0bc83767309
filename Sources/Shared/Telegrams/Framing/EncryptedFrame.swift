/// An encrypted frame in the bytes of a meter: general-glo-ciphering (DLMS UA 1000-2, edition 10, 9.2.7.2.4).
///
///     DB 08 SYSTEM-TITLE LENGTH CONTROL COUNTER CIPHER-TEXT [TAG]
///
/// The length counts the bytes after it. Polish meters leave out the first byte and the title, so that the frame
/// begins with 00, and send it between the header and the checksum of a telegram.
public struct EncryptedFrame: Equatable {
  public let title: SystemTitle
  public let control: UInt8
  /// The invocation counter, which a meter never uses twice with a key.
  public let counter: UInt32
  /// The place of the cipher text from the start of the frame; the tag follows.
  public let cipherText: Range<Int>
  public let hasTag: Bool

  /// In bytes. AES-GCM has a tag of 16, of which DLMS sends 12.
  public static let tagLength = 12
  public static let tag: UInt8 = 0xDB
  /// The first byte of a data-notification, the list of values that a frame may hold (DLMS UA 1000-2, edition 10, 9.5).
  public static let dataNotificationTag: UInt8 = 0x0F

  /// The number of bytes, with the tag.
  public var length: Int { cipherText.upperBound + (hasTag ? EncryptedFrame.tagLength : 0) }

  /// What the first bytes of a frame may be.
  public enum Start: Equatable {
    case frame(EncryptedFrame)
    /// More bytes are needed to know.
    case incomplete
    case somethingElse
  }

  /// Reads the start of a frame.
  ///
  /// - Parameters:
  ///   - bytes: the bytes from there on.
  ///   - hasTitle: whether it is a frame with a system title.
  public static func start(of bytes: Span<UInt8>, hasTitle: Bool = true) -> Start {
    guard bytes.count > 0 else { return .incomplete }
    guard bytes[0] == (hasTitle ? tag : 0) else { return .somethingElse }
    if hasTitle {
      guard bytes.count > 1 else { return .incomplete }
      guard bytes[1] == UInt8(SystemTitle.length) else { return .somethingElse }
    }
    let titleEnd = hasTitle ? 2 + SystemTitle.length : 1
    guard titleEnd < bytes.count else { return .incomplete }
    // The length is one byte, or follows 0x81 or 0x82 (ISO/IEC 8825-1, 8.1.3).
    let lengthBytes =
      switch bytes[titleEnd] {
      case 0..<0x80: 0..<1
      case 0x81: 1..<2
      case 0x82: 1..<3
      default: 0..<0
      }
    let contentStart = titleEnd + lengthBytes.upperBound
    guard !lengthBytes.isEmpty else { return .somethingElse }
    guard contentStart + 5 <= bytes.count else { return .incomplete }
    let content = lengthBytes.reduce(0) { $0 << 8 | Int(bytes[titleEnd + $1]) }
    let control = bytes[contentStart]
    // Encrypted (0x20), with a tag or without (0x10), in security suite 0 or 1, which both use AES-128-GCM.
    guard control & 0xEE == 0x20 else { return .somethingElse }
    let hasTag = control & 0x10 != 0
    let cipherStart = contentStart + 5
    let cipherEnd = contentStart + content - (hasTag ? tagLength : 0)
    guard cipherEnd > cipherStart, cipherEnd - cipherStart <= Framer.maximumTelegramLength else {
      return .somethingElse
    }
    let counter = bytes.extracting((contentStart + 1)..<cipherStart)
    return .frame(
      EncryptedFrame(
        title: hasTitle ? SystemTitle(bytes.extracting(2..<titleEnd)) : .none, control: control,
        counter: counter.indices.reduce(0) { $0 << 8 | UInt32(counter[$1]) },
        cipherText: cipherStart..<cipherEnd, hasTag: hasTag))
  }
}
