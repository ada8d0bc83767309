import Records
import TestValues
import Testing

@Suite struct CSVTableTests {
  private func record(_ lines: String...) throws -> Record {
    try #require(Record(lines.map { $0 + "\n" }.joined().bytes))
  }

  /// The table of some records, and the keys that have no column.
  private func table(
    of records: [Record], columns: [String]? = nil
  ) -> (text: String, leftOut: [String]) {
    var table =
      columns.map { CSVTable(columns: $0.map(\.bytes)) } ?? CSVTable(columnsOf: records)
    var text: [UInt8] = []
    var leftOut: [String] = []
    table.appendHeader(to: &text)
    for record in records { _ = table.append(record, to: &text) { leftOut.append($0.text) } }
    return (text.text, leftOut)
  }

  @Test func columnsAreTheKeysOfAllRecords() throws {
    let records = [
      try record("timestamp=2026-01-15T12:00:00Z", "meter=E1", "power_import_kw=0.321"),
      try record("timestamp=2026-01-15T11:55:00Z", "meter=G1", "channel=1", "gas_m3=3.5"),
    ]
    #expect(
      table(of: records).text == """
        timestamp,meter,channel,power_import_kw,gas_m3
        2026-01-15T12:00:00Z,E1,,0.321,
        2026-01-15T11:55:00Z,G1,1,,3.5

        """)
  }

  /// A record without any of the metrics gives no row, and a key without a column is named once.
  @Test func columnsMayBeChosen() throws {
    let records = try (1...3).flatMap { number in
      [
        try record("timestamp=2026-01-15T12:00:0\(number)Z", "meter=E1", "a=\(number)", "b=2"),
        try record("timestamp=2026-01-15T11:55:00Z", "meter=G1", "channel=1", "gas_m3=3.5"),
      ]
    }
    let (text, leftOut) = table(of: records, columns: ["b", "meter", "x"])
    #expect(text == "b,meter,x\n2,E1,\n2,E1,\n2,E1,\n")
    #expect(leftOut == ["a", "gas_m3"])
    #expect(table(of: records, columns: ["meter"]).text == "meter\nE1\nG1\nE1\nG1\nE1\nG1\n")
  }

  @Test(arguments: [
    (#"plain text"#, "plain text"), ("", #""""#), ("a,b", #""a,b""#),
    (#"say "yes""#, #""say ""yes""""#),
    (#"two\nlines"#, "\"two\nlines\""), (#"a\rb"#, "\"a\rb\""), (#"a\tb"#, "a\tb"),
    (#"C:\\meter"#, #"C:\meter"#), ("5,5", #""5,5""#), ("ünï", "ünï"), (#"\xFF"#, "\u{FFFD}"),
    ("-0.444", "-0.444"), (" a ", " a "),
  ])
  func valueIsQuotedIfItHasTo(_ value: String, _ cell: String) throws {
    #expect(table(of: [try record("message=\(value)")]).text == "message\n\(cell)\n")
  }

  @Test func orderOfTheKeysDoesNotMatter() throws {
    let records = [try record("a=1", "b=2", "c=3"), try record("c=3", "a=1")]
    #expect(table(of: records).text == "a,b,c\n1,2,3\n1,,3\n")
  }
}
