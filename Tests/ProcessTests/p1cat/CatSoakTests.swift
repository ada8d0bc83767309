import Foundation
import TestSupport
import Testing

/// A day of a meter that prints a telegram each second, through a line as fast as it goes.
@Suite struct CatSoakTests {
  private static let count = 86_400
  /// The telegrams of this part of the day are repeated, as a debug build takes long to make
  /// them.
  private static let differentCount = 8640

  @Test func dayComesOutWholeAndTakesNoMemory() async throws {
    let source = ["sim:seed=6,start=2026-01-01T00:00:00Z,count=\(Self.differentCount),rate=max"]
    let part = try await Program("p1cat", source).run(within: .seconds(60)).output
    let parts = repeatElement(part, count: Self.count / Self.differentCount)
    let day = Array(parts.joined())
    let expected = try await Program("sha256sum").run(input: day, within: .seconds(60)).text
    let line = try PseudoTerminal()
    let program = Program.bash(
      "p1cat -n \"$1\" \"$2\" | sha256sum", ["\(Self.count)", line.path])
    try await program.whileRunning { pipe in
      try await line.waitUntilRaw()
      let reader = try #require(pipe.processes(named: "p1cat").first)
      var taker: pid_t?
      try await pipe.wait(for: "sha256sum") {
        taker = $0.processes(named: "sha256sum").first
        return taker != nil
      }
      let size = day.count / 1000 + 1
      var rest = day[...]
      var memory: [Int] = []
      while rest.count > size {
        try await line.write(Array(rest.prefix(size)), within: .seconds(60))
        rest = rest.dropFirst(size)
        // Only the beginning of the next telegram is in memory.
        let count = day.count - rest.count - 2000
        let isTaken = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(1)) {
          try ProcessStatus.number("rchar", of: try #require(taker), in: "io") >= count
        }
        try #require(isTaken)
        memory.append(try ProcessStatus.number("VmRSS", of: reader))
      }
      try await line.write(Array(rest), within: .seconds(60))
      let result = try await pipe.waitForExit(within: .seconds(60))
      #expect(result.text == expected)
      #expect(result.errorText == "p1cat: \(line.path): telegrams at 115200 baud\n")
      // In KiB, from a quarter of the day on.
      let later = memory[(memory.count / 4)...]
      let growth = try #require(later.max()) - #require(later.first)
      #expect(growth < 512, "\(memory)")
    }
  }
}
