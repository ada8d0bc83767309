import Synchronization

/// An MQTT broker (3.1.1 and 5) on the loopback address that misbehaves as a test scripts it,
/// which mosquitto cannot. It keeps all packets that it receives, and delivers no message to others.
public final class ScriptedBroker: Sendable {
  /// The answers to a packet; called on the thread of the connection, which it may block.
  public typealias Script = @Sendable (MQTTPacket) -> [MQTTAnswer]

  private let listener: ThreadedListener
  private let script: Script
  private let isDeaf: Bool

  private struct State {
    var packets: [MQTTPacket] = []
    var accepted: [MQTTMessage] = []
    var malformed: [String] = []
    /// By the numbers of their connections.
    var subscribed: [Int: MQTTOutput] = [:]
    /// By client ids.
    var sessions: [String: Session] = [:]
  }

  private struct Session {
    /// The latest connection that used it.
    var connection: Int
    /// The packet identifiers of messages of QoS 2 that the client has not released yet.
    var unreleased: Set<Int> = []
  }
  private let state = Mutex(State())

  /// Calls `body` with a broker, which is closed at its end.
  /// - Parameters:
  ///   - port: 0 for any free port.
  ///   - path: a Unix socket to listen on instead of a port.
  ///   - isDeaf: whether it accepts connections and never reads from them.
  public static func running<Result>(
    port: Int = 0, isIPv6: Bool = false, socket path: String? = nil, isDeaf: Bool = false,
    _ script: @escaping Script = { _ in [.usual] },
    _ body: (ScriptedBroker) async throws -> Result
  ) async throws -> Result {
    let listener = try ThreadedListener(port: port, isIPv6: isIPv6, socket: path)
    let broker = ScriptedBroker(listener, isDeaf: isDeaf, script)
    defer { broker.close() }
    return try await body(broker)
  }

  private init(_ listener: ThreadedListener, isDeaf: Bool, _ script: @escaping Script) {
    self.listener = listener
    self.isDeaf = isDeaf
    self.script = script
    listener.start { [self] in serve($0, number: $1) }
  }

  /// 0 on a Unix socket.
  public var port: Int { listener.port }

  public var client: MQTTClient { MQTTClient(port: port, login: nil) }

  // MARK: - Received data

  public var packets: [MQTTPacket] { state.withLock(\.packets) }

  public func packets(_ kind: MQTTPacketKind) -> [MQTTPacket] {
    packets.filter { $0.kind == kind }
  }

  public var connects: [MQTTConnect] { packets.compactMap(\.connect) }

  /// The messages that a broker would deliver to subscribers: those of QoS 0, and the others if it
  /// acknowledged them, those of QoS 2 once.
  public var accepted: [MQTTMessage] { state.withLock(\.accepted) }

  /// The reasons why it closed connections with invalid packets.
  public var malformed: [String] { state.withLock(\.malformed) }

  public var connectionCount: Int { listener.connectionCount }

  public var openCount: Int { listener.openCount }

  /// Waits until a condition holds, asked every 5 ms.
  /// - Throws: `ConditionNotMet`, with the latest packets, after the limit.
  public func wait(
    within limit: Duration = .seconds(30), until condition: (ScriptedBroker) -> Bool
  ) async throws {
    let holds = try await Deadline(in: limit).poll(every: .milliseconds(5)) { condition(self) }
    let seen = packets.map(\.description) + malformed
    if !holds { throw ConditionNotMet(within: limit, seen: seen) }
  }

  // MARK: - Unasked actions

  /// Sends a message to every client that has subscribed to any topic.
  public func publish(_ message: MQTTMessage) {
    for output in state.withLock({ Array($0.subscribed.values) }) { output.publish(message) }
  }

  /// Ends all connections; new ones are served.
  public func endConnections() { listener.endConnections() }

  /// Ends all connections and rejects new ones; doing so twice is no error.
  public func close() { listener.close() }

  // MARK: - Connections

  private func serve(_ socket: Socket, number: Int) {
    if isDeaf {
      socket.waitForHangUp()
      return socket.finish()
    }
    var input = MQTTInput(socket, connection: number)
    var client: (connect: MQTTPacket, output: MQTTOutput)?
    var isReset = false
    do {
      while let packet = try input.next() {
        if packet.kind == .connect {
          client = (packet, MQTTOutput(socket, version: packet.version))
        }
        guard let client else { break }
        state.withLock { $0.packets.append(packet) }
        let answers = script(packet)
        let isKnown = note(packet, answers, of: client.connect)
        // Before the answer: after it, a test may call `publish` at once.
        if packet.kind == .subscribe {
          state.withLock { $0.subscribed[number] = client.output }
        }
        let goesOn = answers.allSatisfy {
          isReset = $0 == .reset
          return carryOut($0, to: packet, isKnown: isKnown, on: client.output, socket)
        }
        guard goesOn, packet.kind != .disconnect else { break }
      }
    } catch {
      state.withLock { $0.malformed.append("\(number): \(error)") }
    }
    client?.output.close()
    forget(number, of: client?.connect)
    if isReset { socket.resetOnClose() } else { socket.finish() }
  }

