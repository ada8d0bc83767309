/// Writes what MQTT consists of.
struct MQTTWriter {
  private(set) var bytes: [UInt8] = []

  /// A number of so many bytes.
  mutating func number(_ value: Int, _ count: Int = 1) {
    for index in (0..<count).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
    }
  }

  /// A number in one to four bytes.
  mutating func variable(_ value: Int) {
    var rest = value
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
  }

  /// Bytes as they are.
  mutating func append(_ more: [UInt8]) { bytes += more }

  /// Bytes behind their number.
  mutating func binary(_ value: [UInt8]) {
    number(value.count, 2)
    bytes += value
  }

  mutating func text(_ value: String) { binary(Array(value.utf8)) }

  mutating func properties(_ properties: MQTTProperties) {
    var writer = MQTTWriter()
    for entry in properties.entries {
      writer.number(Int(entry.property.rawValue))
      switch (entry.property.form, entry.value) {
      case (.two, .number(let value)): writer.number(value, 2)
      case (.four, .number(let value)): writer.number(value, 4)
      case (.variable, .number(let value)): writer.variable(value)
      case (_, .number(let value)): writer.number(value)
      case (_, .text(let value)): writer.text(value)
      case (_, .bytes(let value)): writer.binary(value)
      case (_, .pair(let name, let value)):
        writer.text(name)
        writer.text(value)
      }
    }
    variable(writer.bytes.count)
    bytes += writer.bytes
  }

  /// A whole packet.
  static func packet(
    _ kind: MQTTPacketKind, flags: UInt8? = nil, _ body: (inout MQTTWriter) -> Void
  ) -> [UInt8] {
    var content = MQTTWriter()
    body(&content)
    var writer = MQTTWriter()
    writer.bytes.append(kind.rawValue << 4 | (flags ?? kind.flags))
    writer.variable(content.bytes.count)
    return writer.bytes + content.bytes
  }
}
