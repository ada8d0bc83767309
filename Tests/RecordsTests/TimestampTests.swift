import Records
import Testing

@Suite struct TimestampTests {
  @Test func instantIsReadInItsZone() {
    let instant = Timestamp(Array("2026-11-23T11:00:00.5+01:00".utf8).span)
    #expect(instant == Timestamp(seconds: 1_795_428_000, nanoseconds: 500_000_000))
  }
}
