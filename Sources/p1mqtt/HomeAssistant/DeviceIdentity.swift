import Records

/// What Home Assistant calls a meter.
struct DeviceIdentity {
  /// By the number of the meter: `p1_E0043007052870318`.
  let id: String
  let name: String
  /// The number of the meter; nil where it has none.
  let serial: String?
  /// The device that reads this one; nil where it is read itself.
  let parent: String?

  /// - Parameters:
  ///   - origin: whose records they are.
  ///   - parent: the meter that it is a sub-meter of.
  ///   - place: what tells it from others, where it has no number.
  ///   - keys: those of a record of it.
  ///   - others: the names of other devices.
  init(
    _ origin: RecordOrigin, via parent: DeviceIdentity?, in place: String, _ keys: [String],
    besides others: Set<String>
  ) {
    serial = origin.meter.map { String(decoding: Escape.decode($0.span), as: UTF8.self) }
    let channel = origin.channel == nil ? "" : "_channel\(origin.channelLevel)"
    id =
      serial.map { "p1_\(DeviceIdentity.escaped($0))" }
      ?? "\(parent?.id ?? "p1_\(DeviceIdentity.escaped(place))")\(DeviceIdentity.escaped(channel))"
    self.parent = parent?.id
    let name = DeviceIdentity.name(origin, keys)
    // Two gas meters have to be told apart.
    self.name = others.contains(name) ? "\(name) \(serial ?? origin.channelLevel)" : name
  }

  private static func name(_ origin: RecordOrigin, _ keys: [String]) -> String {
    guard origin.channel != nil else { return "Electricity meter" }
    let readings = ["gas", "water", "heat", "thermal", "cooling", "energy", "sub"]
    for reading in readings where keys.contains(where: { $0.contains(reading) }) {
      switch reading {
      case "heat", "thermal": return "Heat meter"
      case "energy", "sub": return "Sub-meter \(origin.channelLevel)"
      default: return "\(reading.prefix(1).uppercased())\(reading.dropFirst()) meter"
      }
    }
    return "Sub-meter \(origin.channelLevel)"
  }

  /// A text as an id of Home Assistant's: each byte that is neither a letter nor a digit nor `_`, as `-`
  /// and its two hexadecimal digits.
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
