import Records
import TestValues
import Testing

@testable import p1influx

/// Records that say nothing new.
@Suite struct DuplicateFilterTests {
  private func record(_ second: Int, meter: String = "E1", _ lines: String = "n=1\n") throws
    -> Record
  {
    let text = "timestamp=2026-01-15T12:\(10 + second / 60):\(10 + second % 50)Z\nmeter=\(meter)\n"
    return try #require(Record((text + lines).bytes))
  }

  @Test func sameRecordIsThereAlready() throws {
    var filter = DuplicateFilter()
    for _ in 0..<2 {
      let first = filter.contains(try record(1))
      let again = filter.contains(try record(1))
      #expect(again)
      // Known from the first time on.
      #expect(first == false || again)
    }
  }

  @Test func anythingElseIsNew() throws {
    var filter = DuplicateFilter()
    let all = [
      try record(1), try record(2), try record(1, meter: "E2"), try record(1, "n=2\n"),
      try record(1, "n=1\nm=1\n"), try record(1, "m=1\n"), try record(1, "channel=1\nn=1\n"),
    ]
    for record in all {
      let isKnown = filter.contains(record)
      #expect(!isKnown, "\(record.text.text)")
    }
  }

  /// A value that changes and changes back has to be written: the point has the other one.
  @Test func valueThatComesBackIsNew() throws {
    var filter = DuplicateFilter()
    let values = ["n=1\n", "n=2\n", "n=1\n", "n=1\n"]
    let known = try values.map { filter.contains(try record(1, $0)) }
    #expect(known == [false, false, false, true])
  }

  @Test func readingThatIsRepeatedAmongOthersIsKnown() throws {
    var filter = DuplicateFilter()
    var written = 0
    for second in 0..<300 {
      let isKnown = filter.contains(try record(second, "n=\(second)\n"))
      #expect(!isKnown)
      if !filter.contains(try record(second / 100, meter: "G1", "gas_m3=\(second / 100)\n")) {
        written += 1
      }
    }
    #expect(written == 3)
  }

  @Test func shortAndLongRecordsAreTold() throws {
    var filter = DuplicateFilter()
    for text in ["n=1\n", "n=\n", "a=1\n", "nn=1\n"] {
      let record = try #require(Record(text.bytes))
      let (first, again) = (filter.contains(record), filter.contains(record))
      #expect(!first && again, "\(text)")
    }
    let long = try record(1, "text=" + String(repeating: "x", count: 9000) + "\n")
    for _ in 0..<2 {
      let isKnown = filter.contains(long)
      #expect(!isKnown)
    }
  }

  @Test func whatWentUndeliveredIsNew() throws {
    var filter = DuplicateFilter()
    for number in 0..<10 { _ = filter.contains(try record(number), numbered: UInt64(number)) }
    filter.delivered(before: 3)
    // 3 to 6 were dropped; later ones are delivered, and some of those dropped.
    filter.forgetUndelivered(butFor: 7..<10)
    filter.delivered(before: 8)
    filter.forgetUndelivered(butFor: 9..<10)
    for number in 0..<10 {
      let isKnown = filter.contains(try record(number), numbered: 10 + UInt64(number))
      #expect(isKnown == ([0, 1, 2, 7, 9].contains(number)), "\(number)")
    }
  }

  /// A spool whose disk takes nothing may drop one in the middle, and give its number to the next.
  @Test func anyThatWaitsMayBeTheOneThatWent() throws {
    var filter = DuplicateFilter()
    for number in 0..<4 { _ = filter.contains(try record(number), numbered: UInt64(number)) }
    filter.delivered(before: 2)
    filter.forgetUndelivered(butFor: 2..<4)
    for number in 0..<4 {
      let isKnown = filter.contains(try record(number), numbered: 4)
      #expect(isKnown == (number < 2), "\(number)")
    }
  }
}
