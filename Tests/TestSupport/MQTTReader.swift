/// Reads what MQTT consists of from the bytes of a packet, and takes nothing that is not so.
struct MQTTReader {
  /// Bytes that are no packet.
  struct Malformed: Error {
    let reason: String
  }

  /// What was not yet read.
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func bytes(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw Malformed(reason: "too short") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// A number of so many bytes.
  mutating func number(_ count: Int) throws -> Int {
    try bytes(count).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func byte() throws -> UInt8 { UInt8(try number(1)) }

  /// A number in one to four bytes.
  mutating func variable() throws -> Int {
    var value = 0
    for index in 0..<4 {
      let byte = try byte()
      value |= Int(byte & 0x7F) << (7 * index)
      if byte & 0x80 == 0 { return value }
    }
    throw Malformed(reason: "a length of more than four bytes")
  }

  /// Bytes behind their number.
  mutating func binary() throws -> [UInt8] { Array(try bytes(number(2))) }

  mutating func text() throws -> String {
    guard let text = String(validating: try binary(), as: UTF8.self), !text.contains("\0") else {
      throw Malformed(reason: "no UTF-8")
    }
    return text
  }

  /// The number of a packet.
  mutating func id() throws -> Int {
    let id = try number(2)
    guard id > 0 else { throw Malformed(reason: "number 0") }
    return id
  }

  mutating func properties() throws -> MQTTProperties {
    var reader = MQTTReader(try bytes(variable()))
    var properties = MQTTProperties()
    while !reader.rest.isEmpty {
      guard let property = MQTTProperty(rawValue: try reader.byte()) else {
        throw Malformed(reason: "unknown property")
      }
      guard property == .userProperty || properties[property] == nil else {
        throw Malformed(reason: "\(property) twice")
      }
      properties.append(property, try reader.value(property.form))
    }
    return properties
  }

  private mutating func value(_ form: MQTTProperty.Form) throws -> MQTTProperties.Value {
    switch form {
    case .byte: .number(try number(1))
    case .two: .number(try number(2))
    case .four: .number(try number(4))
    case .variable: .number(try variable())
    case .text: .text(try text())
    case .bytes: .bytes(try binary())
    case .pair: .pair(try text(), try text())
    }
  }

  /// Takes what is left for an error.
  func end() throws {
    if !rest.isEmpty { throw Malformed(reason: "too long") }
  }
}
