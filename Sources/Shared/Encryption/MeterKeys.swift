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

  /// The key that the tags of a meter are made with: without one, that of Luxembourg.
  func authenticationKey(of title: SystemTitle) -> MeterKey {
    authentication.key(of: title) ?? .luxembourg
  }
}
