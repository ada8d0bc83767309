import Records

/// A meter as a device of Home Assistant.
struct DeviceIdentity {
  /// `p1_` and the number of the meter: `p1_E0043007052870318`.
  let id: String
  let name: String
  /// The number of the meter; nil where it has none.
  let serial: String?
  /// The id of the electricity meter of a sub-meter; nil for an electricity meter.
  let parent: String?

  /// - Parameters:
  ///   - parent: the electricity meter of a sub-meter.
  ///   - prefix: the prefix of its topics, which is in its id if it has no number.
  ///   - keys: the keys of one of its records.
  ///   - others: the names of other devices.
  init(
    _ meter: MeterKey, via parent: DeviceIdentity?, in prefix: String, _ keys: [String],
    besides others: Set<String>
  ) {
    serial = meter.meter.map { String(decoding: Escape.decode($0.span), as: UTF8.self) }
    let channel = meter.channel == nil ? "" : "_channel\(meter.channelLevel)"
    id =
      serial.map { "p1_\(DeviceIdentity.escaped($0))" }
      ?? "\(parent?.id ?? "p1_\(DeviceIdentity.escaped(prefix))")\(DeviceIdentity.escaped(channel))"
    self.parent = parent?.id
    let name = DeviceIdentity.name(meter, keys)
    // The second of two gas meters has its number in its name.
    self.name = others.contains(name) ? "\(name) \(serial ?? meter.channelLevel)" : name
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
}
