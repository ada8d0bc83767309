import Foundation
import TestSupport
import Testing

/// Processes and files that a server left behind, found without the harness.
enum Leftovers {
  /// Expects that no process names the directory of the server in its arguments or environment,
  /// and that the directory is gone.
  static func expectNone(of server: some Server) async throws {
    let path = server.process.directory.path
    let name = URL(fileURLWithPath: path).lastPathComponent
    let script = """
      for process in /proc/[0-9]*; do
        [ "$process" = /proc/$$ ] && continue
        cat $process/environ $process/cmdline 2>/dev/null | grep -aqF "$1" && echo "$process"
      done
      """
    let found = try await Program.bash(script, ["/" + name]).run()
    #expect(found.text == "")
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
