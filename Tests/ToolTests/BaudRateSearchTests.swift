import Testing

@testable import p1cat

/// When p1cat turns to the other speed.
@Suite struct BaudRateSearchTests {
  private let start = ContinuousClock.now

  @Test func eachSpeedIsTriedForLongerThanAMeterPauses() {
    var search = BaudRateSearch(at: start)
    #expect(search.rate == 115_200 && search.deadline == start + .seconds(11))
    search.turn(at: search.deadline)
    #expect(search.rate == 9600 && search.deadline == start + .seconds(22))
    search.turn(at: search.deadline)
    #expect(search.rate == 115_200)
    // Nothing came, so nothing is wrong with what comes.
    #expect(search.vainCount == 0)
  }

  @Test func whatCannotBeTextEndsATry() {
    var search = BaudRateSearch(at: start)
    search.received([UInt8](repeating: 0, count: 31).span, at: start + .seconds(1))
    #expect(search.deadline == start + .seconds(11))
    search.received([0xFF].span, at: start + .seconds(1))
    #expect(search.deadline == start)
    search.turn(at: start + .seconds(1))
    #expect(search.vainCount == 1 && search.deadline == start + .seconds(12))
  }

  /// Text in 7 bits with parity, and a burst of noise in a telegram.
  @Test func textDoesNotEndATry() {
    var search = BaudRateSearch(at: start)
    let text = SampleTelegram.numbered().utf8.map { $0 | ($0 % 3 == 0 ? 0x80 : 0) }
    search.received(text.span, at: start + .seconds(4))
    search.received([UInt8](repeating: 0xFF, count: 60).span, at: start + .seconds(5))
    #expect(search.deadline == start + .seconds(16))
  }

  @Test func speedOfATelegramIsKept() {
    var search = BaudRateSearch(at: start)
    search.turn(at: start + .seconds(11))
    let found = start + .seconds(15)
    search.telegramCame(at: found)
    search.received([UInt8](repeating: 0, count: 1000).span, at: found)
    #expect(search.isFound && search.rate == 9600)
    // Until it may be another meter.
    #expect(search.deadline == found + .seconds(60))
    search.turn(at: search.deadline)
    #expect(search.rate == 115_200 && !search.isFound)
  }
}
