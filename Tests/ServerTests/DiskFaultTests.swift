import Foundation
import TestSupport
import Testing

/// A spool on a full disk, in its own namespace.
@Suite struct DiskFaultTests {
  private static let full =
    "/spool: No space left on device; new records are kept in memory\n"

  /// Runs p1influx one or more times with a spool on a file system of 256 KiB; each later run has
  /// no input and waits for a file `next`.
  private func onSmallDisk(_ sink: SpoolingSink, runs: Int = 1) -> Program {
    let script = """
      mkdir "$1"
      mount -t tmpfs -o size=256k none "$1"
      runs=$2
      shift 2
      "$@" <&0 &
      trap 'kill $!' TERM
      until wait $!; status=$?; ! kill -0 $! 2>/dev/null; do :; done
      while ((--runs)); do
        echo "ended with $status"
        until [[ -e next ]]; do sleep 0.02; done
        rm next
        status=0
        "$@" </dev/null || status=$?
      done
      exit $status
      """
    return Program(
      "unshare",
      ["-rm", "/bin/bash", "-c", script, "bash", sink.spool, "\(runs)", sink.program.executable]
        + sink.program.arguments, directory: sink.directory.path)
  }

  @Test func fullDiskKeepsRecordsInMemory() async throws {
    guard try await Namespaces.haveMounts() else { return }
    try await SpoolingSink.withInfluxDB(["--buffer", "16"]) { database, sink in
      await database.kill()
      let records = try RecordFlow(rate: 300, padding: 1000)
      try await onSmallDisk(sink).whileRunning(input: records.input) { sink in
        try await records.pass(800)
        try await sink.waitForError(Self.full)
        try await database.start()
        try await sink.waitForError("/spool: writing again\n", within: .seconds(40))
        let sent = try await records.finish()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        let tally = try await database.tally(of: sent)
        #expect(tally.isWhole, "\(tally)")
      }
    }
  }

  @Test func fullDiskAndBufferDropAndCountRecords() async throws {
    guard try await Namespaces.haveMounts() else { return }
    try await SpoolingSink.withInfluxDB(["--buffer", "1"]) { database, sink in
      await database.kill()
      let records = try RecordFlow(rate: 2000, padding: 1000)
      try await onSmallDisk(sink).whileRunning(input: records.input) { sink in
        try await records.pass(4000)
        try await sink.waitForError(Self.full)
        try await sink.waitForError(" records dropped so far, the oldest first, of 2026-")
        try await database.start()
        let sent = try await records.finish()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .exited(69), "\(result.errorText)")
        let count = try #require(
          result.errorText.firstMatch(of: /: (\d+) records could not be delivered\n$/)?.1)
        let tally = try await database.tally(of: sent)
        #expect(tally.lost.count == Int(count), "\(tally), \(result.errorText)")
        // The oldest records are dropped first, except those in flight.
        #expect(tally.lost.first == 0 && tally.lost.last != sent - 1, "\(tally)")
        #expect(tally.strange.isEmpty, "\(tally)")
      }
    }
  }

  /// Records on the disk are kept for the next run; the others are counted as lost.
  @Test func stopInAnOutageCountsRecordsNotOnTheDisk() async throws {
    guard try await Namespaces.haveMounts() else { return }
    try await SpoolingSink.withInfluxDB(["--linger", "2"]) { database, sink in
      await database.kill()
      let records = try RecordFlow(rate: 1000, padding: 1000)
      let directory = sink.directory
      try await onSmallDisk(sink, runs: 2).whileRunning(input: records.input) { sink in
        try await records.pass(500)
        try await sink.waitForError(Self.full)
        let sent = try await records.finish()
        sink.send(signal: SIGTERM)
        try await sink.waitForOutput("ended with 69\n", within: .seconds(30))
        let kept = try #require(
          sink.errorText.firstMatch(of: /: (\d+) records kept for the next run\n/)?.1)
        let lost = try #require(
          sink.errorText.firstMatch(of: /: (\d+) records could not be delivered\n/)?.1)
        #expect(Int(kept).map { $0 + (Int(lost) ?? 0) } == sent)
        try await database.start()
        try directory.write("", to: "next")
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        let tally = try await database.tally(of: sent)
        #expect(tally.lost.count == Int(lost) && tally.strange.isEmpty, "\(tally)")
      }
    }
  }
}
