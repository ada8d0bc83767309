import ArgumentParser
import Console
import Records
import Testing

@Suite struct OptionsTests {
  @Test func sinkOptionsHaveARange() throws {
    #expect(try SinkOptions.parse([]).linger == 30)
    let options = try SinkOptions.parse(["--linger", "0", "--require-timestamp"])
    #expect(options.linger == 0 && options.requireTimestamp)
    for wrong in [["--linger", "86401"], ["--linger=-1"], ["--linger", "x"], ["more"]] {
      #expect(throws: (any Error).self) { try SinkOptions.parse(wrong) }
    }
  }

  @Test func clockOfTheMachineGoesOn() {
    let first = Timestamp.now
    #expect(first > Timestamp(seconds: 1_700_000_000) && first <= .now)
    #expect((0..<1_000_000_000).contains(first.nanoseconds))
  }

  @Test func exitStatusesAreThoseOfSysexits() {
    let statuses: [(Console.ExitCode, Int32)] = [
      (.success, 0), (.usage, 64), (.badData, 65), (.noInput, 66), (.unavailable, 69),
      (.cannotCreate, 73), (.ioError, 74), (.temporaryFailure, 75), (.noPermission, 77),
      (.configuration, 78),
    ]
    for (code, status) in statuses { #expect(code.rawValue == status) }
  }
}