  /// Updates the sessions and the accepted messages for a packet and its answers.
  /// - Returns: whether the client has a session from an earlier connection.
  private func note(
    _ packet: MQTTPacket, _ answers: [MQTTAnswer], of connect: MQTTPacket
  ) -> Bool {
    guard let client = connect.connect else { return false }
    return state.withLock { state in
      let isKnown = !client.isClean && state.sessions[client.clientID] != nil
      switch packet.kind {
      case .connect:
        guard let isPresent = answers.lazy.compactMap({ $0.sessionPresent(isKnown: isKnown) }).first
        else { break }
        let old = isPresent ? state.sessions[client.clientID]?.unreleased : nil
        state.sessions[client.clientID] = Session(
          connection: packet.connection, unreleased: old ?? [])
      case .pubrel:
        if let id = packet.id { state.sessions[client.clientID]?.unreleased.remove(id) }
      case .publish:
        guard let message = packet.message else { break }
        guard message.qos == 0 || answers.contains(where: \.isAccepting) else { break }
        if message.qos == 2, let id = packet.id, !answers.contains(.acknowledge(.puback)),
          state.sessions[client.clientID]?.unreleased.insert(id).inserted == false
        {
          break
        }
        state.accepted.append(message)
      default: break
      }
      return isKnown
    }
  }

  /// Forgets a connection, and its session unless the client asked for a persistent one.
  private func forget(_ connection: Int, of connect: MQTTPacket?) {
    state.withLock { state in
      state.subscribed[connection] = nil
      guard let connect, let client = connect.connect?.clientID, !Self.keepsSession(connect),
        state.sessions[client]?.connection == connection
      else { return }
      state.sessions[client] = nil
    }
  }

  private static func keepsSession(_ packet: MQTTPacket) -> Bool {
    if packet.version < 5 { return packet.connect?.isClean == false }
    return packet.properties[.sessionExpiry] ?? 0 > 0
  }

  /// - Returns: false where the answer ends the connection.
  private func carryOut(
    _ answer: MQTTAnswer, to packet: MQTTPacket, isKnown: Bool, on output: MQTTOutput,
    _ socket: Socket
  ) -> Bool {
    switch answer {
    case .usual:
      return reply(to: packet, reason: 0, [:], isKnown: isKnown, on: output)
    case .reason(let reason, let properties):
      return reply(to: packet, reason: reason, properties, isKnown: isKnown, on: output)
    case .connack(let code, let sessionPresent, let properties):
      output.writeConnack(code, sessionPresent: sessionPresent, properties)
      return code == 0
    case .acknowledge(let kind, let reason):
      if let id = packet.id { output.acknowledge(kind, id: id, reasons: [reason]) }
    case .publish(let message): output.publish(message)
    case .disconnect(let reason):
      output.disconnect(reason)
      return false
    case .bytes(let bytes): output.write(bytes)
    case .close, .reset: return false
    case .deaf:
      socket.waitForHangUp()
      return false
    }
    return true
  }

  /// - Returns: false where the reply ends the connection.
  private func reply(
    to packet: MQTTPacket, reason: UInt8, _ properties: MQTTProperties, isKnown: Bool,
    on output: MQTTOutput
  ) -> Bool {
    let id = packet.id ?? 0
    switch packet.kind {
    case .connect:
      output.writeConnack(reason, sessionPresent: isKnown && reason == 0, properties)
      return reason == 0
    case .publish where id > 0:
      let kind: MQTTPacketKind = packet.message?.qos == 1 ? .puback : .pubrec
      output.acknowledge(kind, id: id, reasons: [reason], properties)
    case .pubrec where packet.reason < 0x80:
      output.acknowledge(.pubrel, id: id, reasons: [reason], properties)
    case .pubrel: output.acknowledge(.pubcomp, id: id, reasons: [reason], properties)
    case .subscribe:
      let reasons = packet.requestedQoS.map { reason == 0 ? UInt8($0) : reason }
      output.acknowledge(.suback, id: id, reasons: reasons, properties)
    case .pingreq: output.write(MQTTWriter.packet(.pingresp))
    default: break
    }
    return true
  }
}

/// A step of the answer of a scripted broker to a packet; with `[]` it sends nothing, and the
/// connection stays open.
public enum MQTTAnswer: Sendable, Equatable {
  /// The answer of a broker that accepts everything.
  case usual
  /// The usual packet with this reason, for each filter of a SUBSCRIBE. MQTT 3.1.1 has reasons only for
  /// CONNECT, where it ends the connection, and for SUBSCRIBE.
  case reason(UInt8, MQTTProperties = [:])
  /// A CONNACK, which ends the connection if the reason is not 0.
  case connack(UInt8 = 0, sessionPresent: Bool = false, properties: MQTTProperties = [:])
  /// An acknowledgement of this kind, such as a PUBACK for a message of QoS 2.
  case acknowledge(MQTTPacketKind, UInt8 = 0)
  /// A message to the client.
  case publish(MQTTMessage)
  /// The end of the connection, in MQTT 5 after a DISCONNECT with this reason.
  case disconnect(UInt8)
  case bytes([UInt8])
  case close
  case reset
  /// Reads nothing from now on, on a connection that stays open.
  case deaf

  /// The answer of a broker that knows only MQTT 3.1.1 to a CONNECT of MQTT 5.
  public static let unknownVersion = [MQTTAnswer.bytes([0x20, 2, 0, 1]), .close]

  /// The "session present" flag of the CONNACK; nil if the connection is rejected.
  func sessionPresent(isKnown: Bool) -> Bool? {
    switch self {
    case .usual, .reason(0, _): isKnown
    case .connack(0, let sessionPresent, _): sessionPresent
    default: nil
    }
  }

  /// Whether it accepts a message.
  var isAccepting: Bool {
    switch self {
    case .usual: true
    case .reason(let reason, _): reason < 0x80
    case .acknowledge(let kind, let reason): [.puback, .pubrec].contains(kind) && reason < 0x80
    default: false
    }
  }
}
