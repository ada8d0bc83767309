import Records
import TestValues
import Testing

@testable import p1influx

/// Records that say nothing new.
@Suite struct RepeatsTests {
  private func record(_ second: Int, meter: String = "E1", _ lines: String = "n=1\n") throws
    -> Record
  {
    let text = "timestamp=2026-01-15T12:\(10 + second / 60):\(10 + second % 50)Z\nmeter=\(meter)\n"
    return try #require(Record((text + lines).bytes))
  }

  @Test func sameRecordIsThereAlready() throws {
    var repeats = Repeats()
    for _ in 0..<2 {
      let first = repeats.contains(try record(1))
      let again = repeats.contains(try record(1))
      #expect(again)
      // Known from the first time on.
      #expect(first == false || again)
    }
  }

  @Test func anythingElseIsNew() throws {
    var repeats = Repeats()
    let all = [
      try record(1), try record(2), try record(1, meter: "E2"), try record(1, "n=2\n"),
      try record(1, "n=1\nm=1\n"), try record(1, "m=1\n"), try record(1, "channel=1\nn=1\n"),
    ]
    for record in all {
      let isKnown = repeats.contains(record)
      #expect(!isKnown, "\(record.text.text)")
    }
  }

  /// A value that changes and changes back has to be written: the point has the other one.
  @Test func valueThatComesBackIsNew() throws {
    var repeats = Repeats()
    let values = ["n=1\n", "n=2\n", "n=1\n", "n=1\n"]
    let known = try values.map { repeats.contains(try record(1, $0)) }
    #expect(known == [false, false, false, true])
  }

  @Test func readingThatIsRepeatedAmongOthersIsKnown() throws {
    var repeats = Repeats()
    var written = 0
    for second in 0..<300 {
      let isKnown = repeats.contains(try record(second, "n=\(second)\n"))
      #expect(!isKnown)
      if !repeats.contains(try record(second / 100, meter: "G1", "gas_m3=\(second / 100)\n")) {
        written += 1
      }
    }
    #expect(written == 3)
  }

  @Test func shortAndLongRecordsAreTold() throws {
    var repeats = Repeats()
    for text in ["n=1\n", "n=\n", "a=1\n", "nn=1\n"] {
      let record = try #require(Record(text.bytes))
      let (first, again) = (repeats.contains(record), repeats.contains(record))
      #expect(!first && again, "\(text)")
    }
    let long = try record(1, "text=" + String(repeating: "x", count: 9000) + "\n")
    for _ in 0..<2 {
      let isKnown = repeats.contains(long)
      #expect(!isKnown)
    }
  }
}
