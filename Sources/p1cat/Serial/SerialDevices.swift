import Glibc
import SystemPackage

/// Serial lines that exist, and those that do not.
enum SerialDevices {
  /// Whether a path is that of a device that is not plugged in yet. A path elsewhere that does not exist is
  /// a mistake.
  static func isAbsent(_ path: String) -> Bool { path.hasPrefix("/dev/") && !exists(path) }

  /// Whether a path is that of a character device, as a serial line is.
  static func isCharacterDevice(_ path: String) -> Bool {
    let status = try? FilePath(path).stat()
    return path.hasPrefix("/dev/") && status?.type == .characterSpecial
  }

  /// What to do about a missing device: the names of those that exist tell whether its name is mistyped.
  ///
  /// - Returns: nil for a path that is not that of a serial line.
  static func advice(for path: String) -> String? {
    guard path.hasPrefix("/dev/tty") || path.hasPrefix("/dev/serial") else { return nil }
    let others = ["ttyUSB", "ttyACM", "ttyAMA"].flatMap { kind in
      (0..<8).map { "/dev/\(kind)\($0)" }.filter(exists)
    }
    guard !others.isEmpty else { return "plug in the cable" }
    return "plug in the cable; serial lines here: \(others.joined(separator: ", "))"
  }

  private static func exists(_ path: String) -> Bool {
    unsafe access(path, F_OK) == 0 || errno != ENOENT
  }
}
