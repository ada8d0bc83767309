import Foundation
import TestSupport
import TestValues
import Testing

/// Memory does not grow with the length of the input. Debug builds are slow, so they get less
/// input.
@Suite struct MemoryTests {
  private static let megabytes =
    ProcessInfo.processInfo.environment["P1_TOOLS"] == nil ? 6 : 100

  private static let million = Shared {
    let result = try await Program("p1cat", ["sim:count=1090,rate=max"]).run()
    try #require(result.output.count > 1_000_000)
    return result.output
  }

  @Test(arguments: ["p1cat", "p1parse"])
  func telegrams(_ tool: String) async throws {
    try await expectConstantMemory(tool, Self.million.value, times: Self.megabytes)
  }

  /// Lines that never end, each byte of which may be the beginning of a telegram.
  @Test(arguments: ["p1cat", "p1parse"])
  func noise(_ tool: String) async throws {
    for byte in [UInt8(ascii: "x"), UInt8(ascii: "/")] {
      let noise = [UInt8](repeating: byte, count: 200_000)
      try await expectConstantMemory(tool, Array("/TST5\\2X".utf8) + noise, times: 12)
    }
  }

  /// Small batches, since each try to send one takes memory for it.
  @Test(arguments: [
    "p1mqtt", "p1mqtt --payload json --buffer 1", "p1influx --buffer 1 --batch-count 10",
  ])
  func recordsInAnOutage(_ tool: String) async throws {
    let port = try ClosedPort()
    let text = String(repeating: "x", count: 10_000)
    let records = String(repeating: "message=\(text)\n\n", count: 100)
    try await expectConstantMemory(
      "\(tool) --port \(port.number)", Array(records.utf8), times: 8)
  }

  /// A long record must not make the short ones after it take as much memory.
  @Test func shortRecordsInAnOutage() async throws {
    let port = try ClosedPort()
    let long =
      "timestamp=2026-01-01T00:00:00Z\nmessage=\(String(repeating: "x", count: 50_000))\n\n"
    let short = String(repeating: "timestamp=2026-01-01T00:00:00Z\na=1\n\n", count: 10_000)
    try await expectConstantMemory(
      "p1influx --port \(port.number) --buffer 1 --batch-count 10", Array((long + short).utf8),
      times: 8)
  }

  /// A tool unmaps the code that only reads its options.
  @Test func codeOfTheStartIsGivenBack() async throws {
    try await Program("p1parse").whileRunning { tool in
      try await tool.write(SampleTelegram.numbered(1))
      try await tool.waitForOutput("timestamp=2026-11-23T10:01:00Z")
      let atFirst = try Self.code(of: tool)
      try await tool.write(SampleTelegram.numbered(2))
      try await tool.wait(for: "less code") { try Self.code(of: $0) < atFirst }
      try await tool.write(SampleTelegram.numbered(3))
      try await tool.waitForOutput("timestamp=2026-11-23T10:03:00Z")
    }
  }

  /// Expects that the second half of the input adds at most half of its size to the memory.
  private func expectConstantMemory(
    _ command: String, _ bytes: [UInt8], times: Int
  ) async throws {
    try await Program.bash("exec \(command) >/dev/null").whileRunning { tool in
      for _ in 0..<times / 2 { try await tool.write(bytes, within: .seconds(60)) }
      let half = try Self.peak(of: tool)
      for _ in times / 2..<times { try await tool.write(bytes, within: .seconds(60)) }
      let whole = try Self.peak(of: tool)
      #expect(whole - half < bytes.count * times / 2 / 1024 / 2)
      #expect(whole < 64 * 1024)
    }
  }

  /// The code of a program in memory, in KiB.
  private static func code(of tool: RunningProgram) throws -> Int {
    let path = "/proc/\(tool.processIdentifier)/smaps"
    let mappings = try String(contentsOfFile: path, encoding: .utf8)
    let match = try #require(mappings.firstMatch(of: /\ r-xp .*\n(?:.*\n)*?Rss:\s+(\d+) kB/))
    return try #require(Int(match.output.1))
  }

  /// The peak memory of a process, in KiB.
  private static func peak(of tool: RunningProgram) throws -> Int {
    try ProcessStatus.number("VmHWM", of: tool.processIdentifier)
  }
}
