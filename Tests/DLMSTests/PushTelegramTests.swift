import Records
import TestValues
import Testing

@testable import DLMS
@testable import Telegrams

/// The telegrams that lists become, and what p1parse reads in them.
@Suite struct PushTelegramTests {
  private func telegram(_ message: [UInt8], from title: SystemTitle? = nil) throws -> String? {
    var reader = PushListReader()
    let notification = try #require(DataNotification(message))
    return try reader.list(in: notification, from: title).telegram?.text
  }

  private func record(_ telegram: String) throws -> String {
    var framer = Framer()
    framer.fill(with: telegram.utf8Bytes.span)
    guard case .telegram(let found)? = framer.next() else { return "no telegram" }
    #expect(found.range.count == telegram.utf8.count && !found.isDamaged)
    var parser = TelegramParser()
    var writer = RecordWriter()
    try parser.parse(framer.bytes.span.extracting(found.range), receivedAt: nil, into: &writer)
    return writer.text.text
  }

  @Test func withEverything() throws {
    let telegram = try #require(
      try telegram(SampleList.flat, from: SystemTitle(value: 0x4B46_4D67_5000_0001)))
    let lines = [
      "/KFM5", "", "0-0:1.0.0(261130102005S)", "1-0:1.8.0(12345.678*kWh)", "1-0:2.8.0(0.009*kWh)",
      "1-0:13.7.0(0.987)", "0-0:96.1.0(313830303030303030303737)", "!",
    ]
    let body = lines.joined(separator: "\r\n")
    let checksum = String(SampleTelegram.checksum(body.utf8), radix: 16, uppercase: true)
    #expect(
      telegram == body + String(repeating: "0", count: 4 - checksum.count) + checksum + "\r\n")
    #expect(
      try record(telegram) == """
        timestamp=2026-11-30T08:20:05Z
        meter=180000000077
        energy_import_kwh=12345.678
        energy_export_kwh=0.009
        power_factor=0.987


        """)
  }

  @Test func typeInHeader() throws {
    let telegram = try #require(try telegram(SampleList.nested))
    #expect(telegram.hasPrefix("/ADN56525\r\n\r\n1-1:0.2.129(AIDON_V0001)\r\n"))
    #expect(
      try record(telegram).contains(
        """
        power_import_kw=2.345
        current_l1_a=-5.7
        voltage_l1_v=230.1

        """))
  }

  /// The clock of the list is that of the record, whatever channel it has; and the codes of channel 1.
  @Test func kamstrup() throws {
    let telegram = try #require(try telegram(SampleList.withoutUnits))
    #expect(telegram.hasPrefix("/KAM56841121BN24\r\n\r\n0-0:1.0.0(261130102005W)\r\n"))
    #expect(
      try record(telegram) == """
        timestamp=2026-11-30T09:20:05Z
        meter=5700000000000001
        meter_type=6841121BN24
        power_import_kw=0.803
        current_l1_a=2.57
        voltage_l1_v=231
        energy_import_kwh=45.67


        """)
  }

  /// The short lists of Norway tell neither the meter nor the time.
  @Test func numberOfTheMeterStays() throws {
    var reader = PushListReader()
    func record(_ number: String?, from title: SystemTitle? = nil) throws -> String {
      let numbers = number.map {
        [ValueBuilder.structure([ValueBuilder.code(0, 0, 96, 1, 0), ValueBuilder.text($0)])]
      }
      let power = ValueBuilder.structure([
        ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1000), ValueBuilder.scale(0, 27),
      ])
      let message = ValueBuilder.notification(ValueBuilder.array((numbers ?? []) + [power]))
      let list = try reader.list(in: #require(DataNotification(message)), from: title)
      return try self.record(#require(list.telegram?.text))
    }
    #expect(try record(nil) == "power_import_kw=1.000\n\n")
    #expect(try record("4711") == "meter=4711\npower_import_kw=1.000\n\n")
    #expect(try record(nil).hasPrefix("meter=4711\n"))
    #expect(try record("4712").hasPrefix("meter=4712\n"))
    #expect(try record(nil).hasPrefix("meter=4712\n"))
    let other = SystemTitle(value: 0x4B46_4D10_2000_0001)
    #expect(try record(nil, from: other) == "power_import_kw=1.000\n\n")
  }

  /// Aidon tells a deviation of 0, and means standard time.
  @Test func standardTime() throws {
    let message = ValueBuilder.notification(
      ValueBuilder.array([
        ValueBuilder.structure([
          ValueBuilder.code(1, 1, 0, 2, 129), ValueBuilder.text("AIDON_V0001"),
        ]),
        ValueBuilder.structure([
          ValueBuilder.code(0, 0, 1, 0, 0),
          ValueBuilder.octets(ValueBuilder.time([0xFF, 0x00, 0x00, 0x00])),
        ]),
        ValueBuilder.structure([
          ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1), ValueBuilder.scale(0, 27),
        ]),
      ]))
    #expect(try telegram(message)?.contains("\r\n0-0:1.0.0(261130102005W)\r\n") == true)
  }

  /// Landis+Gyr marks the time of its clock as invalid: that of the message is used, whose season is not known.
  @Test func invalidClock() throws {
    let message = ValueBuilder.notification(
      ValueBuilder.structure([
        ValueBuilder.octets(ValueBuilder.time([0xFF, 0x80, 0x00, 0x81])),
        ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1), ValueBuilder.scale(0, 27),
      ]), time: ValueBuilder.time([0xFF, 0x80, 0x00, 0x00]))
    let telegram = try #require(try telegram(message))
    #expect(telegram.contains("\r\n0-0:1.0.0(261130102005)\r\n"))
  }

  /// Without the identifier of its maker, and without values.
  @Test func headerOfUnknownMaker() throws {
    let telegram = try #require(try telegram(SampleList.withClasses))
    #expect(telegram.hasPrefix("/DLM5\r\n\r\n1-0:1.7.0(0.321*kW)\r\n1-0:32.7.0(230.4*V)\r\n!"))
    let empty = ValueBuilder.notification(
      ValueBuilder.structure([
        ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1), ValueBuilder.code(0, 0, 96, 1, 0),
        ValueBuilder.text("1"),
      ]))
    #expect(try self.telegram(empty) == nil)
  }

  @Test(arguments: [
    // Deviation and status: Central European Time, the letter alone, neither, and other offsets.
    ([0xFF, 0xC4, 0x00], "261130102005W", "2026-11-30T09:20:05Z"),
    ([0xFF, 0x88, 0x80], "261130102005S", "2026-11-30T08:20:05Z"),
    ([0x80, 0x00, 0x00], "261130102005", "2026-11-30T09:20:05Z"),
    ([0x80, 0x00, 0x80], "261130102005S", "2026-11-30T08:20:05Z"),
    ([0x80, 0x00, 0xFF], "261130102005", "2026-11-30T09:20:05Z"),
    ([0x00, 0x00, 0x00], "07EA0B1E010A140500000000", "2026-11-30T10:20:05Z"),
    ([0xFF, 0x88, 0x00], "07EA0B1E010A140500FF8800", "2026-11-30T08:20:05Z"),
    ([0x00, 0x3C, 0xFF], "07EA0B1E010A140500003CFF", "2026-11-30T11:20:05Z"),
  ]) func times(_ rest: [UInt8], text: String, instant: String) throws {
    let message = ValueBuilder.notification(
      ValueBuilder.structure([
        ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1), ValueBuilder.scale(0, 27),
      ]), time: ValueBuilder.time([0x00] + rest))
    let telegram = try #require(try telegram(message))
    #expect(telegram.contains("\r\n0-0:1.0.0(\(text))\r\n"))
    #expect(try record(telegram) == "timestamp=\(instant)\npower_import_kw=0.001\n\n")
  }

  /// The entry of each time tells whether its clock shows standard time all year; the status of the clock comes first.
  @Test func standardTimeOfAnEntry() throws {
    let file = """
      {"ABC/3": [["Power", "1-0:1.7.0", "W"], ["Time", "0-0:1.0.0", "timestamp"],
                 ["Last gas", "0-1:24.2.1", "timestamp W"]],
       "KAM Kamstrup_V0001": [["Other", "0-0:0.9.1", "timestamp W"]]}
      """
    let own = try ListDefinitionReader.definitions(of: file.utf8Bytes)
    func telegram(_ values: [[UInt8]], _ title: UInt64) throws -> String {
      var reader = PushListReader(ListDefinitions(own: own))
      let message = ValueBuilder.notification(ValueBuilder.structure(values))
      let list = try reader.list(
        in: #require(DataNotification(message)), from: SystemTitle(value: title))
      return try #require(list.telegram?.text)
    }
    let time = ValueBuilder.octets(ValueBuilder.time([0xFF, 0x80, 0x00, 0x00]))
    let summer = ValueBuilder.octets(ValueBuilder.time([0xFF, 0x80, 0x00, 0x80]))
    let two = try telegram([ValueBuilder.uint32(1), time, time], 0x4142_4310_2000_0001)
    #expect(two.contains("\r\n0-0:1.0.0(261130102005)\r\n"))
    #expect(two.contains("\r\n0-1:24.2.1(261130102005W)\r\n"))
    let kamstrup = try telegram(
      [
        ValueBuilder.text("Kamstrup_V0001"), ValueBuilder.code(0, 1, 1, 0, 0), summer,
        ValueBuilder.code(1, 1, 1, 7, 0), ValueBuilder.uint32(1),
        ValueBuilder.code(0, 0, 0, 9, 1), time,
      ], 0x4B41_4D10_2000_0001)
    #expect(kamstrup.contains("\r\n0-0:1.0.0(261130102005S)\r\n"))
    #expect(kamstrup.contains("\r\n0-0:0.9.1(261130102005W)\r\n"))
  }

  /// A header may have 16 characters of type.
  @Test func longType() throws {
    for (count, header) in [(16, "/DLM5" + String(repeating: "A", count: 16)), (17, "/DLM5")] {
      let message = ValueBuilder.notification(
        ValueBuilder.structure([
          ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1), ValueBuilder.scale(0, 27),
          ValueBuilder.code(0, 0, 96, 1, 7),
          ValueBuilder.text(String(repeating: "A", count: count)),
        ]))
      #expect(try telegram(message)?.hasPrefix(header + "\r\n") == true)
    }
  }

  /// No text of a meter ends a line, a value or the telegram.
  @Test func hostileTexts() throws {
    for text in ["1)\r\n!", "a*b", "", "/XYZ5", "\u{7F}", "0-0:1.0.0(1)"] {
      let message = ValueBuilder.notification(
        ValueBuilder.structure([
          ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1), ValueBuilder.scale(0, 27),
          ValueBuilder.code(0, 0, 96, 1, 7), ValueBuilder.text(text),
          ValueBuilder.code(0, 0, 96, 13, 0), ValueBuilder.text(text),
        ]))
      let telegram = try #require(try telegram(message))
      #expect(try record(telegram).hasPrefix("power_import_kw=0.001\n"), "\(text)")
    }
  }
}
