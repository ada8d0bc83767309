import Records

/// A meter as a device of Home Assistant.
struct DeviceIdentity {
  /// `p1_` and the number of the meter: `p1_E0043007052870318`.
  let id: String
  private(set) var name: String
  /// The name with the number of the meter, or else its channel.
  private let longName: String
  /// The number of the meter; nil where it has none.
  let serial: String?
  /// The id of the electricity meter of a sub-meter; nil for an electricity meter.
  let parent: String?
  private var manufacturer: String?
  private var model: String?

  /// - Parameters:
  ///   - parent: the electricity meter of a sub-meter.
  ///   - prefix: the prefix of its topics, which is in its id if it has no number.
  ///   - keys: the keys of one of its records.
  ///   - others: the names of other devices.
  init(
    _ meter: MeterKey, via parent: MeterKey?, in prefix: String, _ keys: [String],
    besides others: Set<String>
  ) {
    serial = DeviceIdentity.serial(of: meter)
    manufacturer = serial.flatMap(Manufacturer.name(ofMeter:))
    self.parent = parent.map { DeviceIdentity.id(of: $0, in: prefix) }
    let own = DeviceIdentity.id(of: meter, in: prefix)
    let channel = DeviceIdentity.escaped("_channel\(meter.channelLevel)")
    // A sub-meter may have the number of its electricity meter, or none.
    id =
      meter.channel != nil && (serial == nil || own == self.parent)
      ? "\(self.parent ?? own)\(channel)" : own
    let shortName = DeviceIdentity.name(meter, keys) + DeviceIdentity.place(prefix)
    longName = "\(shortName) \(serial ?? meter.channelLevel)"
    // The second of two gas meters has its number in its name.
    name = others.contains(shortName) ? longName : shortName
  }

  /// Has the number of the meter in the name. The successor of a meter needs other ids of entities, as Home Assistant
  /// continues the statistics of an id.
  mutating func useLongName() { name = longName }

  /// Takes manufacturer and model from the header of a telegram.
  ///
  /// - Returns: whether they are others than before.
  mutating func read(_ header: String) -> Bool {
    let before = (manufacturer, model)
    let header = Manufacturer.read(header)
    (manufacturer, model) = (header.name ?? manufacturer, header.model)
    return before != (manufacturer, model)
  }

  /// Takes the name that an earlier run has announced, if it tells the meter from others.
  mutating func keep(_ earlier: String) {
    if earlier == longName { useLongName() }
  }

  var description: DeviceDescription {
    DeviceDescription(
      identifiers: [id], name: name, serialNumber: serial, manufacturer: manufacturer,
      model: model, viaDevice: parent)
  }

  private static func serial(of meter: MeterKey) -> String? {
    meter.meter.map { String(decoding: Escape.decode($0.span), as: UTF8.self) }
  }

  /// The id by the number of a meter, or by the prefix of its topics if it has none.
  private static func id(of meter: MeterKey, in prefix: String) -> String {
    "p1_\(escaped(serial(of: meter) ?? prefix))"
  }

  /// What a prefix tells of the meter: ` attic` of `attic`, `p1/attic` and `attic/dsmr`, nothing of `p1`.
  private static func place(_ prefix: String) -> String {
    prefix.split(separator: "/").filter { $0 != "p1" && $0 != "dsmr" }.map { " \($0)" }.joined()
  }

  private static func name(_ meter: MeterKey, _ keys: [String]) -> String {
    guard meter.channel != nil else { return "Electricity meter" }
    let readings = ["gas", "water", "heat", "thermal", "cooling", "energy", "sub"]
    for reading in readings where keys.contains(where: { $0.contains(reading) }) {
      switch reading {
      case "heat", "thermal": return "Heat meter"
      case "energy", "sub": return "Sub-meter \(meter.channelLevel)"
      default: return "\(reading.prefix(1).uppercased())\(reading.dropFirst()) meter"
      }
    }
    return "Sub-meter \(meter.channelLevel)"
  }

  /// A text as an id of Home Assistant: each byte that is neither a letter nor a digit nor `_` becomes `-`
  /// and two hexadecimal digits.
  static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        String(Unicode.Scalar(byte))
      default: "-\(byte.hexadecimal)"
      }
    }.joined()
  }

  /// The text of an id.
  static func unescaped(_ id: String) -> String {
    let parts = id.split(separator: "-", omittingEmptySubsequences: false)
    let bytes = parts.dropFirst().flatMap { part in
      (UInt8(part.prefix(2), radix: 16).map { [$0] } ?? []) + part.dropFirst(2).utf8
    }
    return String(decoding: (parts.first.map { Array($0.utf8) } ?? []) + bytes, as: UTF8.self)
  }
}
