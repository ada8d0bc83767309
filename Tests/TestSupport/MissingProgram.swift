import Foundation

/// A program that a test needs is not there; the test fails, it is never skipped.
public struct MissingProgram: Error, CustomStringConvertible {
  public let description: String

  /// Throws unless the program is there.
  /// - Parameters:
  ///   - path: the absolute path of the program.
  ///   - package: the Debian package that brings it.
  /// - Throws: `MissingProgram`.
  static func check(_ path: String, package: String) throws {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw MissingProgram(description: "\(path) is missing: apt-get install \(package)")
    }
  }
}
