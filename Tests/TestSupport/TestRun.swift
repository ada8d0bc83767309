import Foundation

/// What belongs to this run of the test process: a name, a directory, and a watchman.
///
/// The watchman is a small shell in a session of its own that holds the read end of a pipe. When
/// the test process is gone, however it went, the pipe closes: the watchman kills every process
/// that still bears the mark of this run and removes the run's directory.
enum TestRun {
  /// Begins the mark of every process that this run starts.
  static let name = "run-" + UUID().uuidString

  /// Holds every temporary directory of this run, and is the HOME of its programs.
  static let directory = FileManager.default.temporaryDirectory.path + "/" + name

  /// Creates the directory and starts the watchman, once.
  static func begin() async throws {
    _ = try await watchman.value
  }

  private static let watchman = Shared {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    let program = Program.bash(
      """
      trap '' HUP INT TERM
      while read -r _; do :; done
      for _ in {1..200}; do
        pids=$(grep -lsz "^$1/" /proc/[0-9]*/environ | cut -d/ -f3)
        [ -z "$pids" ] && break
        kill -KILL $pids 2>/dev/null
        sleep 0.05
      done
      rm -rf -- "$2"
      """, ["\(ProcessMark.variable)=\(name)", directory])
    return try await RunningProgram(program, mark: nil, input: nil)
  }
}
