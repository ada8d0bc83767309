import CommandLine
import Encryption

extension MeterKeys {
  /// The keys in the files of SER_KEY_FILE and SER_AUTH_KEY_FILE.
  ///
  /// - Returns: nil where no keys are set.
  /// - Throws: `Failure` for a file that cannot be used.
  init?(_ settings: Settings) throws {
    let group = EncryptionGroup()
    guard let encryption = try MeterKeys.file(group.keyFile, settings) else {
      guard try settings.filePath(group.authenticationKeyFile) == nil else {
        throw settings.failure(
          group.authenticationKeyFile, "the encryption key is missing; set \(group.keyFile.text)")
      }
      return nil
    }
    let authentication = try MeterKeys.file(group.authenticationKeyFile, settings)
    self.init(encryption: encryption, authentication: authentication ?? KeyFile())
  }

  private static func file(_ setting: Setting<String?>, _ settings: Settings) throws -> KeyFile? {
    guard let path = try settings.filePath(setting) else { return nil }
    return try KeyFile(try Secret.contents(of: path, limit: 1 << 16), path: path)
  }
}
