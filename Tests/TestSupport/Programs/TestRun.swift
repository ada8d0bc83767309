import Foundation
import Synchronization

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

/// A variable in the environment of a started program, by which everything it starts is found.
///
/// It is inherited, so it also finds daemons that left their process group and session, which no
/// signal to a group would reach.
struct ProcessMark: Sendable {
  static let variable = "TEST_RUN_MARK"
  private static let count = Mutex(0)

  let value: String

  /// A mark that no other process bears.
  static func next() -> ProcessMark {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return ProcessMark(value: "\(TestRun.name)/\(number)")
  }

  /// The live processes that bear the mark; those that ended and wait to be reaped do not count.
  var processes: [pid_t] {
    let entry = Data("\0\(Self.variable)=\(value)\0".utf8)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { pid in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
        !environment.isEmpty
      else { return false }
      return ([0] + environment).range(of: entry) != nil
    }
  }

  /// Kills every process that bears the mark.
  /// - Returns: whether none is left; false only if one cannot be killed within ten seconds.
  @discardableResult
  func killAll() async -> Bool {
    for _ in 0..<1_000 {
      let found = processes
      if found.isEmpty { return true }
      for pid in found { kill(pid, SIGKILL) }
      await pause()
    }
    return false
  }

  /// Ten milliseconds, also in a task that was cancelled.
  private func pause() async {
    await Task.detached { try? await Task.sleep(for: .milliseconds(10)) }.value
  }
}

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
