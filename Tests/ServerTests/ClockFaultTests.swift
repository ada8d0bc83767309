import Foundation
import TestSupport
import Testing

/// Jumps of the meter's clock, in the records, and of the machine's clock, in the times of files,
/// change neither the records delivered nor their order.
@Suite struct ClockFaultTests {
  /// Answers each request with 204, and prints its body.
  private static let server = """
    import http.server, sys
    class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"
      def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sys.stdout.buffer.write(body)
        sys.stdout.flush()
        self.send_response(204)
        self.end_headers()
      def log_message(self, *arguments): pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
    """

  /// The time jumps forward and back an hour with each record.
  private func record(_ number: Int) -> String {
    RecordFlow.text(number).replacing(
      noon(plus: number),
      with: noon(plus: number + (number % 3 - 1) * 3600))
  }

  @Test func recordsKeepTheirOrderWhateverTheClocksSay() async throws {
    try await TemporaryDirectory.with { directory in
      try await Program("python3", ["-c", Self.server]).whileRunning { server in
        try await server.wait(for: "a port", within: .seconds(30)) { $0.text.contains("\n") }
        let port = try #require(server.text.split(separator: "\n").first)
        let sink = SpoolingSink(
          to: "http://127.0.0.1:\(port)", in: directory, ["--linger", "0", "--spool-size", "1"])
        let away = SpoolingSink(to: "http://127.0.0.1:1", in: directory, ["--linger", "0"])
        // Three runs leave three segments, which then get times in the future and long ago.
        for run in 0..<3 {
          let input = (run * 100..<run * 100 + 100).map(record).joined()
          let result = try await away.program.run(input: input)
          #expect(result.status == .success, "\(result.errorText)")
        }
        let segments = try sink.segments
        #expect(segments.count == 3)
        let spooled = try segments.map { try sink.directory.text(of: "spool/\($0)") }
        #expect(spooled.joined() == (0..<300).map(record).joined())
        for (segment, hours) in zip(segments, [1, -1, -100_000]) {
          try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: Double(hours) * 3600)],
            ofItemAtPath: sink.spool + "/" + segment)
        }
        var program = sink.program
        program.arguments += ["--linger", "20"]
        let input = (300..<400).map(record).joined()
        let result = try await program.run(input: input, within: .seconds(40))
        #expect(result.status == .success, "\(result.errorText)")
        let numbers = server.text.split(separator: "\n").dropFirst().compactMap {
          $0.firstMatch(of: /\sn=(\d+)\s/).flatMap { Int($0.1) }
        }
        #expect(numbers == Array(0..<400))
        #expect(try sink.segments == [])
      }
    }
  }

  /// The hour that occurs twice in autumn, and the one that is skipped in spring.
  @Test(arguments: ["2026-10-25T00:59:50Z", "2026-03-29T00:59:50Z"])
  func aChangeOfDaylightSavingIsASecondLikeAnyOther(_ start: String) async throws {
    try await SpoolingSink.withInfluxDB { database, sink in
      let script = "p1cat sim:start=\(start),count=20,rate=max | p1parse | \"$@\""
      let program = Program.bash(
        "set -o pipefail; " + script, [sink.program.executable] + sink.program.arguments,
        environment: ["TZ": "Europe/Amsterdam"])
      let result = try await program.run(within: .seconds(60))
      #expect(result.status == .success && result.errorText == "")
      let first = try Date(start, strategy: .iso8601).timeIntervalSince1970
      let rows = try await database.query("SELECT power_import_kw FROM dsmr WHERE channel = ''")
      #expect(
        rows.map { $0["time"] } == (0..<20).map { .integer((Int(first) + $0) * 1_000_000_000) })
    }
  }
}
