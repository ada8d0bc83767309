import Delivery
import TestValues
import Testing

@Suite struct BackoffTests {
  /// A generator of the least or the greatest numbers.
  private struct Extreme: RandomNumberGenerator {
    let value: UInt64
    func next() -> UInt64 { value }
  }

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
    var shortest = Extreme(value: 0)
    var longest = Extreme(value: .max)
    var first = Backoff(from: .seconds(2), to: .seconds(8))
    var second = first
    #expect(first.next(using: &shortest) == .seconds(1))
    #expect(second.next(using: &longest) > .milliseconds(1999))
    var waits: Set<Duration> = []
    for _ in 0..<20 {
      var backoff = Backoff()
      waits.insert(backoff.next())
    }
    #expect(waits.count > 1)
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
