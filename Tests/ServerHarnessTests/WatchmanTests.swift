import Foundation
import TestSupport
import Testing

/// Servers and programs end when the test process itself is killed.
@Suite struct WatchmanTests {
  private static let request = "HARNESS_WAITS_TO_BE_KILLED"

  /// Does its work in the process that the other test starts.
  @Test func waitToBeKilled() async throws {
    guard ProcessInfo.processInfo.environment[Self.request] != nil else { return }
    let broker = try await Mosquitto.shared
    try await Program.bash("setsid sleep 984 & echo up; wait").whileRunning { sleeping in
      try await sleeping.waitForOutput("up")
      print("directory=\(broker.process.directory.path)=port=\(broker.port)=")
      fflush(nil)
      _ = try await sleeping.waitForExit(within: .seconds(60))
    }
  }

  @Test func nothingOutlivesAKilledTestProcess() async throws {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let tests = Program(
      bundle, ["--testing-library", "swift-testing", "--filter", "waitToBeKilled"],
      environment: [Self.request: "1"])
    let output = try await tests.whileRunning { tests in
      try await tests.wait(for: "port", within: .seconds(30)) { $0.text.contains("=port=") }
      return tests.text
    }
    let fields = output.split(separator: "=").map(String.init)
    let at = try #require(fields.firstIndex { $0.hasSuffix("directory") })
    let directory = URL(fileURLWithPath: fields[at + 1]).deletingLastPathComponent().path
    let port = try #require(Int(fields[at + 3]))
    let isGone = try await Deadline(in: .seconds(10)).poll {
      !FileManager.default.fileExists(atPath: directory)
    }
    #expect(isGone)
    let isServed = try await MQTTClient(port: port, login: .standard).isServed()
    #expect(!isServed)
    let sleeping = try await Program.bash("pgrep -f '^sleep 984'").run()
    #expect(sleeping.text == "")
  }
}
