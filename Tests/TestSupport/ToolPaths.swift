import Foundation

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

  /// The path of one executable.
  /// - Throws: `MissingProgram` if it was not built.
  public static func path(of tool: String) throws -> String {
    let path = directory + "/" + tool
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw MissingProgram(description: "\(path) is missing: build it, or set P1_TOOLS")
    }
    return path
  }
}
