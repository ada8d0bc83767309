import Records
import TestValues
import Testing

@Suite struct RecordReaderTests {
  /// The events of a stream in these chunks: texts of records, and reasons of refusals.
  private func read(_ pieces: [[UInt8]]) -> [String] {
    var reader = RecordReader()
    var found: [String] = []
    let handle = { (event: RecordReader.Event) in
      switch event {
      case .record(let record): found.append(record.text.text)
      case .rejected(let line, let reason): found.append("\(line): \(reason)")
      }
    }
    for piece in pieces { reader.read(piece.span, handle) }
    reader.finish(handle)
    #expect(reader.isBetweenRecords)
    return found
  }

  private func read(_ text: String) -> [String] { read([text.bytes]) }

  @Test func recordsAreEndedByEmptyLinesOrTheEnd() {
    #expect(read("") == [])
    #expect(read("\n\n\n") == [])
    #expect(read("a=1\n\nb=2\nc=3\n\n\n\nd=4") == ["a=1\n", "b=2\nc=3\n", "d=4\n"])
    #expect(read("a=1\n") == ["a=1\n"])
  }

  @Test func linesMayEndAsOnOtherSystems() {
    #expect(read("a=1\r\n\r\nb=2\r\n\r\n") == ["a=1\n", "b=2\n"])
    #expect(read("a=1\r") == ["a=1\n"])
    // A record that is written and read again is unchanged.
    #expect(read("a=1\r\r\n") == ["a=1\n"])
  }

  @Test func commentsAreSkipped() {
    #expect(read("# one\na=1\n#a=2\n#\nb=3\n\n# end") == ["a=1\nb=3\n"])
    #expect(read("a=#1\n") == ["a=#1\n"])
  }

  @Test func badLineCostsItselfAlone() {
    #expect(
      read("a=1\nnonsense\nb=2\n\n=3\n b=4\nc d=5\ne=6\n") == [
        "2: line is not key=value", "a=1\nb=2\n",
        "5: invalid key: only letters, digits and _ . : - are allowed",
        "6: invalid key: only letters, digits and _ . : - are allowed",
        "7: invalid key: only letters, digits and _ . : - are allowed",
        "e=6\n",
      ])
  }

  /// After a power failure a file may have zeros in place of what was not written.
  @Test func zeroByteCostsItsLine() {
    #expect(read("a=1\nb=\0\0\nc=3\n") == ["2: zero byte in a line", "a=1\nc=3\n"])
  }

  @Test func recordWithAnUnreadableTimeIsRefused() {
    #expect(
      read("timestamp=yesterday\na=1\n\nb=2\n\ntimestamp=2026-11-23T10:00:00Z\n") == [
        "3: timestamp is not an RFC 3339 time of 1970 to 2199", "b=2\n",
        "timestamp=2026-11-23T10:00:00Z\n",
      ])
  }

  private static let tooMuch =
    "record longer than \(RecordReader.maximumRecordLength) bytes"

  @Test func recordHasALimit() {
    let longest = "k=" + String(repeating: "v", count: RecordReader.maximumRecordLength - 3)
    #expect(read(longest + "\n\na=1\n") == [longest + "\n", "a=1\n"])
    #expect(read(longest + "v\n\na=1\n") == ["1: \(RecordReaderTests.tooMuch)", "a=1\n"])
    // The lines that do not fit are rejected, and the others are kept.
    #expect(
      read("a=1\n" + longest + "\nb=2\n") == ["2: \(RecordReaderTests.tooMuch)", "a=1\nb=2\n"])
  }

  @Test(arguments: [4095, 65_536, 65_538])
  func overlongLineCostsItselfAloneHoweverItComes(_ size: Int) {
    for beginning in ["k=", "", "#"] {
      for end in ["\n", "\r\n"] {
        for length in [65_533, 65_534, 65_536] {
          let line = beginning + String(repeating: "v", count: length) + end
          let stream = ("a=1\n\n" + line + "b=2\n\nc=3\n").bytes
          let pieces = stride(from: 0, to: stream.count, by: size).map {
            Array(stream[$0..<min(stream.count, $0 + size)])
          }
          #expect(read(pieces) == read([stream]), "\(beginning) and \(length) by \(size)")
        }
      }
    }
  }

  @Test(arguments: [100, 65_536, 70_000])
  func overlongCommentIsSkipped(_ size: Int) {
    let stream = ("# " + String(repeating: "x", count: 150_000) + "\na=1\n\n").bytes
    let pieces = stride(from: 0, to: stream.count, by: size).map {
      Array(stream[$0..<min(stream.count, $0 + size)])
    }
    #expect(read(pieces) == ["a=1\n"])
  }

  private static let stream = """
    # a capture
    timestamp=2026-11-23T10:00:00Z
    meter=E1\r
    power_import_kw=0.321

    nonsense
    \r
    timestamp=soon
    b=2

    é=1
    c=\\x41
    d=
    """.bytes

  @Test func eventsAreTheSameAtEverySplit() {
    let whole = read([RecordReaderTests.stream])
    #expect(whole.count == 5)
    for split in RecordReaderTests.stream.indices {
      let pieces = [
        Array(RecordReaderTests.stream[..<split]), Array(RecordReaderTests.stream[split...]),
      ]
      #expect(read(pieces) == whole, "at \(split)")
    }
  }

  @Test func eventsAreTheSameInAnyPieces() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let stream =
        RecordReaderTests.stream + generator.bytes(0...200, from: "ab=#1\n\n\r".bytes)
        + RecordReaderTests.stream
      let pieces = generator.pieces(of: stream, longest: 20)
      #expect(read(pieces) == read([stream]))
    }
  }

  @Test func everyRecordReadIsReadAgain() {
    var generator = SeededGenerator(seed: 12)
    var count = 0
    for _ in 0..<2000 {
      var reader = RecordReader()
      var events: [RecordReader.Event] = []
      let bytes = generator.bytes(0...100, from: "ab==1#\n\n\r\\".bytes + [0xFF])
      reader.read(bytes.span) { events.append($0) }
      reader.finish { events.append($0) }
      for case .record(let record) in events {
        count += 1
        #expect(read([record.text]) == [record.text.text])
      }
    }
    #expect(count > 1000)
  }

  @Test func readerKnowsWhetherARecordIsUnderWay() {
    var reader = RecordReader()
    #expect(reader.isBetweenRecords)
    for (piece, isBetween) in [("a", false), ("=1\n", false), ("\n", true), ("b=1\n", false)] {
      reader.read(piece.bytes.span) { _ in }
      #expect(reader.isBetweenRecords == isBetween)
    }
  }

  @Test func errorOfTheHandlerIsThrown() {
    struct Full: Error {}
    var reader = RecordReader()
    #expect(throws: Full.self) {
      try reader.read("a=1\n\n".bytes.span) { (_) throws(Full) in throw Full() }
    }
  }
}
