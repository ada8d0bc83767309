import Records
import TestValues
import Testing

/// Reading by a known shape and line by line give the same records. A stream that comes byte by
/// byte is always read line by line.
@Suite struct RecordShapeTests {
  private static let records = [
    "timestamp=2026-11-23T10:00:00Z\nmeter=E1\npower_import_kw=0.321\nvoltage_l1_v=231.0\n\n",
    "timestamp=2026-11-23T10:00:00Z\nmeter=G1\nchannel=1\ngas_m3=3456.789\n\n",
    "timestamp=2026-11-23T10:00:00.123+01:00\na=-12.50\n\n",
    "a=1\nb2=22\nmessage=\\x41 1\n\n",
    "a=1\ntimestamp=2026-11-23T10:00:00Z\ntimestamp=9999\n\n",
    "a=1\r\nb=2\r\n\r\n",
    "a=1\r\r\nb=2\n\n",
    "a=1\r\nb=2\n\n",
    "# 1\na=1\n# 2\n\n\n",
    "a=1\nnonsense 1\nb=1\n\n",
  ].map(\.bytes)

  /// The events of a stream, with line numbers.
  private func events(in pieces: [[UInt8]]) -> [RecordReader.Event] {
    var reader = RecordReader()
    var events: [RecordReader.Event] = []
    for piece in pieces { reader.read(piece.span) { events.append($0) } }
    reader.finish { events.append($0) }
    return events
  }

  private func expectSameInAnyPieces(_ stream: [UInt8], _ generator: inout SeededGenerator) {
    let expected = events(in: stream.map { [$0] })
    #expect(events(in: [stream]) == expected, "\(stream.text)")
    let pieces = generator.pieces(of: stream, longest: 300)
    #expect(events(in: pieces) == expected, "\(pieces.map(\.text))")
  }

  @Test func otherDigitsMakeOtherRecords() {
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<300 {
      var stream: [UInt8] = []
      for _ in 0..<20 {
        var record = RecordShapeTests.records.randomElement(using: &generator) ?? []
        for index in record.indices where UInt8(ascii: "0")...UInt8(ascii: "9") ~= record[index] {
          // This is rare, as random digits seldom make a time.
          guard generator.next() % 10 == 0 else { continue }
          record[index] = UInt8(ascii: "0") + UInt8(generator.next() % 10)
        }
        stream += record
      }
      expectSameInAnyPieces(stream, &generator)
    }
  }

  @Test func damageIsFound() {
    var generator = SeededGenerator(seed: 42)
    for _ in 0..<500 {
      var stream: [UInt8] = []
      for _ in 0..<12 { stream += RecordShapeTests.records.randomElement(using: &generator) ?? [] }
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let index = Int.random(in: 0..<stream.count, using: &generator)
        let byte = generator.bytes(1...1, from: "0:/9=#\n\r .-aZ".bytes + [0x00, 0xFF])
        switch generator.next() % 3 {
        case 0: stream.remove(at: index)
        case 1: stream.insert(contentsOf: byte, at: index)
        default: stream.replaceSubrange(index...index, with: byte)
        }
      }
      expectSameInAnyPieces(stream, &generator)
    }
  }

  @Test func timeOfAKnownShapeIsChecked() {
    let dates = ["26-02-28", "26-02-29", "28-02-29", "26-13-01", "26-00-10", "26-10-00"]
    let stream = dates.map { "timestamp=20\($0)T23:59:59Z\na=1\n\n" }.joined()
    let records = events(in: [stream.bytes]).map { event in
      if case .record = event { true } else { false }
    }
    #expect(records == [true, false, true, false, false, false])
  }

  @Test func linesAreCounted() {
    let known = String(repeating: "a=1\nb=2\n\n", count: 5)
    let events = events(in: [(known + "nonsense\n").bytes])
    #expect(events.last == .rejected(line: 16, reason: "line is not key=value"))
  }

  @Test func moreShapesThanAreKeptAreReadAsWell() {
    let streams = (0..<3).map { round in
      (1...40).map { "a\(String(repeating: "x", count: $0))=\(round)\n\n" }.joined()
    }
    let records = events(in: [streams.joined().bytes])
    #expect(records == events(in: streams.joined().bytes.map { [$0] }))
    #expect(records.count == 120)
  }
}
