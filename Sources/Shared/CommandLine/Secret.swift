import Glibc
import SystemPackage

/// A password: used once to log in, never shown.
public struct Secret: Sendable, CustomStringConvertible {
  /// The password itself.
  public let value: String

  public init(_ value: String) {
    self.value = value
  }

  public var description: String { "(secret)" }

  /// The password that the settings give: the value itself, or the contents of a file that others
  /// cannot read, or a credential of systemd (systemd.exec(5), `LoadCredential=`).
  ///
  /// - Parameters:
  ///   - environment: where the settings are.
  ///   - setting: the setting that holds the password, and the name of the credential.
  ///   - file: the setting that names a file.
  /// - Returns: nil where none of them is there.
  /// - Throws: ``Failure`` where the file cannot be used.
  public static func read(
    _ environment: Environment, _ setting: SettingName, file: SettingName
  ) throws -> Secret? {
    if let path = environment.string(file) { return try Secret(contentsOf: path) }
    if let value = environment.string(setting) { return Secret(value) }
    guard let directory = processVariable("CREDENTIALS_DIRECTORY") else { return nil }
    let path = "\(directory)/\(setting.rawValue)"
    guard unsafe access(path, F_OK) == 0 else { return nil }
    return try Secret(contentsOf: path)
  }

  /// The password that the settings give, as above.
  public static func read(
    _ settings: Settings, _ setting: Setting<String?>, file: Setting<String?>
  ) throws -> Secret? {
    if let path = try settings[file] { return try Secret(contentsOf: path) }
    if let value = try settings[setting] { return Secret(value) }
    guard let name = setting.name, let directory = processVariable("CREDENTIALS_DIRECTORY") else {
      return nil
    }
    let path = "\(directory)/\(name)"
    guard unsafe access(path, F_OK) == 0 else { return nil }
    return try Secret(contentsOf: path)
  }

  /// The first line of a file that others cannot read.
  private init(contentsOf path: String) throws {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw Failure(path, Errno(rawValue: errno), .configuration)
    }
    guard status.st_mode & 0o007 == 0 else {
      throw Failure(path, "others can read this secret: chmod o= \(path)", .noPermission)
    }
    let text = try readFile(path, limit: 4096, .configuration)
    let line = text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !line.isEmpty else {
      throw Failure(path, "its first line is empty: it has to be the secret", .configuration)
    }
    self.init(String(decoding: line, as: UTF8.self))
  }
}
