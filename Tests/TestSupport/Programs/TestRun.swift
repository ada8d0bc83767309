import Foundation
import Synchronization

/// The name, the directory and the watchman of this test process.
///
/// The watchman is a shell in a session of its own that reads from a pipe. When the test process ends,
/// even by SIGKILL, the pipe closes; the watchman then kills every process with the mark of this run and
/// removes its directory.
enum TestRun {
  /// The beginning of the mark of every process that this run starts.
  static let name = "run-" + UUID().uuidString

  /// The parent of all temporary directories of this run, and HOME of its programs.
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

/// A variable in the environment of a program that marks everything it starts. Processes inherit it, even
/// daemons in another process group and session.
struct ProcessMark: Sendable {
  static let variable = "TEST_RUN_MARK"
  private static let count = Mutex(0)

  let value: String

  static func next() -> ProcessMark {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return ProcessMark(value: "\(TestRun.name)/\(number)")
  }

  /// The live processes with the mark, without zombies.
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

  /// Kills every process with the mark, also in a cancelled task.
  func killAll() async {
    _ = await Task.detached { [self] in
      try await Deadline(in: .seconds(10)).poll {
        let found = processes
        for pid in found { kill(pid, SIGKILL) }
        return found.isEmpty
      }
    }.result
  }
}

/// A new directory in the directory of the test run.
public struct TemporaryDirectory: Sendable {
  public let path: String

  /// Creates the directory, which only its owner may enter.
  public init() async throws {
    try await TestRun.begin()
    path = TestRun.directory + "/" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  public func path(_ name: String) -> String { path + "/" + name }

  /// The names of what is in a directory below it, sorted.
  public func names(in subdirectory: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(subdirectory)).sorted()
  }

  /// The text of a file; bytes that are not UTF-8 become U+FFFD.
  public func text(of name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path(name))), as: UTF8.self)
  }

  /// Writes a file.
  /// - Returns: its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    return path(name)
  }

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
