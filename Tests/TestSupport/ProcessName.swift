import Foundation

/// Whether a process runs the program of this name.
public func isProcess(_ identifier: pid_t, _ name: some StringProtocol) -> Bool {
  let file = "/proc/\(identifier)/comm"
  return (try? String(contentsOfFile: file, encoding: .utf8)) == name + "\n"
}
