/// The kinds of packets of MQTT, by their numbers (MQTT 5.0, 2.1.2).
public enum MQTTPacketKind: UInt8, Sendable {
  case connect = 1
  case connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback
  case pingreq, pingresp, disconnect

  /// The lower half of the first byte of a packet other than PUBLISH.
  var flags: UInt8 { [.pubrel, .subscribe].contains(self) ? 2 : 0 }
}

/// The properties of MQTT 5 that p1mqtt, the clients of mosquitto or a test send, by their numbers
/// (2.2.2.2); each has a number as its value.
public enum MQTTProperty: UInt8, Sendable {
  case payloadFormat = 0x01
  case messageExpiry = 0x02
  case sessionExpiry = 0x11
  case serverKeepAlive = 0x13
  case willDelay = 0x18
  case receiveMaximum = 0x21
  case maximumQoS = 0x24
  case retainAvailable = 0x25
  case maximumPacketSize = 0x27

  /// The size of the value in bytes.
  var size: Int {
    switch self {
    case .payloadFormat, .maximumQoS, .retainAvailable: 1
    case .serverKeepAlive, .receiveMaximum: 2
    case .messageExpiry, .sessionExpiry, .willDelay, .maximumPacketSize: 4
    }
  }
}

/// The properties of a packet; a packet of an older version has none.
public typealias MQTTProperties = [MQTTProperty: Int]

/// The contents of a CONNECT.
public struct MQTTConnect: Sendable, Equatable {
  public let clientID: String
  /// Clean Session, which MQTT 5 calls Clean Start.
  public let isClean: Bool
  /// In seconds; 0 for none.
  public let keepAlive: Int
  public let will: MQTTMessage?
  public let user: String?
  public let password: String?
}

/// A packet that a scripted broker has received, of MQTT 3.1.1 or 5.
public struct MQTTPacket: Sendable, CustomStringConvertible {
  /// The connection that it came on, counted from 1.
  public let connection: Int
  /// Its position among the packets of its kind on its connection, counted from 1.
  public let ordinal: Int
  /// When its last byte had arrived.
  public let time: ContinuousClock.Instant
  /// The protocol level of its connection: 4 for MQTT 3.1.1, or 5.
  public let version: Int
  public let kind: MQTTPacketKind
  /// The packet identifier, by which it is acknowledged.
  public private(set) var id: Int?
  /// The reason code, such as that of a DISCONNECT.
  public private(set) var reason: UInt8 = 0
  public private(set) var properties: MQTTProperties = [:]
  public private(set) var connect: MQTTConnect?
  /// The message of a PUBLISH.
  public private(set) var message: MQTTMessage?
  /// The DUP flag of a PUBLISH.
  public private(set) var isDuplicate = false
  /// The topic filters of a SUBSCRIBE.
  public private(set) var filters: [String] = []
  /// The QoS that a SUBSCRIBE requests, one for each filter.
  public private(set) var requestedQoS: [Int] = []

  /// Reads a packet.
  /// - Parameters:
  ///   - first: its first byte.
  ///   - version: the protocol level; nil before the CONNECT.
  /// - Throws: `MalformedPacket` where a client may not send this.
  init(
    first: UInt8, body: ArraySlice<UInt8>, version: Int?, connection: Int,
    ordinal: (MQTTPacketKind) -> Int
  ) throws {
    guard let kind = MQTTPacketKind(rawValue: first >> 4),
      kind == .publish || first & 0xF == kind.flags, (kind == .connect) == (version == nil)
    else { throw MalformedPacket(reason: "unexpected first byte \(first)") }
    var reader = MQTTReader(rest: body)
    self.version = try version ?? Self.version(from: &reader)
    self.connection = connection
    self.kind = kind
    self.ordinal = ordinal(kind)
    time = .now
    switch kind {
    case .connect: try readConnect(&reader)
    case .publish: try readPublish(&reader, flags: first & 0xF)
    case .puback, .pubrec, .pubrel, .pubcomp:
      id = try reader.number(2)
      try readReason(&reader)
    case .subscribe:
      id = try reader.number(2)
      if self.version == 5 { properties = try reader.properties() }
      while !reader.rest.isEmpty {
        filters.append(try reader.text())
        requestedQoS.append(try reader.number(1) & 3)
      }
    case .disconnect: try readReason(&reader)
    case .pingreq: break
    default: throw MalformedPacket(reason: "\(kind) from this client")
    }
    if !reader.rest.isEmpty { throw MalformedPacket(reason: "\(kind) is too long") }
  }

  private static func version(from reader: inout MQTTReader) throws -> Int {
    let name = try reader.text()
    let level = try reader.number(1)
    guard name == "MQTT", level == 4 || level == 5 else {
      throw MalformedPacket(reason: "protocol \(name) \(level)")
    }
    return level
  }

