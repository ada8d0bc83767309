import Foundation

/// A directory of its own, under the directory of the test run.
public struct TemporaryDirectory: Sendable {
  /// The absolute path of the directory.
  public let path: String

  /// Creates an empty directory, which only its owner may enter.
  public init() async throws {
    try await TestRun.begin()
    path = TestRun.directory + "/" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  /// The path of a file in the directory.
  public func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file into the directory.
  /// - Returns: the path of the file.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    return path(name)
  }

  /// Removes the directory and all it holds.
  public func remove() {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Calls `body` with a new directory, which is removed when `body` is done.
  public static func with<Result>(
    _ body: (TemporaryDirectory) async throws -> Result
  ) async throws -> Result {
    let directory = try await TemporaryDirectory()
    defer { directory.remove() }
    return try await body(directory)
  }
}
