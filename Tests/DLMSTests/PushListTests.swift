import Metrics
import PythonLiterals
import Records
import TestValues
import Testing

@testable import DLMS
@testable import Telegrams

/// The values in lists of each shape.
@Suite struct PushListTests {
  private static let kaifa = SystemTitle(value: 0x4B46_4D67_5000_0001)
  private static let iskra = SystemTitle(value: 0x4953_4B69_7400_0001)

  /// The list in a message, as lines `code number unit`.
  static func lines(
    _ message: [UInt8], from title: SystemTitle? = nil,
    _ reader: inout PushListReader
  ) throws -> [String] {
    let notification = try #require(DataNotification(message))
    return try reader.list(in: notification, from: title).values.map { value in
      switch value.content {
      case .number(let digits, let exponent, let unit):
        "\(value.code) \(digits)e\(exponent)\(unit.map { " \($0.symbol)" } ?? "")"
      case .text(let text): "\(value.code) \(text.text)"
      case .time: "\(value.code) time"
      }
    }
  }

  private func lines(_ message: [UInt8], from title: SystemTitle? = nil) throws -> [String] {
    var reader = PushListReader()
    return try PushListTests.lines(message, from: title, &reader)
  }

  private func list(_ message: [UInt8], from title: SystemTitle? = nil) throws -> PushList {
    var reader = PushListReader()
    return try reader.list(in: #require(DataNotification(message)), from: title)
  }

  @Test func nested() throws {
    #expect(
      try lines(SampleList.nested) == [
        "1-1:0.2.129 AIDON_V0001", "0-0:96.1.0 7000000000000001", "0-0:96.1.7 6525",
        "1-0:1.7.0 2345e-3 kW", "1-0:31.7.0 -57e-1 A", "1-0:32.7.0 2301e-1 V",
      ])
    let list = try list(SampleList.nested)
    #expect(list.maker == "ADN" && list.time == nil && list.withoutUnit.isEmpty)
  }

