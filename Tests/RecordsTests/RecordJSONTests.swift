import Foundation
import Records
import TestValues
import Testing

@Suite struct RecordJSONTests {
  private func json(_ fields: (String, String)..., meter: String? = nil) -> String {
    var all = RecordFields()
    for (key, value) in fields { all.add(key.bytes, text: value.bytes.span) }
    var writer = RecordWriter(.json)
    writer.add(timestamp: Timestamp(seconds: 1_795_428_000), meter: meter?.bytes, all)
    return writer.text.text
  }

  @Test func recordIsAnObjectALine() {
    #expect(
      json(
        ("power_import_kw", "0.320"), ("power_net_kw", "-1"), ("message", "42"), meter: "1234")
        == #"{"timestamp":"2026-11-23T10:00:00Z","meter":"1234","power_import_kw":0.320,"#
        + "\"power_net_kw\":-1,\"message\":\"42\"}\n")
  }

  /// What a specification file finds is kept as the meter printed it; JSON has no leading zeros.
  @Test(arguments: [
    ("007.50", "7.50"), ("-00", "-0"), ("+3", "3"), (".5", "0.5"), ("5.", "5"), ("1e5", #""1e5""#),
    ("0x10", #""0x10""#), ("NaN", #""NaN""#), ("", #""""#), ("-", #""-""#), ("1 ", #""1 ""#),
  ])
  func numbersAreThoseOfJSON(_ value: String, _ expected: String) {
    #expect(json(("n", value)) == "{\"timestamp\":\"2026-11-23T10:00:00Z\",\"n\":\(expected)}\n")
  }

  @Test func textIsEscaped() {
    #expect(
      json(("t", "a\"b\\c\nd\te\rf\u{1}g\u{1F}é\u{7F}"))
        == "{\"timestamp\":\"2026-11-23T10:00:00Z\","
        + #""t":"a\"b\\c\nd\te\rf\u0001g\u001fé"# + "\u{7F}\"}\n")
  }

  @Test func everyRecordIsJSON() throws {
    var generator = SeededGenerator(seed: 50)
    for _ in 0..<500 {
      var fields = RecordFields()
      let value = generator.bytes(0...40)
      fields.add("value".bytes, text: value.span)
      fields.add(
        "number".bytes, text: generator.bytes(0...6, from: "0123456789.-+e".bytes).span)
      var writer = RecordWriter(.json)
      writer.add(timestamp: nil, meter: generator.bytes(0...20), fields)
      #expect(writer.text.last == 0x0A && writer.text.filter { $0 == 0x0A }.count == 1)
      let object = try JSONSerialization.jsonObject(with: Data(writer.text)) as? [String: Any]
      let read = try #require(object)
      let text = String(decoding: value, as: UTF8.self)
      #expect((read["value"] as? String ?? "\(read["value"] ?? "")") == text || Double(text) != nil)
    }
  }
}
