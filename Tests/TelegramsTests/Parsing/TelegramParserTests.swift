import Metrics
import Records
import Telegrams
import TestValues
import Testing

@Suite struct TelegramParserTests {
  private func parsed(_ lines: String...) throws -> Parsed {
    try Parsed(telegram(lines).bytes)
  }

  private func records(_ lines: String...) throws -> String {
    try Parsed(telegram(lines).bytes).records
  }

  // MARK: - The record of the meter

  @Test func linesBecomeFieldsInTheirOrder() throws {
    #expect(
      try records("1-0:2.7.0(0000.10*kW)", "1-0:1.8.1(00512.345*kWh)", "0-0:96.1.1(5A31)") == """
        meter=Z1
        power_export_kw=0.10
        energy_import_tariff1_kwh=512.345


        """)
  }

  @Test func telegramWithoutValuesIsNoRecord() throws {
    #expect(try records() == "")
    #expect(try records("0-0:1.0.0(240630235959S)", "0-0:96.1.1(5A31)") == "")
    #expect(try records("1-0:1.8.1()", "0-0:96.13.0()", "0-0:96.13.1(2020)") == "")
  }

  @Test func unreadableValueIsNoRecord() throws {
    let parsed = try parsed("0-0:1.0.0(240630235959S)", "1-0:1.8.1(0001,5*kWh)")
    #expect(parsed.records == "")
    #expect(parsed.findings == [.unreadable(line: "1-0:1.8.1(0001,5*kWh)")])
  }

  @Test func meterMayBePlainTextOrHaveNoName() throws {
    for (printed, meter) in [
      ("5A41423132", "ZAB12"), ("ZAB12", "ZAB12"), ("5A4", "5A4"), ("00FF", "00FF"),
      ("  AB 1 ", "AB 1"), ("2041422020", "AB"),
    ] {
      #expect(
        try records("0-0:96.1.1(\(printed))", "0-0:96.14.0(0002)") == "meter=\(meter)\ntariff=2\n\n"
      )
    }
    for printed in ["", "    ", "20202020"] {
      #expect(try records("0-0:96.1.1(\(printed))", "0-0:96.14.0(0002)") == "tariff=2\n\n")
    }
  }

  @Test func messageIsEscaped() throws {
    #expect(
      try records("0-0:96.13.0(610A625C0963)", "0-0:96.13.1(H\u{E9}llo)")
        == "message=a\\nb\\\\\\tc\nmessage_code=H\u{E9}llo\n\n")
    let latin1: [UInt8] = telegram(["0-0:96.13.1(A#)"]).bytes.map { $0 == 0x23 ? 0xB3 : $0 }
    #expect(try Parsed(latin1).records == "message_code=A\u{B3}\n\n")
  }

  @Test func unknownCodesAreFindings() throws {
    let stream = telegram(["1-0:99.99.99(1)", "1-0:99.99.99(2)", "0-0:96.14.0(1)"])
    let parsed = try Parsed((stream + stream).bytes)
    let unknown = TelegramParser.Finding.unknown(OBISCode(1, 0, 99, 99, 99))
    #expect(parsed.findings == [unknown, unknown, unknown, unknown])
    #expect(parsed.records == "tariff=1\n\ntariff=1\n\n")
  }

  @Test func unreadableLinesAffectNoOthers() throws {
    let lines = [
      "1-0:1.8.1(1.5*kWh)", "nonsense", "1-0:1.8.2(2.5", "1-0:2.8.1((ER11))", "1-0:2.8.2(3.5*kWh)",
      "1-0:1.7.0(1*parsec)", "0-0:96.14.0(TARIFF)",
    ]
    let parsed = try Parsed(telegram(lines).bytes)
    #expect(
      parsed.records == "energy_import_tariff1_kwh=1.5\nenergy_export_tariff2_kwh=3.5\n\n")
    let unreadable = [
      "nonsense", "1-0:1.8.2(2.5", "1-0:2.8.1((ER11))", "1-0:1.7.0(1*parsec)",
      "0-0:96.14.0(TARIFF)",
    ]
    #expect(parsed.findings == unreadable.map { .unreadable(line: $0) })
  }

  @Test func numberOfAnyLengthIsReadOrRejected() throws {
    let long = String(repeating: "9", count: 60)
    for line in ["0-1:24.1.0(\(long))", "1-0:1.8.1(\(long)*kWh)", "0-0:96.14.0(\(long))"] {
      #expect(try records(line) == "", "\(line)")
    }
  }

  // MARK: - Sub-meters

  @Test func submetersHaveTheirOwnRecords() throws {
    #expect(
      try records(
        "0-2:24.2.1(240630235502S)(5.5*m3)", "0-0:96.14.0(1)", "0-1:24.2.1(240630235000S)(6.5*m3)",
        "0-2:96.1.0(4732)", "0-2:24.4.0(1)", "0-0:1.0.0(240701000000S)") == """
          timestamp=2024-06-30T22:00:00Z
          tariff=1

          timestamp=2024-06-30T21:55:02Z
          meter=G2
          channel=2
          gas_m3=5.5
          valve_state=1

          timestamp=2024-06-30T21:50:00Z
          channel=1
          gas_m3=6.5


          """)
  }

  @Test func unsetReadingIsNoRecord() throws {
    for line in [
      "0-1:24.2.1()", "0-1:24.2.1()()", "0-1:24.2.1(240630235502S)()",
      "0-1:24.2.1(632525252525S)(00000.000)", "0-1:24.2.1(000101000000W)(00000.000*m3)",
      "0-1:24.2.1(700101010000W)(00000000)", "0-1:24.4.0(1)", "0-1:24.1.0(003)",
      "0-1:24.3.0(632525252525)(00)(60)(1)(0-1:24.2.1)(m3)(00000.000)",
    ] {
      let parsed = try parsed(line)
      #expect(parsed.records == "" && parsed.findings == [], "\(line)")
    }
  }

  @Test func unreadableReadingIsNoRecord() throws {
    for line in [
      "0-1:24.2.1(240630235502S)", "0-1:24.2.1(240630235502S)(5,5*m3)",
      "0-1:24.2.1(240630235502S)(5.5*furlong)", "0-1:24.2.1(240630235502S)(5.5*V)",
      "0-1:24.3.0(110315140000)(00)(60)", "0-1:24.3.0(110315140000)(00)(60)(1)(0-1:24.2.1)(m3)(x)",
    ] {
      let parsed = try parsed("0-1:24.4.0(1)", line)
      #expect(parsed.records == "", "\(line)")
      #expect(parsed.findings == [.unreadable(line: line)])
    }
  }

  // MARK: - Versions and names

  @Test func versionNeedsToBeKnown() throws {
    for version in ["40", "42", "50"] {
      #expect(try records("1-3:0.2.8(\(version))") == "p1_version=\(version)\n\n")
    }
    // In Belgium and Greece a code means the same in every version.
    for version in ["50213", "50221", "12345", "50299"] {
      #expect(try records("0-0:96.1.4(\(version))") == "p1_version=\(version)\n\n")
    }
    for line in ["1-3:0.2.8(10)", "1-3:0.2.8(../x)"] {
      let unknown = #expect(throws: TelegramParser.UnknownVersion.self) {
        try records(line, "0-0:96.14.0(1)")
      }
      #expect(line.hasSuffix("(\(unknown?.version ?? ""))"))
    }
    #expect(try records("1-3:0.2.8()", "0-0:96.14.0(1)") == "tariff=1\n\n")
  }

  @Test func codesMayBeTheNames() throws {
    let lines = [
      "1-3:0.2.8(50)", "0-0:17.0.0(16*A)", "1-0:1.7.0(321*W)", "0-1:24.1.0(003)",
      "0-1:24.2.1(240630235502S)(5.5*m3)",
    ]
    #expect(
      try Parsed(telegram(lines).bytes, .names(.obis)).records == """
        1-3:0.2.8=50
        0-0:17.0.0=16
        1-0:1.7.0=0.321

        timestamp=2024-06-30T21:55:02Z
        channel=1
        0-1:24.1.0=3
        0-1:24.2.1=5.5


        """)
  }

  @Test func namesMayBeThoseOfAnotherTool() throws {
    let lines = [
      "1-3:0.2.8(50)", "0-0:1.0.0(240630235959S)", "0-0:96.1.1(4142)", "1-0:1.7.0(321*W)",
      "1-0:14.7.0(50.0*Hz)", "0-1:24.1.0(003)", "0-1:96.1.0(4732)",
      "0-1:24.2.1(240630235502S)(5.5*m3)",
    ]
    let (time, gasTime) = ("timestamp=2024-06-30T21:59:59Z", "timestamp=2024-06-30T21:55:02Z")
    #expect(
      try Parsed(telegram(lines).bytes, .names(.esphome)).records == #"""
        \#(time)
        meter=AB
        identification=TST5\\2T
        p1_version=50
        equipment_id=AB
        power_delivered=0.321
        frequency=50.0

        \#(gasTime)
        meter=G2
        channel=1
        gas_device_type=3
        gas_equipment_id=G2
        gas_delivered=5.5


        """#)
    #expect(
      try Parsed(telegram(lines).bytes, .names(.dsmrParser)).records == """
        \(time)
        meter=AB
        P1_MESSAGE_HEADER=50
        P1_MESSAGE_TIMESTAMP=2024-06-30T21:59:59Z
        EQUIPMENT_IDENTIFIER=AB
        CURRENT_ELECTRICITY_USAGE=0.321
        FREQUENCY=50.0

        \(gasTime)
        meter=G2
        channel=1
        MBUS_DEVICE_TYPE=3
        MBUS_EQUIPMENT_IDENTIFIER=G2
        MBUS_METER_READING=5.5


        """)
    #expect(
      try Parsed(telegram(lines).bytes, .names(.dsmrReader)).records == """
        \(time)
        meter=AB
        dsmr_version=50
        electricity_currently_delivered=0.321
        frequency_hz=50.0

        \(gasTime)
        meter=G2
        channel=1
        extra_device_delivered=5.5
        extra_device_timestamp=2024-06-30T21:55:02Z


        """)
    let old = lines.map { $0 == "1-3:0.2.8(50)" ? "1-3:0.2.8(42)" : $0 }
    #expect(
      try Parsed(telegram(old).bytes, .names(.classic)).records == """
        \(time)
        meter=AB
        dsmr_version=42
        serial=AB
        power_consumed_watts=0.321
        frequency_hz=50.0

        \(gasTime)
        meter=G2
        channel=1
        device_type=3
        serial_gas=G2
        consumed_gas=5.5


        """)
  }

  // MARK: - Hostile input

  @Test func recordsAreAlwaysReadable() throws {
    var generator = SeededGenerator(seed: 40)
    let good = [
      "1-0:1.8.1(00512.345*kWh)", "0-0:96.13.0(610A62)", "0-1:24.2.1(240630235502S)(5.5*m3)",
      "0-1:24.1.0(003)", "0-0:96.1.1(4142)", "0-0:1.0.0(240630235959S)", "0-1:96.1.0(AB)",
      "1-0:99.97.0(1)(0-0:96.7.19)(230402030405S)(0000001800*s)", "1-3:0.2.8(50)",
    ]
    var parser = TelegramParser(files: SpecificationFiles(forAll: []))
    var byCode = TelegramParser(.names(.obis))
    var count = 0
    for _ in 0..<600 {
      var body = "/TST5\r\n\r\n".bytes
      for _ in 0..<8 {
        var line = good.randomElement(using: &generator)?.bytes ?? []
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
          let other =
            Bool.random(using: &generator)
            ? UInt8.random(in: 0...255, using: &generator)
            : "()*.:\r\n\\=#\u{0}".bytes.randomElement(using: &generator) ?? 0
          line[Int.random(in: line.indices, using: &generator)] = other
        }
        body += line + "\r\n".bytes
      }
      body += "!\r\n".bytes
      var writer = RecordWriter()
      try? parser.parse(body.span, receivedAt: nil, into: &writer)
      try? byCode.parse(body.span, receivedAt: nil, into: &writer)
      let parsed = try? Parsed(body)
      let text = writer.text + (parsed?.records.bytes ?? [])
      var reader = RecordReader()
      let handle = { (event: RecordReader.Event) in
        if case .rejected = event { Issue.record("\(event) of \(body)") } else { count += 1 }
      }
      reader.read(text.span, handle)
      reader.finish(handle)
    }
    #expect(count > 500)
  }

  /// Whatever arrives, the output has lines of fields with names that p1record(5) permits.
  @Test func randomBytesBecomeFieldsOrNothing() throws {
    var generator = SeededGenerator(seed: 41)
    var parser = TelegramParser()
    var writer = RecordWriter()
    let sample = SampleTelegram.numbered().bytes
    for _ in 0..<1500 {
      var damaged = sample
      for _ in 0..<3 {
        damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      let noise = generator.bytes(0...300)
      let lines = generator.bytes(0...300, from: "0-1:24.2.1(()*)\r\n!3SWm8kh".bytes)
      for bytes in [damaged, "/\n".bytes + noise, "/\n".bytes + lines] {
        try? parser.parse(bytes.span, receivedAt: nil, into: &writer)
      }
    }
    let lines = writer.text.text.split(separator: "\n")
    #expect(!lines.isEmpty)
    #expect(lines.filter { !$0.contains(/^[a-z][a-z0-9_]*=./) } == [])
    let count = writer.text.count
    for empty in ["", "/", "/\n", "!", "\n\n\n"] {
      try parser.parse(empty.bytes.span, receivedAt: nil, into: &writer)
    }
    #expect(writer.text.count == count)
  }

  @Test func earlierTelegramsChangeNothing() throws {
    let one = telegram(["1-3:0.2.8(50)", "0-1:24.2.1(240630235502S)(5.5*m3)", "1-0:1.8.2(2.5"])
    let other = telegram(["0-0:1.0.0(240630235959S)", "0-0:96.14.0(1)", "0-1:96.1.0(AB)"])
    let alone = try [one, other].map { try Parsed($0.bytes).records }.joined()
    #expect(try Parsed((one + other).bytes).records == alone)
    let again = try Parsed((one + other + one).bytes).records
    #expect(try again == alone + Parsed(one.bytes).records)
  }
}
