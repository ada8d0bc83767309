import Foundation
import TestSupport

/// A terminal of tmux in which a shell script runs, in a directory of its own.
struct TerminalScreen {
  let directory: TemporaryDirectory
  let shell: RunningProgram

  /// Calls `body` with a terminal; at its end everything in the terminal is killed.
  static func with(
    _ script: String, files: [String: String] = [:], columns: Int = 80, rows: Int = 24,
    environment: [String: String] = [:], _ body: (TerminalScreen) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      for (name, text) in files { try directory.write(text, to: name) }
      // tmux has no other environment than that of its server. The shell outlives the script, so that one can look.
      let start = """
        PATH=\(Repository.path("scripts")):$PATH
        tmux -u -S socket -f /dev/null new-session -d -x \(columns) -y \(rows) "trap : INT; $1; touch ended; sleep 300"
        exec sleep 300
        """
      let settings = ["LANG": "C.UTF-8"].merging(environment) { $1 }
      try await Program.bash(
        start, [script], environment: settings, directory: directory.path
      ).whileRunning { try await body(TerminalScreen(directory: directory, shell: $0)) }
    }
  }

  @discardableResult
  func tmux(_ arguments: String...) async throws -> String {
    try await Program(
      "tmux", ["-u", "-S", "socket"] + arguments, environment: ["LANG": "C.UTF-8"],
      directory: directory.path
    ).run().text
  }

  /// What the screen shows, with `-e` with colours.
  func text(_ options: String...) async throws -> String {
    try await Program(
      "tmux", ["-u", "-S", "socket", "capture-pane", "-p"] + options,
      environment: ["LANG": "C.UTF-8"], directory: directory.path
    ).run().text
  }

  /// Waits until the screen shows a text.
  /// - Throws: `ScreenFailure` with the screen.
  @discardableResult
  func wait(for part: String, within limit: Duration = .seconds(20)) async throws -> String {
    var seen = ""
    let isThere = try await Deadline(in: limit).poll(every: .milliseconds(50)) {
      seen = try await text()
      return seen.contains(part)
    }
    guard isThere else { throw ScreenFailure(description: "no '\(part)' on the screen:\n\(seen)") }
    return seen
  }

  /// Waits until the script has ended.
  func waitForEnd() async throws {
    let hasEnded = try await Deadline(in: .seconds(20)).poll {
      try directory.names().contains("ended")
    }
    guard hasEnded else { throw ScreenFailure(description: "it runs:\n\(try await text())") }
  }

  /// Whether the alternate screen is shown, the cursor is shown, and long lines are wrapped.
  func modes() async throws -> String {
    try await tmux("display", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}")
  }
}

extension TerminalScreen {
  func waitForModes(_ expected: String) async throws {
    var seen = ""
    let isSo = try await Deadline(in: .seconds(20)).poll {
      seen = try await modes()
      return seen == expected
    }
    guard isSo else { throw ScreenFailure(description: "modes \(seen):\n\(try await text())") }
  }

  /// Sends a signal to the p1top in the terminal.
  func sendToTop(_ signal: Int32?) throws {
    guard let p1top = shell.processes(named: "p1top").first, let signal else {
      throw ScreenFailure(description: "no p1top")
    }
    kill(p1top, signal)
  }
}

struct ScreenFailure: Error, CustomStringConvertible {
  let description: String
}