  private mutating func readConnect(_ reader: inout MQTTReader) throws {
    let flags = try reader.number(1)
    let has = { (bit: Int) in flags & 1 << bit != 0 }
    if has(0) { throw MalformedPacket(reason: "reserved flag of connect") }
    let keepAlive = try reader.number(2)
    if version == 5 { properties = try reader.properties() }
    let clientID = try reader.text()
    var will: MQTTMessage?
    if has(2) {
      if version == 5 { _ = try reader.properties() }
      will = MQTTMessage(
        topic: try reader.text(), qos: flags >> 3 & 3, isRetained: has(5),
        payload: try reader.bytes(reader.number(2)))
    }
    connect = MQTTConnect(
      clientID: clientID, isClean: has(1), keepAlive: keepAlive, will: will,
      user: has(7) ? try reader.text() : nil, password: has(6) ? try reader.text() : nil)
  }

  private mutating func readPublish(_ reader: inout MQTTReader, flags: UInt8) throws {
    let qos = Int(flags >> 1 & 3)
    isDuplicate = flags & 8 != 0
    let topic = try reader.text()
    if qos > 0 { id = try reader.number(2) }
    if version == 5 { properties = try reader.properties() }
    if qos == 3 || topic.isEmpty || topic.contains(where: { "+#".contains($0) }) {
      throw MalformedPacket(reason: "publish to \(topic) with QoS \(qos)")
    }
    message = MQTTMessage(
      topic: topic, qos: qos, isRetained: flags & 1 != 0,
      payload: try reader.bytes(reader.rest.count))
  }

  /// Reads a reason code and properties, both of which may be missing.
  private mutating func readReason(_ reader: inout MQTTReader) throws {
    guard version == 5 else { return }
    if !reader.rest.isEmpty { reason = UInt8(try reader.number(1)) }
    if !reader.rest.isEmpty { properties = try reader.properties() }
  }

  public var description: String {
    var parts = ["\(connection):", "\(kind)"]
    if let id { parts.append("\(id)") }
    if let connect {
      parts.append("\(connect.clientID) version \(version)\(connect.isClean ? " clean" : "")")
    }
    if let message { parts.append("\(message.topic) q\(message.qos) \(message.text.prefix(200))") }
    if isDuplicate { parts.append("duplicate") }
    if reason != 0 { parts.append("reason \(reason)") }
    if !properties.isEmpty { parts.append("\(properties)") }
    return (parts + filters).joined(separator: " ")
  }
}

/// Bytes that are not a valid packet of a client.
struct MalformedPacket: Error {
  let reason: String
}

/// Reads the data types of MQTT (1.5).
struct MQTTReader {
  private(set) var rest: ArraySlice<UInt8>

  mutating func bytes(_ count: Int) throws -> [UInt8] {
    guard count <= rest.count else { throw MalformedPacket(reason: "packet is too short") }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func number(_ size: Int) throws -> Int {
    try bytes(size).reduce(0) { $0 << 8 | Int($1) }
  }

  /// A variable byte integer.
  mutating func variable() throws -> Int {
    var value = 0
    for shift in stride(from: 0, to: 28, by: 7) {
      let byte = try number(1)
      value |= (byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw MalformedPacket(reason: "length of more than four bytes")
  }

  mutating func text() throws -> String {
    guard let text = String(validating: try bytes(number(2)), as: UTF8.self) else {
      throw MalformedPacket(reason: "text is not UTF-8")
    }
    return text
  }

  mutating func properties() throws -> MQTTProperties {
    var reader = MQTTReader(rest: try bytes(variable())[...])
    var properties: MQTTProperties = [:]
    while let number = reader.rest.first {
      guard let property = MQTTProperty(rawValue: number) else {
        throw MalformedPacket(reason: "unknown property \(number)")
      }
      _ = try reader.number(1)
      properties[property] = try reader.number(property.size)
    }
    return properties
  }
}

/// Writes the data types of MQTT.
struct MQTTWriter {
  private(set) var bytes: [UInt8] = []

  mutating func number(_ value: Int, _ size: Int) {
    for index in (0..<size).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
    }
  }

  mutating func variable(_ value: Int) {
    var rest = value
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
  }

  mutating func append(_ more: [UInt8]) { bytes += more }

  mutating func properties(_ properties: MQTTProperties) {
    variable(properties.keys.reduce(0) { $0 + 1 + $1.size })
    for (property, value) in properties {
      bytes.append(property.rawValue)
      number(value, property.size)
    }
  }

  static func packet(
    _ kind: MQTTPacketKind, flags: UInt8? = nil, _ body: (inout MQTTWriter) -> Void = { _ in }
  ) -> [UInt8] {
    var content = MQTTWriter()
    body(&content)
    var writer = MQTTWriter(bytes: [kind.rawValue << 4 | (flags ?? kind.flags)])
    writer.variable(content.bytes.count)
    return writer.bytes + content.bytes
  }
}
