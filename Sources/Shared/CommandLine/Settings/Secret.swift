import Glibc
import SystemPackage

/// A password, a token or a key. No message shows it.
public struct Secret: Sendable, CustomStringConvertible {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }

  public var description: String { "(secret)" }

  /// The secret in a file that others cannot read, else the value of a setting, else the credential of systemd
  /// with the name of that setting (systemd.exec(5), `LoadCredential=`).
  ///
  /// - Parameters:
  ///   - setting: holds the secret.
  ///   - file: names a file whose first line is the secret.
  /// - Returns: nil if there is none.
  /// - Throws: ``Failure`` for a file that cannot be used.
  public static func read(
    _ settings: Settings, _ setting: Setting<String?>, file: Setting<String?>
  ) throws -> Secret? {
    if let path = try settings[file] { return try Secret(contentsOf: path) }
    if let value = try settings[setting] { return Secret(value) }
    return try credential(setting).map { try Secret(contentsOf: $0) }
  }

  /// The path of the credential of systemd with the name of a setting; nil if there is none.
  static func credential(_ setting: any AnySetting) -> String? {
    guard let name = setting.name, let directory = processVariable("CREDENTIALS_DIRECTORY") else {
      return nil
    }
    let path = "\(directory)/\(name)"
    return unsafe access(path, F_OK) == 0 ? path : nil
  }

  /// The contents of a file that others cannot read.
  ///
  /// - Throws: ``Failure`` for any other file.
  public static func contents(of path: String, limit: Int = 4096) throws -> [UInt8] {
    try readFile(path, limit: limit, .configuration) { file in
      let status = try file.stat()
      // The mode of a device or a directory is not to be changed: reading it fails, or gives nothing.
      guard status.type != .regular || !status.isOpenToOthers else {
        throw Failure(
          path, "others can read this secret; use chmod o= \(path)", .noPermission)
      }
    }
  }

  /// The first line of a file that others cannot read.
  private init(contentsOf path: String) throws {
    let text = try Secret.contents(of: path)
    let line = text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !line.isEmpty else {
      throw Failure(path, "its first line is empty; write the secret there", .configuration)
    }
    guard let secret = String(validating: line, as: UTF8.self) else {
      throw Failure(path, "its first line is not text in UTF-8", .configuration)
    }
    self.init(secret)
  }
}

extension Stat {
  /// Whether users other than the owner and the group have access to the file.
  fileprivate var isOpenToOthers: Bool { !permissions.isDisjoint(with: .otherReadWriteExecute) }
}

extension Messages {
  /// Warns about a p1.conf that holds a password of this tool and that others can read.
  func sayReadableSecrets(_ settings: Settings, of groups: [any SettingGroup]) {
    let isSecretInFile = groups.flatMap(\.settings).contains { setting in
      guard setting.isSecret, case .file = settings.given(setting)?.origin else { return false }
      return true
    }
    guard isSecretInFile, let path = settings.file?.path,
      (try? FilePath(path).stat())?.isOpenToOthers == true
    else {
      return
    }
    say(.warning, path, "it contains a password, and others can read it; use chmod o= \(path)")
  }
}
