import TestSupport

extension Program {
  /// Runs a sink on a record that it cannot deliver, and ends its input after its message.
  func runToItsFailure() async throws -> ProgramResult {
    try await whileRunning { sink in
      try await sink.write("n=1\n\n")
      try await sink.waitForError("; trying again", within: .seconds(60))
      sink.closeInput()
      return try await sink.waitForExit(within: .seconds(60))
    }
  }
}
