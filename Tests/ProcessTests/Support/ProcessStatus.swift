import Foundation
import Testing

/// Numbers of a process in `/proc/PID/status` and `/proc/PID/io`.
enum ProcessStatus {
  /// A number there.
  /// - Parameters:
  ///   - name: of its line, such as `VmRSS`, the memory that the process holds, in KiB.
  ///   - process: which process.
  ///   - file: where the line is.
  /// - Returns: the number.
  /// - Throws: what the test then fails with, such as where the process is gone.
  static func number(_ name: String, of process: pid_t, in file: String = "status") throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/\(file)", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
    let fields = line.split(whereSeparator: \.isWhitespace)
    return try #require(fields.dropFirst().first.flatMap { Int($0) })
  }
}
