import CommandLine
import TestValues
import Testing

@Suite struct BackoffTests {
  @Test func waitsDoubleUpToTheLimit() {
    var backoff = Backoff(from: .seconds(1), to: .seconds(30))
    var generator = SeededGenerator(seed: 60)
    let limits: [Duration] = [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) }
    for limit in limits {
      let wait = backoff.next(using: &generator)
      #expect(wait >= limit / 2 && wait <= limit)
    }
    backoff.reset()
    let wait = backoff.next(using: &generator)
    #expect(wait >= .milliseconds(500) && wait <= .seconds(1))
  }

  @Test func waitsAreSpreadOverHalfOfWhatIsDue() {
    var generator = SeededGenerator(seed: 64)
    let waits = (0..<500).map { _ in
      var backoff = Backoff(from: .seconds(2), to: .seconds(8))
      return backoff.next(using: &generator)
    }
    #expect(waits.allSatisfy { (.seconds(1)...(.seconds(2))).contains($0) })
    #expect(waits.contains { $0 < .milliseconds(1100) })
    #expect(waits.contains { $0 > .milliseconds(1900) })
    var anybody = Backoff(from: .seconds(1), to: .seconds(30))
    var anybodyElse = Backoff(from: .seconds(1), to: .seconds(30))
    #expect(anybody.next() != anybodyElse.next())
  }

  @Test func anyNumberOfFailuresIsSurvived() {
    var backoff = Backoff(from: .milliseconds(1), to: .seconds(3600))
    var generator = SeededGenerator(seed: 61)
    for _ in 0..<1000 {
      let wait = backoff.next(using: &generator)
      #expect(wait > .zero && wait <= .seconds(3600))
    }
  }
}
