import Foundation
import Records
import TestValues
import Testing

@Suite struct TimestampTests {
  private func read(_ text: String) -> Timestamp? { Timestamp(text.bytes.span) }

  @Test(arguments: [
    ("2026-11-23T10:00:00Z", 1_795_428_000, 0),
    ("2026-11-23T11:00:00.5+01:00", 1_795_428_000, 500_000_000),
    ("2026-11-23t10:00:00z", 1_795_428_000, 0),
    ("2026-11-23T04:30:00-05:30", 1_795_428_000, 0),
    ("2026-11-24T09:59:00+23:59", 1_795_428_000, 0),
    ("2026-11-23T10:00:00-00:00", 1_795_428_000, 0),
    ("2026-11-23T10:00:00.123456789Z", 1_795_428_000, 123_456_789),
    ("2026-11-23T10:00:00.1234567899999999Z", 1_795_428_000, 123_456_789),
    ("1970-01-01T00:00:00Z", 0, 0),
    ("2000-02-29T23:59:59Z", 951_868_799, 0),
    ("2199-12-31T23:59:59Z", 7_258_118_399, 0),
  ])
  func instantIsReadInItsZone(_ text: String, _ seconds: Int64, _ nanoseconds: Int) {
    #expect(read(text) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
  }

  @Test(arguments: [
    "", "now", "2026-11-23", "2026-11-23T10:00Z", "2026-11-23T10:00:00", "2026-11-23 10:00:00Z",
    "2026-11-23T10:00:00.Z", "2026-11-23T10:00:00.1", "2026-11-23T10:00:00+1:00",
    "2026-11-23T10:00:00+0100", "2026-11-23T10:00:00+24:00", "2026-11-23T10:00:00+01:60",
    "2026-11-23T10:00:00*01:00", "2026-11-23T10:00:00Z ", " 2026-11-23T10:00:00Z",
    "2026-11-23T24:00:00Z", "2026-11-23T10:60:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-11-00T00:00:00Z",
    "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "2O26-11-23T10:00:00Z", "2026-11-23T-1:00:00Z",
  ])
  func anythingElseIsNoTime(_ text: String) {
    #expect(read(text) == nil)
  }

  @Test func millisecondsAreWrittenOnlyWhereTheyCount() {
    #expect(Timestamp(seconds: 1_795_428_000).description == "2026-11-23T10:00:00Z")
    #expect(
      Timestamp(seconds: 1_795_428_000, nanoseconds: 7_000_000).description
        == "2026-11-23T10:00:00.007Z")
    #expect(
      Timestamp(seconds: 1_795_428_000, nanoseconds: 999_999).description
        == "2026-11-23T10:00:00Z")
  }

  @Test func instantsAreOrdered() {
    let instants = [
      Timestamp(seconds: 1), Timestamp(seconds: 1, nanoseconds: 1), Timestamp(seconds: 2),
    ]
    #expect(instants.shuffled().sorted() == instants)
    #expect(Timestamp(seconds: -1) < Timestamp(seconds: 0))
  }

  @Test func numbersAreWrittenWithTheirZeros() {
    var text: [UInt8] = []
    text.append(7, digits: 1)
    text.append(42, digits: 4)
    text.append(12345, digits: 3)
    #expect(text.text == "70042345")
  }

  @Test func instantIsReadAsItIsWritten() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      let instant = Timestamp(
        seconds: Int64.random(in: 0...7_258_118_399, using: &generator),
        nanoseconds: Int.random(in: 0...999, using: &generator) * 1_000_000)
      #expect(read(instant.description) == instant)
    }
  }

  @Test func instantIsWrittenAsFoundationDoes() throws {
    let format = Date.ISO8601FormatStyle()
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<1000 {
      let seconds = Int64.random(in: 0...7_258_118_399, using: &generator)
      let written = Date(timeIntervalSince1970: Double(seconds)).formatted(format)
      #expect(Timestamp(seconds: seconds).description == written)
    }
  }

  @Test func randomBytesAreATimeOrNone() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<2000 {
      let bytes = generator.bytes(0...40)
      _ = Timestamp(bytes.span)
      // One byte of a good time replaced.
      var text = "2026-11-23T10:00:00.123+01:00".bytes
      text[Int.random(in: text.indices, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
      if let instant = Timestamp(text.span) {
        #expect(read(instant.description)?.seconds == instant.seconds)
      }
    }
  }
}
