import Foundation
import Synchronization

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
