import Records
import TestValues
import Testing

@testable import p1influx

/// The points of a record whose shape is known are those that it has all by itself.
@Suite struct PointsTests {
  private static let values = [
    "0", "7", "10", "987", "0.000", "0.321", "1.5", "12.345", "4321.987", "-0", "-0.5", "-12", "+1",
    "00", "007", "-01.5", ".5", "5.", "-", ".", "1e5", "1-2", "12 34", "", "ok", "Say \"1\"",
    "\\\\1", "\\n1", "\\x41", "a,b=1", "1.2.3", "é1", String(repeating: "12", count: 20),
    String(repeating: "12", count: 20) + "3",
  ]
  private static let keys = [
    "power_import_kw", "tariff", "message", "message_code", "0-0:96.13.1", "1-0:1.8.0", "n1", "a",
    "channel", "meter", "timestamp",
  ]
  private static let times = [
    "2026-01-15T12:00:00Z", "2026-01-15T12:00:00.250Z", "2026-01-15T12:00:00+01:00",
    "2001-09-09T01:46:39Z", "2001-09-09T01:46:40Z", "1999-12-31T23:59:59Z", "2199-12-31T23:59:59Z",
  ]

  /// Records of a few shapes, in which any digit may be another one.
  private func records(_ generator: inout SeededGenerator) -> [Record] {
    let templates = (0..<6).map { _ in
      var lines: [String] = []
      if generator.next() % 8 > 0 {
        lines.append("timestamp=\(Self.times.randomElement(using: &generator) ?? "")")
      }
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let key = Self.keys.randomElement(using: &generator) ?? ""
        lines.append("\(key)=\(Self.values.randomElement(using: &generator) ?? "")")
      }
      return lines.joined(separator: "\n") + "\n\n"
    }
    var stream: [UInt8] = []
    for _ in 0..<60 {
      var record = (templates.randomElement(using: &generator) ?? "").bytes
      for index in record.indices where UInt8(ascii: "0")...UInt8(ascii: "9") ~= record[index] {
        guard generator.next() % 4 == 0 else { continue }
        record[index] = UInt8(ascii: "0") + UInt8(generator.next() % 10)
      }
      stream += record
    }
    var records: [Record] = []
    var reader = RecordReader()
    reader.read(stream.span) { event in
      if case .record(let record) = event { records.append(record) }
    }
    return records
  }

  @Test(arguments: PointStyle.Layout.allCases, Precision.allCases)
  func knownShapesMakeNoDifference(_ layout: PointStyle.Layout, _ precision: Precision) {
    var style = PointStyle()
    style.layout = layout
    style.precision = precision
    #expect(style.setMeasurement("a meter, mine") && style.addTag("house=1,=2"))
    var generator = SeededGenerator(seed: 51)
    var count = 0
    for _ in 0..<60 {
      var known = LineProtocol(style)
      for record in records(&generator) {
        var points: [UInt8] = []
        var expected: [UInt8] = []
        known.append(record, to: &points)
        var fresh = LineProtocol(style)
        fresh.append(record, to: &expected)
        #expect(points == expected, "\(record.text.text)")
        if !expected.isEmpty { count += 1 }
      }
    }
    #expect(count > 500)
  }

  private func record(
    _ number: String, of meter: String = "E1", second: Int = 10
  ) throws -> Record {
    var found: Record?
    var reader = RecordReader()
    let text = "timestamp=2026-01-15T12:00:\(second)Z\nmeter=\(meter)\nkw=\(number)\n\n".bytes
    reader.read(text.span) { event in
      if case .record(let record) = event { found = record }
    }
    return try #require(found)
  }

  @Test func pointsBecomeThoseOfARecordOfTheirShape() throws {
    let first = try record("12.5")
    var points = try #require(Points(of: first, PointStyle()))
    #expect(points.text.text == "dsmr,meter=E1 kw=12.5 1768478410000000000\n")
    for second in [11, 59] {
      let isTheirs = points.become(those: try record("90.0", second: second), .nanoseconds)
      #expect(isTheirs)
      #expect(points.text.text == "dsmr,meter=E1 kw=90.0 17684784\(second)000000000\n")
    }
    for other in ["02.5", "2.5", "2.50", "1205", "-2.5"] {
      let isTheirs = points.become(those: try record(other), .nanoseconds)
      #expect(!isTheirs)
    }
    let isTheirs = points.become(those: try record("12.5", of: "E2"), .nanoseconds)
    #expect(!isTheirs)
    #expect(points.text.text == "dsmr,meter=E1 kw=90.0 1768478459000000000\n")
  }
}
