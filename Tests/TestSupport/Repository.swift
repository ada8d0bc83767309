import Foundation

/// The checkout that the tests are part of.
public enum Repository {
  /// Where it is: three levels above this file.
  public static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The path of a file in it.
  public static func path(_ name: String) -> String { "\(directory)/\(name)" }

  /// The contents of a file in it.
  public static func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }
}
