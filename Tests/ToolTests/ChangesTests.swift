import Records
import Testing

@testable import p1mqtt

/// What is left out as it says nothing new.
@Suite struct ChangesTests {
  private let start = ContinuousClock.now

  @Test func theSameIsNoNews() {
    var changes = Changes(silence: 300)
    #expect(isNews("1", &changes))
    #expect(!isNews("1", &changes))
    #expect(isNews("2", &changes))
    #expect(isNews("1", &changes))
    #expect(isNews("1", of: "b", &changes))
  }

  @Test func theSameIsNewsAfterASilence() {
    var changes = Changes(silence: 300)
    #expect(isNews("1", &changes))
    #expect(!isNews("1", after: 299, &changes))
    #expect(isNews("1", after: 300, &changes))
    #expect(!isNews("1", after: 599, &changes))
  }

  /// A replay brings a day in no time.
  @Test func theTimeOfTheRecordsCounts() throws {
    var changes = Changes(silence: 300)
    #expect(isNews("1", at: "2026-01-01T00:00:00Z", &changes))
    #expect(!isNews("1", at: "2026-01-01T00:04:59Z", &changes))
    #expect(isNews("1", at: "2026-01-01T00:05:00Z", &changes))
    // A clock that was set back.
    #expect(isNews("1", at: "2026-01-01T00:04:00Z", &changes))
  }

  @Test func whatIsForgottenIsNews() {
    var changes = Changes(silence: 300)
    #expect(isNews("1", &changes))
    changes.forget()
    #expect(isNews("1", &changes))
  }

  private func isNews(
    _ value: String, of name: String = "a", at time: String? = nil, after seconds: Int = 0,
    _ changes: inout Changes
  ) -> Bool {
    let timestamp = time.flatMap { Timestamp([UInt8]($0.utf8).span) }
    return changes.isNews(
      [UInt8](value.utf8), of: name, timestamp, at: start + .seconds(seconds))
  }
}
