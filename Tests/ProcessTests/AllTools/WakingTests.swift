import Foundation
import TestSupport
import Testing

/// A waiting tool sleeps: no timer wakes it.
@Suite struct WakingTests {
  @Test(arguments: ["p1cat", "p1parse", "p1influx"])
  func silentInputCausesNoWakeups(_ tool: String) async throws {
    try await Program(tool).whileRunning { tool in
      var before: Int?
      let isAsleep = try await Deadline(in: .seconds(10)).poll(every: .milliseconds(100)) {
        let count = try Self.wakings(of: tool)
        defer { before = count }
        return count != nil && count == before
      }
      #expect(isAsleep)
      try await Task.sleep(for: .seconds(1))
      #expect(try Self.wakings(of: tool) == before)
    }
  }

  /// How often a process has gone to sleep up to now; nil while it is awake.
  private static func wakings(of tool: RunningProgram) throws -> Int? {
    let path = "/proc/\(tool.processIdentifier)/status"
    let status = try String(contentsOfFile: path, encoding: .utf8)
    guard status.contains("State:\tS") else { return nil }
    let match = try #require(status.firstMatch(of: /\nvoluntary_ctxt_switches:\t(\d+)/))
    return Int(match.output.1)
  }
}
