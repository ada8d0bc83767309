/// A packet that a scripted broker has received, of MQTT 3.1, 3.1.1 or 5.
public struct MQTTPacket: Sendable, CustomStringConvertible {
  /// The connection that it came on, counted from 1.
  public let connection: Int
  /// Which of its kind it is on its connection, counted from 1.
  public let ordinal: Int
  /// When it was there as a whole.
  public let time: ContinuousClock.Instant
  /// The level of the protocol on its connection: 3, 4 for 3.1.1, or 5.
  public let version: Int
  public let kind: MQTTPacketKind
  /// Its number, by which it is acknowledged; nil where it has none.
  public private(set) var id: Int?
  /// The reason that it tells, such as that of a DISCONNECT.
  public private(set) var reason: UInt8 = 0
  public private(set) var properties: MQTTProperties = [:]
  /// What a CONNECT says.
  public private(set) var connect: MQTTConnect?
  /// What a PUBLISH brings.
  public private(set) var message: MQTTMessage?
  /// Whether a PUBLISH may have come before.
  public private(set) var isDuplicate = false
  /// The topic filters of a SUBSCRIBE or UNSUBSCRIBE.
  public private(set) var filters: [String] = []
  /// The QoS that a SUBSCRIBE asks for, a filter each.
  public private(set) var requestedQoS: [Int] = []

  /// Reads a packet.
  /// - Parameters:
  ///   - first: its first byte.
  ///   - body: what follows its length.
  ///   - version: the level of the protocol; nil as long as there was no CONNECT.
  ///   - connection: the number of the connection.
  ///   - ordinal: which of a kind it would be.
  /// - Throws: `MQTTReader.Malformed` where it is none that a client may send.
  init(
    first: UInt8, body: [UInt8], version: Int?, connection: Int,
    ordinal: (MQTTPacketKind) -> Int
  ) throws {
    guard let kind = MQTTPacketKind(rawValue: first >> 4) else {
      throw MQTTReader.Malformed(reason: "no kind of packet")
    }
    guard kind == .publish || first & 0xF == kind.flags else {
      throw MQTTReader.Malformed(reason: "flags of \(kind)")
    }
    guard (kind == .connect) == (version == nil) else {
      throw MQTTReader.Malformed(reason: "\(kind) at the wrong time")
    }
    var reader = MQTTReader(body[...])
    self.version = try version ?? Self.version(from: &reader)
    self.connection = connection
    self.kind = kind
    self.ordinal = ordinal(kind)
    time = .now
    switch kind {
    case .connect: try readConnect(&reader)
    case .publish: try readPublish(&reader, flags: first & 0xF)
    case .puback, .pubrec, .pubrel, .pubcomp:
      id = try reader.id()
      try readReason(&reader)
    case .subscribe, .unsubscribe: try readFilters(&reader)
    case .disconnect, .auth: try readReason(&reader)
    case .pingreq: break
    case .connack, .suback, .unsuback, .pingresp:
      throw MQTTReader.Malformed(reason: "\(kind) from a client")
    }
    try reader.end()
  }

  private static func version(from reader: inout MQTTReader) throws -> Int {
    let name = try reader.text()
    let level = try reader.number(1)
    guard name == (level == 3 ? "MQIsdp" : "MQTT"), (3...5).contains(level) else {
      throw MQTTReader.Malformed(reason: "protocol \(name) \(level)")
    }
    return level
  }

  private mutating func readConnect(_ reader: inout MQTTReader) throws {
    let flags = try reader.byte()
    let keepAlive = try reader.number(2)
    if version == 5 { properties = try reader.properties() }
    connect = try MQTTConnect(
      flags: flags, keepAlive: keepAlive, hasProperties: version == 5, from: &reader)
  }

  private mutating func readPublish(_ reader: inout MQTTReader, flags: UInt8) throws {
    let qos = Int(flags >> 1 & 3)
    isDuplicate = flags & 8 != 0
    guard qos < 3, qos > 0 || !isDuplicate else {
      throw MQTTReader.Malformed(reason: "flags of publish")
    }
    let topic = try reader.text()
    if qos > 0 { id = try reader.id() }
    if version == 5 { properties = try reader.properties() }
    guard !topic.contains(where: { "+#".contains($0) }),
      !topic.isEmpty || properties[.topicAlias] != nil
    else { throw MQTTReader.Malformed(reason: "topic \(topic)") }
    message = MQTTMessage(
      topic: topic, qos: qos, isRetained: flags & 1 != 0,
      payload: Array(try reader.bytes(reader.rest.count)))
  }

  private mutating func readFilters(_ reader: inout MQTTReader) throws {
    id = try reader.id()
    if version == 5 { properties = try reader.properties() }
    repeat {
      filters.append(try reader.text())
      if kind == .subscribe { requestedQoS.append(Int(try reader.byte() & 3)) }
    } while !reader.rest.isEmpty
  }

  /// Reads a reason and properties, neither of which has to be there.
  private mutating func readReason(_ reader: inout MQTTReader) throws {
    guard version == 5 else { return }
    if !reader.rest.isEmpty { reason = try reader.byte() }
    if !reader.rest.isEmpty { properties = try reader.properties() }
  }

  public var description: String {
    var parts = ["\(connection):", "\(kind)"]
    if let id { parts.append("\(id)") }
    if let connect {
      parts.append("\(connect.clientID) version \(version)\(connect.isClean ? " clean" : "")")
    }
    if let message { parts.append("\(message.topic) q\(message.qos) \(message.text.prefix(200))") }
    if isDuplicate { parts.append("again") }
    if reason != 0 { parts.append("reason \(reason)") }
    if !properties.isEmpty { parts.append("[\(properties)]") }
    return (parts + filters).joined(separator: " ")
  }
}
