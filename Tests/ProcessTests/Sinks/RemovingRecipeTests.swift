import Foundation
import TestSupport
import Testing

/// The recipes of the README and the manual that remove files after their delivery must not remove
/// the only copy of rejected records.
@Suite struct RemovingRecipeTests {
  /// The blocks of the pages that contain a word.
  private static func blocks(with word: Regex<Substring>) throws -> [String] {
    try ManualPage.names.flatMap { try ManualPage($0).blocks().map(\.text) }.filter {
      $0.contains(word)
    }
  }

  /// Each recipe that removes a file is tested here; the others need no test.
  @Test func everyRecipeIsTested() throws {
    let removing = try Self.blocks(with: #/\brm |\bunlink\b|-delete/#)
    #expect(removing.count == 1)
    let readMe = try Repository.text("README.md")
    #expect(!readMe.contains("&&") && !readMe.contains(/\brm\b/))
    let sinks = try Self.blocks(with: /&&/).filter { $0.contains(/p1(influx|mqtt)/) }
    #expect(sinks == removing)
  }

  @Test func recordsRejectedAgainAreKept() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ request in
        request.text.contains("bad=") ? .error(400, "no") : .noContent
      }) { server in
        let spool = directory.path("influx")
        let sink = Program(
          "p1influx", ["--url", "http://127.0.0.1:\(server.port)", "--spool", spool])
        let bad = (0..<40).map { NumberedRecords.text($0, between: "bad=1\n") }.joined()
        _ = try await sink.run(input: bad)
        let names = try directory.names(in: "influx/bad")
        try #require(names.count == 1)
        try directory.write(NumberedRecords.text(50..<60), to: "influx/bad/0000000000000009")
        let kept = try directory.text(of: "influx/bad/\(names[0])")

        let recipe = try #require(try Self.blocks(with: #/\brm /#).first)
          .replacing("/var/lib/p1/influx", with: spool)
          .replacing("--host influx.lan", with: "--url http://127.0.0.1:\(server.port)")
        let result = try await Program.bash(recipe).run()
        #expect(result.messages.last?.contains("40 records rejected and not kept") == true)
        #expect(try directory.names(in: "influx/bad") == names)
        #expect(try directory.text(of: "influx/bad/\(names[0])") == kept)
        #expect(NumberedRecords.numbers(in: server.acceptedLines).suffix(10) == Array(50..<60)[...])
      }
    }
  }
}
