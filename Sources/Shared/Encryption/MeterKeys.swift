import Telegrams

/// The keys of the meters on a line.
public struct MeterKeys: Sendable {
  private let encryption: KeyFile
  private let authentication: KeyFile

  /// - Parameters:
  ///   - encryption: the keys that decrypt telegrams.
  ///   - authentication: the keys that tags are made with.
  public init(encryption: KeyFile, authentication: KeyFile = KeyFile()) {
    self.encryption = encryption
    self.authentication = authentication
  }

  /// The key that decrypts the telegrams of a meter; nil if there is none.
  func key(of title: SystemTitle) -> MeterKey? { encryption.key(of: title) }

  /// The plain text of a frame, whatever its tag; nil if there is no key.
  ///
  /// - Parameter bytes: those of the frame.
  public func decrypt(_ frame: EncryptedFrame, in bytes: [UInt8]) -> DecryptedFrame? {
    guard let key = key(of: frame.title), bytes.count == frame.length,
      let text = try? key.applyKeystream(to: bytes[frame.cipherText], frame.vector)
    else {
      return nil
    }
    return DecryptedFrame(
      text: text, hasRightTag: isRight(bytes[frame.cipherText.upperBound...], of: text, frame, key))
  }

  /// Whether the tag that was sent with a text is right. Compares in constant time.
  func isRight(
    _ sent: ArraySlice<UInt8>, of text: [UInt8], _ frame: EncryptedFrame, _ key: MeterKey
  ) -> Bool {
    guard frame.hasTag,
      let tag = try? key.tag(
        of: text, frame.vector, control: frame.control,
        authenticationKey: authenticationKey(of: frame.title))
    else {
      return false
    }
    return zip(tag, sent).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// The key that the tags of a meter are made with: without one, that of Luxembourg.
  func authenticationKey(of title: SystemTitle) -> MeterKey {
    authentication.key(of: title) ?? .luxembourg
  }
}

/// What an encrypted frame holds.
public struct DecryptedFrame: Equatable, Sendable {
  public let text: [UInt8]
  /// False also for a frame without a tag.
  public let hasRightTag: Bool
}

extension EncryptedFrame {
  var vector: InitializationVector { InitializationVector(title: title, counter: counter) }
}
