import Delivery
import Testing

@Suite struct BackoffTests {
  @Test func waitsGrowUpToTheLimit() {
    var backoff = Backoff(from: .seconds(1), to: .seconds(8))
    let limits: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8)]
    for limit in limits {
      let wait = backoff.next()
      #expect(wait > .zero && wait >= limit / 2 && wait <= limit)
    }
    backoff.reset()
    #expect(backoff.next() <= .seconds(1))
  }
}
