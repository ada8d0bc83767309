import Records
import Testing

@testable import p1mqtt

/// What is left out as it says nothing new.
@Suite struct ChangeFilterTests {
  private let start = ContinuousClock.now

  @Test func theSameIsNoNews() {
    var changes = ChangeFilter(repeatInterval: 300, capacity: 1 << 20)
    #expect(passes("1", &changes))
    #expect(!passes("1", &changes))
    #expect(passes("2", &changes))
    #expect(passes("1", &changes))
    #expect(passes("1", of: "b", &changes))
  }

  @Test func theSameIsNewsAfterASilence() {
    var changes = ChangeFilter(repeatInterval: 300, capacity: 1 << 20)
    #expect(passes("1", &changes))
    #expect(!passes("1", after: 299, &changes))
    #expect(passes("1", after: 300, &changes))
    #expect(!passes("1", after: 599, &changes))
  }

  /// A replay brings a day in no time.
  @Test func theTimeOfTheRecordsCounts() throws {
    var changes = ChangeFilter(repeatInterval: 300, capacity: 1 << 20)
    #expect(passes("1", at: "2026-01-01T00:00:00Z", &changes))
    #expect(!passes("1", at: "2026-01-01T00:04:59Z", &changes))
    #expect(passes("1", at: "2026-01-01T00:05:00Z", &changes))
    // A clock that was set back.
    #expect(passes("1", at: "2026-01-01T00:04:00Z", &changes))
  }

  @Test func whatIsForgottenIsNews() {
    var changes = ChangeFilter(repeatInterval: 300, capacity: 1 << 20)
    #expect(passes("1", &changes))
    changes.publishAll()
    #expect(!changes.all.isEmpty)
    #expect(passes("1", &changes))
  }

  /// Of meters beyond what there is room for, the one that was silent for longest is forgotten.
  @Test func whatIsRememberedIsBounded() {
    var changes = ChangeFilter(repeatInterval: 300, capacity: 1 << 20)
    for number in 0..<10_000 {
      #expect(passes("1", by: "E\(number)", &changes))
      if number > 1 { #expect(!passes("1", by: "E1", &changes)) }
    }
    #expect(!passes("1", by: "E9999", &changes))
    #expect(passes("1", by: "E2", &changes))
    #expect(changes.forgottenMeterCount > 5000)
  }

  private func passes(
    _ value: String, of name: String = "a", by meter: String = "E1", at time: String? = nil,
    after seconds: Int = 0,
    _ changes: inout ChangeFilter
  ) -> Bool {
    let timestamp = time.flatMap { Timestamp([UInt8]($0.utf8).span) }
    guard let record = Record([UInt8]("meter=\(meter)\n".utf8)) else { return false }
    return changes.passes(
      [UInt8](value.utf8), of: name, MeterKey(record), timestamp, at: start + .seconds(seconds))
  }
}
