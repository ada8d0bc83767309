import TestSupport
import TestValues
import Testing

/// The recipe of p1guide(7) for a gateway that answers requests with its last telegram.
@Suite struct HomeWizardRecipeTests {
  /// The answer may end without a line end, or without a checksum.
  @Test(arguments: [
    SampleTelegram.numbered(1), String(SampleTelegram.numbered(1).dropLast()),
    SampleTelegram.numbered(1).replacing(/!.*\r\n/, with: "!"),
  ])
  func recipeReadsTheTelegrams(_ telegram: String) async throws {
    let recipe = try #require(
      try ManualPage("p1guide.7").blocks().map(\.text).first { $0.contains("/api/v1/telegram") })
    try await HTTPServer.running({ request in
      guard request.target == "/api/v1/telegram" else { return .error(404, "unknown") }
      // A request that fails now and then does not matter.
      return request.connection == 2 ? .error(503, "busy") : .status(200, body: telegram)
    }) { server in
      let script = recipe.replacing("homewizard.lan", with: "127.0.0.1:\(server.port)")
        .replacing("sleep 1", with: "sleep 0.05").replacing(/\| tee .*/, with: "")
      try await Program.bash(script).whileRunning { pipe in
        try await pipe.wait(for: "records") {
          $0.text.matches(of: /meter=E0002\np1_version=50\n/).count >= 3
        }
        #expect(pipe.errorText.contains("error: 503"))
        #expect(!pipe.errorText.contains("dropped"))
      }
    }
  }
}
