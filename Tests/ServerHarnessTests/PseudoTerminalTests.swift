import Foundation
import SystemPackage
import TestSupport
import Testing

/// A pseudo-terminal in the place of a serial line.
@Suite struct PseudoTerminalTests {
  @Test func bytesPassUnchangedOnceTheDeviceIsRaw() async throws {
    let line = try PseudoTerminal()
    let initial = try line.settings()
    #expect(!initial.isRaw)
    let script = "exec 3<\"$1\"; stty raw -echo -iexten 115200 <&3; exec cat <&3"
    try await Program.bash(script, [line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      let settings = try line.settings()
      #expect(settings.speed == speed_t(B115200))
      let bytes = (0...255).map { UInt8($0) }
      try await line.write(bytes)
      try await reader.wait(for: "256 bytes") { $0.output == bytes }
      line.close()
      _ = try await reader.waitForExit()
    }
  }

  @Test func fullLineRunsIntoTheDeadline() async throws {
    let line = try PseudoTerminal()
    await #expect(throws: Errno.timedOut) {
      try await line.write([UInt8](repeating: 10, count: 100_000), within: .milliseconds(200))
    }
  }
}
