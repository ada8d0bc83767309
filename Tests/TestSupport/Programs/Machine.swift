import Foundation

/// The checkout that the tests are part of.
public enum Repository {
  /// Four levels above this file.
  public static let directory = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../..").standardizedFileURL.path

  public static func path(_ name: String) -> String { "\(directory)/\(name)" }

  public static func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }
}

/// Where the built executables are: beside the running test bundle, or where `P1_TOOLS` says.
public enum ToolPaths {
  /// The directory of the executables.
  ///
  /// On Linux the test bundle is itself the running executable, so `/proc/self/exe` leads to the
  /// build directory, whatever the arguments or the working directory are.
  public static let directory: String = {
    if let directory = ProcessInfo.processInfo.environment["P1_TOOLS"] { return directory }
    let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: bundle ?? ".").deletingLastPathComponent().path
  }()

  /// - Throws: `MissingProgram` if it was not built.
  public static func path(of tool: String) throws -> String {
    let path = directory + "/" + tool
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw MissingProgram(description: "\(path) is missing: build it, or set P1_TOOLS")
    }
    return path
  }
}

/// A program that a test needs is not installed. The test fails; it is never skipped.
public struct MissingProgram: Error, CustomStringConvertible {
  public let description: String

  public init(description: String) { self.description = description }

  /// Throws unless the program at the absolute path is there.
  /// - Parameter package: the Debian package that installs it.
  static func check(_ path: String, package: String) throws {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw MissingProgram(description: "\(path) is missing: apt-get install \(package)")
    }
  }
}

/// Namespaces of Linux, in which a test has a network or a disk of its own. A machine may forbid them.
public enum Namespaces {
  /// Whether a program may have a network of its own; prints a note if not.
  public static func haveNetworks() async throws -> Bool {
    try await areAllowed("networks", ["-rn", "ip", "link"])
  }

  /// Whether a program may have mounts of its own; prints a note if not.
  public static func haveMounts() async throws -> Bool {
    try await areAllowed("mounts", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])
  }

  private static func areAllowed(_ name: String, _ attempt: [String]) async throws -> Bool {
    let result = try await Program("unshare", attempt).run()
    if result.status != .success {
      print("skipped: namespaces are not permitted for \(name): \(result.errorText)")
    }
    return result.status == .success
  }
}
