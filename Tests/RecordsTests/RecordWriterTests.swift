import Records
import TestValues
import Testing

@Suite struct RecordWriterTests {
  @Test func reservedKeysComeFirst() {
    var fields = RecordFields()
    fields.add("channel".bytes, text: "1".bytes.span)
    let isNumber = fields.add("gas_m3".bytes, number: "00012.340".bytes.span)
    #expect(isNumber)
    var writer = RecordWriter()
    writer.add(timestamp: Timestamp(seconds: 1_795_428_000), meter: "G\\1\n".bytes, fields)
    #expect(
      writer.text.text == """
        timestamp=2026-11-23T10:00:00Z
        meter=G\\\\1\\n
        channel=1
        gas_m3=12.340


        """)
  }

  @Test func recordNeedsNeitherTimeNorMeter() {
    var fields = RecordFields()
    fields.add("message".bytes, text: "a\tb".bytes.span)
    var writer = RecordWriter()
    writer.add(timestamp: nil, meter: nil, fields)
    #expect(writer.text.text == "message=a\\tb\n\n")
    writer.removeAll()
    #expect(writer.text.isEmpty)
  }

  @Test func whatIsNoNumberIsNotAdded() {
    var fields = RecordFields()
    let isNumber = fields.add("a".bytes, number: "1x".bytes.span)
    #expect(!isNumber)
    #expect(fields.text.isEmpty)
    let isMoved = fields.add("a".bytes, number: "1".bytes.span, timesTenToThe: -3)
    #expect(isMoved)
    #expect(fields.text.text == "a=0.001\n")
  }

  @Test func fieldsAreFoundByTheirKey() {
    var fields = RecordFields()
    for key in ["ab", "a", "abc"] { fields.add(key.bytes, text: "a=1".bytes.span) }
    for key in ["ab", "a", "abc"] {
      let isThere = fields.contains(key.bytes.span)
      #expect(isThere, "\(key)")
    }
    for key in ["", "b", "abcd", "a=1", "A"] {
      let isThere = fields.contains(key.bytes.span)
      #expect(!isThere, "\(key)")
    }
    let isInNone = RecordFields().contains("a".bytes.span)
    #expect(!isInNone)
  }

  @Test func whatIsWrittenIsRead() {
    var generator = SeededGenerator(seed: 10)
    var writer = RecordWriter()
    var expected: [[UInt8]] = []
    for _ in 0..<300 {
      var fields = RecordFields()
      let value = generator.bytes(0...60)
      fields.add("value".bytes, text: value.span)
      writer.add(timestamp: Timestamp(seconds: 1), meter: generator.bytes(1...20), fields)
      expected.append(value)
    }
    var reader = RecordReader()
    var values: [[UInt8]] = []
    reader.read(writer.text.span) { event in
      guard case .record(let record) = event else {
        Issue.record("\(event)")
        return
      }
      record.forEachField { key, value in
        if key == "value" { values.append(Escape.decode(value)) }
      }
    }
    #expect(values == expected)
    #expect(reader.isBetweenRecords)
  }
}
