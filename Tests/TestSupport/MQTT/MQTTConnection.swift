import Synchronization

/// The packets received on a connection.
struct MQTTInput {
  let socket: Socket
  let connection: Int
  private var rest: ArraySlice<UInt8> = []
  private var version: Int?
  private var counts: [MQTTPacketKind: Int] = [:]

  init(_ socket: Socket, connection: Int) {
    self.socket = socket
    self.connection = connection
  }

  /// The next packet; nil where the connection ends before the packet does.
  /// - Throws: `MalformedPacket`.
  mutating func next() throws -> MQTTPacket? {
    while true {
      var reader = MQTTReader(rest: rest)
      let hasLength = rest.dropFirst().prefix(4).contains { $0 < 0x80 } || rest.count > 4
      if hasLength, let first = try? reader.number(1) {
        let length = try reader.variable()
        if reader.rest.count >= length {
          let packet = try MQTTPacket(
            first: UInt8(first), body: reader.rest.prefix(length), version: version,
            connection: connection, ordinal: { (counts[$0] ?? 0) + 1 })
          rest = reader.rest.dropFirst(length)
          version = packet.version
          counts[packet.kind] = packet.ordinal
          return packet
        }
      }
      let more = socket.read()
      if more.isEmpty { return nil }
      rest += more
    }
  }
}

/// The sending side of a connection, for any thread.
final class MQTTOutput: Sendable {
  private struct State {
    /// nil once the connection has ended.
    var socket: Socket?
    let version: Int
    /// The packet identifier of the last message.
    var id = 0
  }
  private let state: Mutex<State>

  init(_ socket: Socket, version: Int) {
    state = Mutex(State(socket: socket, version: version))
  }

  /// Sends nothing from now on.
  func close() { state.withLock { $0.socket = nil } }

  func write(_ bytes: [UInt8]) { state.withLock { $0.socket?.write(bytes) } }

  func writeConnack(_ code: UInt8, sessionPresent: Bool, _ properties: MQTTProperties) {
    send(.connack) { writer, version in
      writer.append([sessionPresent ? 1 : 0, code])
      if version == 5 { writer.properties(properties) }
    }
  }

  /// Sends the packet that acknowledges another, with its reasons: one, or for SUBACK one for each
  /// filter. A client of MQTT 3.1.1 gets nothing that only MQTT 5 has.
  func acknowledge(
    _ kind: MQTTPacketKind, id: Int, reasons: [UInt8], _ properties: MQTTProperties = [:]
  ) {
    send(kind) { writer, version in
      writer.number(id, 2)
      if kind == .suback {
        if version == 5 { writer.properties(properties) }
        writer.append(reasons)
      } else if version == 5, reasons != [0] || !properties.isEmpty {
        writer.append(reasons)
        if !properties.isEmpty { writer.properties(properties) }
      }
    }
  }

  func publish(_ message: MQTTMessage) {
    let flags = UInt8(message.qos << 1 | (message.isRetained ? 1 : 0))
    let id = state.withLock { state in
      if message.qos > 0 { state.id = state.id % 65_535 + 1 }
      return state.id
    }
    send(.publish, flags: flags) { writer, version in
      writer.number(message.topic.utf8.count, 2)
      writer.append(Array(message.topic.utf8))
      if message.qos > 0 { writer.number(id, 2) }
      if version == 5 { writer.properties([:]) }
      writer.append(message.payload)
    }
  }

  /// Sends a DISCONNECT, which only a server of MQTT 5 may.
  func disconnect(_ reason: UInt8) {
    guard state.withLock(\.version) == 5 else { return }
    send(.disconnect) { writer, _ in writer.append([reason]) }
  }

  private func send(
    _ kind: MQTTPacketKind, flags: UInt8? = nil, _ body: (inout MQTTWriter, Int) -> Void
  ) {
    state.withLock { state in
      state.socket?.write(MQTTWriter.packet(kind, flags: flags) { body(&$0, state.version) })
    }
  }
}
