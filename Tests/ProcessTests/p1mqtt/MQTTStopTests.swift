import Foundation
import TestSupport
import Testing

/// A signal ends p1mqtt soon, with and without a broker.
@Suite struct MQTTStopTests {
  @Test(arguments: [true, false]) func exitWithValuesDoesNotWaitForABroker(_ isSilent: Bool)
    async throws
  {
    let closed = try ClosedPort()
    try await ScriptedBroker.running(isDeaf: true) { deaf in
      let port = isSilent ? deaf.port : closed.number
      try await Program("p1mqtt", ["--port", "\(port)"]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        if isSilent {
          try await deaf.wait { $0.openCount == 1 }
        } else {
          try await sink.waitForError("trying again")
        }
        let start = ContinuousClock.now
        sink.send(signal: SIGTERM)
        let result = try await sink.waitForExit(within: .seconds(20))
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(result.status == .exited(69))
        #expect(result.errorText.hasSuffix("1 value could not be delivered\n"))
      }
    }
  }
}