  @Test func flat() throws {
    #expect(
      try lines(SampleList.flat, from: PushListTests.kaifa) == [
        "1-0:1.8.0 12345678e-3 kWh", "1-0:2.8.0 9e-3 kWh", "1-0:13.7.0 987e-3",
        "0-0:96.1.0 180000000077",
      ])
    // Only the definition of the maker tells what the text is.
    #expect(try lines(SampleList.flat).count == 3)
    let list = try list(SampleList.flat, from: PushListTests.kaifa)
    #expect(list.maker == "KFM" && list.time?.dateTime.deviation == -120)
  }

  @Test func withoutUnits() throws {
    let list = try list(SampleList.withoutUnits)
    #expect(
      try lines(SampleList.withoutUnits) == [
        "1-1:0.0.5 5700000000000001", "1-1:96.1.1 6841121BN24", "1-1:1.7.0 803e-3 kW",
        "1-1:31.7.0 257e-2 A", "1-1:32.7.0 231e0 V", "1-1:1.8.0 4567e-2 kWh", "1-1:99.7.0 7e0",
      ])
    #expect(list.maker == "KAM" && list.time?.dateTime.isSummer == false)
    // A number whose unit is unknown is left out.
    var other = SampleList.withoutUnits
    let index = try #require(other.firstIndex(of: UInt8(ascii: "V")))
    other[index] = UInt8(ascii: "W")
    #expect(
      try self.list(other).withoutUnit == [
        OBISCode(1, 1, 1, 7, 0), OBISCode(1, 1, 31, 7, 0), OBISCode(1, 1, 32, 7, 0),
        OBISCode(1, 1, 1, 8, 0),
      ])
  }

  @Test(arguments: [true, false]) func objects(withItself: Bool) throws {
    let message = SampleList.objects(withItself: withItself)
    #expect(
      try lines(message) == [
        "0-0:42.0.0 LGZ1030000000001", "1-0:1.7.0 512e-3 kW", "1-1:1.8.1 4408736e-3 kWh",
        "1-0:32.7.0 2298e-1 V",
      ])
    let list = try list(message)
    #expect(list.maker == "LGZ" && list.time?.dateTime.deviation == -60)
  }

  @Test func byPosition() throws {
    var reader = PushListReader()
    let unknown = PushListReader.Defect.unknownList(identifier: nil, maker: nil, count: 1)
    #expect(throws: unknown) { try PushListTests.lines(SampleList.byPosition(1), &reader) }
    let names = ["1-1:0.2.129 KFM_001", "0-0:96.1.0 6970000000000001", "0-0:96.1.7 MA304H3E"]
    let powers = [
      "1-0:1.7.0 1500e-3 kW", "1-0:2.7.0 0e-3 kW", "1-0:3.7.0 20e-3 kvar", "1-0:4.7.0 30e-3 kvar",
    ]
    let phases = [
      "1-0:31.7.0 4321e-3 A", "1-0:51.7.0 1001e-3 A", "1-0:71.7.0 2e-3 A", "1-0:32.7.0 2310e-1 V",
      "1-0:52.7.0 2321e-1 V", "1-0:72.7.0 2332e-1 V",
    ]
    let hour = [
      "1-0:1.8.0 1234567e-3 kWh", "1-0:2.8.0 89e-3 kWh", "1-0:3.8.0 1011e-3 kvarh",
      "1-0:4.8.0 1213e-3 kvarh",
    ]
    let single = [phases[0], phases[3]]
    for (count, expected) in [
      (9, names + powers + single), (13, names + powers + phases),
      (14, names + powers + single + hour), (18, names + powers + phases + hour),
      // After a list with the identifier, one without it.
      (1, [names[1], powers[0]]),
    ] {
      #expect(try PushListTests.lines(SampleList.byPosition(count), &reader) == expected)
    }
    let other = ValueBuilder.notification(ValueBuilder.structure([ValueBuilder.text("KFM_002")]))
    #expect(
      throws: PushListReader.Defect.unknownList(identifier: "KFM_002", maker: nil, count: 1)
    ) { try PushListTests.lines(other, &reader) }
  }

  @Test func vienna() throws {
    #expect(
      try lines(SampleList.vienna, from: PushListTests.iskra) == [
        "1-0:1.8.0 11000e-3 kWh", "1-0:2.8.0 12e-3 kWh", "1-0:3.8.0 13e-3 kvarh",
        "1-0:4.8.0 14e-3 kvarh", "1-0:1.7.0 15e-3 kW", "1-0:2.7.0 16e-3 kW",
        "1-0:3.7.0 17e-3 kvar", "1-0:4.7.0 18e-3 kvar",
      ])
    #expect(throws: PushListReader.Defect.self) { try lines(SampleList.vienna) }
    #expect(throws: PushListReader.Defect.self) {
      try lines(SampleList.vienna, from: PushListTests.kaifa)
    }
    // A clock that was never set, and a missing value.
    let clock = ValueBuilder.octets([UInt8](repeating: 0xFF, count: 12))
    let unset = ValueBuilder.notification(
      ValueBuilder.structure([clock] + (1...7).map { ValueBuilder.uint32($0) } + [[0x00]]))
    #expect(try lines(unset, from: PushListTests.iskra).count == 7)
    #expect(try list(unset, from: PushListTests.iskra).time == nil)
    // A value of another type than its entry.
    let wrong = ValueBuilder.notification(
      ValueBuilder.structure((0..<9).map { ValueBuilder.uint32($0) }))
    #expect(throws: PushListReader.Defect.self) { try lines(wrong, from: PushListTests.iskra) }
  }

  /// The maker of a list without a title is that of its logical device name.
  @Test func logicalDeviceName() throws {
    let names = ["ISK1030000000001", "70000001"].map { ValueBuilder.octets(Array($0.utf8)) }
    let powers = (1...4).map { ValueBuilder.uint32($0) }
    let phases =
      (5...10).map { ValueBuilder.uint16($0) } + (11...16).map { ValueBuilder.uint32($0) }
    let message = ValueBuilder.notification(ValueBuilder.structure(names + powers + phases))
    let lines = try lines(message)
    #expect(lines.count == 18 && lines.first == "0-0:42.0.0 ISK1030000000001")
    #expect(lines[8] == "1-0:72.7.0 7e-1 V" && lines[17] == "1-0:62.7.0 16e-3 kW")
  }

  @Test func withClasses() throws {
    #expect(
      try lines(SampleList.withClasses) == ["1-0:1.7.0 321e-3 kW", "1-0:32.7.0 2304e-1 V"])
  }

  /// A value with a unit that no telegram has, a scaler that is damage, no value, a clock that was never set.
  @Test func valuesThatAreLeftOut() throws {
    func one(_ value: [UInt8], _ scale: [UInt8]) -> [UInt8] {
      ValueBuilder.structure([ValueBuilder.code(1, 0, 1, 7, 0), value, scale])
    }
    let message = ValueBuilder.notification(
      ValueBuilder.array([
        one(ValueBuilder.uint32(1), ValueBuilder.scale(0, 99)),
        one(ValueBuilder.uint32(1), ValueBuilder.scale(127, 27)),
        one([0x00], ValueBuilder.scale(0, 27)),
        ValueBuilder.structure([
          ValueBuilder.code(0, 0, 1, 0, 0),
          ValueBuilder.octets([UInt8](repeating: 0xFF, count: 12)),
        ]),
      ]))
    let list = try list(message)
    #expect(list.values.isEmpty && list.time == nil)
    #expect(list.withoutUnit == Array(repeating: OBISCode(1, 0, 1, 7, 0), count: 2))
  }

  @Test func unknownShapes() throws {
    for body in [
      ValueBuilder.structure([]), ValueBuilder.array([ValueBuilder.array([])]),
      ValueBuilder.structure([ValueBuilder.code(1, 0, 1, 7, 0)]),
      ValueBuilder.structure([ValueBuilder.scale(0, 27)]),
      ValueBuilder.structure([ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.scale(0, 27)]),
    ] {
      #expect(throws: PushListReader.Defect.unknownShape) {
        try lines(ValueBuilder.notification(body))
      }
    }
  }

  // MARK: - Definitions

  @Test func builtIn() throws {
    let definitions = try ListDefinitionReader.definitions(
      of: ListDefinitions.builtInText.utf8Bytes)
    #expect(!definitions.isEmpty && definitions == ListDefinitions.builtIn)
    for entry in definitions.flatMap(\.entries) {
      // Each unit is that of the metric.
      guard let code = entry.code, case .number(let scale) = entry.type,
        let metric = MetricTable.metric(for: code)
      else {
        continue
      }
      #expect(scale.unit == metric.unit, "\(code)")
    }
  }

  @Test func ownDefinitions() throws {
    let file = """
      {"KFM KFM_001/1": [["Export", "1-0:2.7.0", "10 W"]], # replaces the built-in one
       "DLM": [["Power", "1-1:1.7.0", "W"]], "DLM/1": [["Power", "1-0:1.7.0", "kW"]],
       "ABC ABC_1/2": [["a", None, "number 0.001 MWh"], ["b", "0-0:96.14.0", "number",],],}
      """
    let own = try ListDefinitionReader.definitions(of: file.utf8Bytes)
    var reader = PushListReader(ListDefinitions(own: own))
    // A list that does not tell its maker.
    #expect(try PushListTests.lines(SampleList.byPosition(1), &reader) == ["1-0:1.7.0 1500e0 kW"])
    _ = try PushListTests.lines(SampleList.byPosition(9), &reader)
    #expect(
      try PushListTests.lines(SampleList.byPosition(1), &reader).last == "1-0:2.7.0 1500e-2 kW")
  }

  /// A user adds a unit that a list does not tell, and keeps the others.
  @Test func ownEntriesAddToTheBuiltInOnes() throws {
    let list = ValueBuilder.notification(
      ValueBuilder.structure([
        ValueBuilder.octets(Array("LGZ1030000000001".utf8)),
        ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(512),
        ValueBuilder.code(1, 0, 2, 7, 0), ValueBuilder.uint32(0),
        ValueBuilder.code(1, 0, 32, 7, 0), ValueBuilder.uint16(2298),
      ]))
    let file = #"{"LGZ": [["V", "1-0:32.7.0", "0.1 V"], ["P", "1-0:2.7.0", "kW"]]}"#
    let own = try ListDefinitionReader.definitions(of: file.utf8Bytes)
    var reader = PushListReader(ListDefinitions(own: own))
    #expect(
      try PushListTests.lines(list, &reader) == [
        "1-0:1.7.0 512e-3 kW", "1-0:2.7.0 0e0 kW", "1-0:32.7.0 2298e-1 V",
      ])
  }

  /// A definition of the user may not fit: the value is named.
  @Test func valueOfAnotherType() throws {
    let file = #"{"KFM KFM_001/1": [["Text", None, "text"]]}"#
    let own = try ListDefinitionReader.definitions(of: file.utf8Bytes)
    var reader = PushListReader(ListDefinitions(own: own))
    _ = try PushListTests.lines(SampleList.byPosition(9), &reader)
    #expect(throws: PushListReader.Defect.wrongType(name: "KFM KFM_001/1", value: 1)) {
      try PushListTests.lines(SampleList.byPosition(1), &reader)
    }
  }

  /// A text is no number, a value of an earlier billing period has its own code, and a number may be filled up.
  @Test func textsAndPeriods() throws {
    let message = ValueBuilder.notification(
      ValueBuilder.structure([
        ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.text("12"),
        ValueBuilder.octets([1, 0, 1, 8, 0, 1]), ValueBuilder.uint32(7), ValueBuilder.scale(0, 30),
        ValueBuilder.code(1, 0, 2, 7, 0), ValueBuilder.octets(ValueBuilder.time()),
        ValueBuilder.code(0, 0, 96, 1, 0), ValueBuilder.text("42  \u{0}\u{0}"),
      ]))
    #expect(try lines(message) == ["1-0:1.8.0*1 7e-3 kWh", "0-0:96.1.0 42"])
  }

  /// Meters with keys of their own on one line.
  @Test func metersAreToldApartByTheirTitles() throws {
    func list(_ number: String?) -> [UInt8] {
      let numbers = number.map { [ValueBuilder.code(0, 0, 96, 1, 0), ValueBuilder.text($0)] }
      return ValueBuilder.notification(
        ValueBuilder.structure(
          (numbers ?? []) + [
            ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1), ValueBuilder.scale(0, 27),
          ]))
    }
    var reader = PushListReader()
    _ = try PushListTests.lines(list("A"), from: Self.kaifa, &reader)
    _ = try PushListTests.lines(list("B"), from: Self.iskra, &reader)
    for (title, number) in [(Self.kaifa, "A"), (Self.iskra, "B"), (Self.kaifa, "A")] {
      let lines = try PushListTests.lines(list(nil), from: title, &reader)
      #expect(lines == ["0-0:96.1.0 \(number)", "1-0:1.7.0 1e-3 kW"])
    }
  }

  /// The names and the numbers of meters differ, so that a definition would serve for one only.
  @Test(arguments: ["ISK1030000000001", "6970000000000001"])
  func numberIsNoIdentifier(_ text: String) throws {
    let list = ValueBuilder.notification(
      ValueBuilder.structure([ValueBuilder.text(text), ValueBuilder.uint32(1)]))
    let maker = text.hasPrefix("ISK") ? "ISK" : nil
    #expect(
      throws: PushListReader.Defect.unknownList(identifier: nil, maker: maker, count: 2)
    ) { try lines(list) }
  }

  @Test(arguments: [
    (#"{"KFM_001": []}"#, 1, 2, "invalid name"), (#"{"KFM X/0": []}"#, 1, 2, "invalid name"),
    (#"{"KFM X/2": [["a", None, "text"]]}"#, 1, 2, "1 entries"),
    (#"{"KFM": [["a", "1.8", "text"]]}"#, 1, 16, "not an OBIS code"),
    (#"{"KFM": [["a", None, "0.02 A"]]}"#, 1, 22, "unknown type"),
    (#"{"KFM": [["a", None, "CCs"]]}"#, 1, 22, "unknown type"),
    (#"{"KFM": [["a", None, ""]]}"#, 1, 22, "unknown type"),
    (#"{"KFM": [["a", "1-0:1.8.0", "V"]]}"#, 1, 29, "measured in kWh"),
    (#"{"KFM": [["a", "1-1:1.7.0", "timestamp"]]}"#, 1, 29, "measured in kW"),
    (#"{"KFM": [["a", "0-0:1.0.0", "number"]]}"#, 1, 29, "use timestamp"),
    (#"{"KFM": [], "KFM": []}"#, 1, 13, "defined twice"), ("[]", 1, 1, "expected {"),
  ]) func invalidDefinitions(text: String, line: Int, column: Int, reason: String) throws {
    let error = #expect(throws: PythonLiteralError.self) {
      _ = try ListDefinitionReader.definitions(of: text.utf8Bytes)
    }
    #expect(error?.line == line && error?.column == column)
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }
}
