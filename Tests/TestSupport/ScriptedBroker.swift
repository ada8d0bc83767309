import Synchronization

/// An MQTT broker (3.1, 3.1.1 and 5) on the loopback address for a client that publishes. It does what
/// a test has it do, and remembers all that it got; what it got it passes on to nobody.
public final class ScriptedBroker: Sendable {
  /// What to do about a packet; called on a thread of the connection's own, which may wait.
  public typealias Script = @Sendable (MQTTPacket) -> [MQTTAnswer]

  private let listener: ThreadedListener
  private let script: Script
  /// Whether it accepts connections, and reads nothing of them.
  private let isDeaf: Bool

  private struct State {
    var packets: [MQTTPacket] = []
    var taken: [MQTTMessage] = []
    var malformed: [String] = []
    /// The connections on which somebody has asked for a subscription.
    var subscribed: [Int: MQTTConnection] = [:]
    /// By clients.
    var sessions: [String: Session] = [:]
  }

  private struct Session {
    /// The connection that has it, or had it last.
    var connection: Int
    /// The numbers of the messages of QoS 2 that the client has not released yet.
    var unreleased: Set<Int> = []
  }
  private let state = Mutex(State())

  /// Calls `body` with a broker, which is closed at its end.
  /// - Parameters:
  ///   - port: where it listens, or 0 for a port that is free.
  ///   - isIPv6: whether it listens on ::1, else on 127.0.0.1.
  ///   - path: the Unix socket that it listens on instead.
  ///   - isDeaf: whether it accepts connections, and reads nothing of them.
  ///   - script: what it does.
  ///   - body: what to do while it listens.
  /// - Returns: what `body` returned.
  /// - Throws: what `body` threw, or `Errno` where it cannot listen.
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
    listener.start { [self] in serve(MQTTConnection($0, number: $1)) }
  }

  /// Where it listens; 0 on a Unix socket.
  public var port: Int { listener.port }

  /// A client of it, which needs no login.
  public var client: MQTTClient { MQTTClient(port: port, login: nil) }

  // MARK: - What it got

  /// The packets that it has read, in order.
  public var packets: [MQTTPacket] { state.withLock(\.packets) }

  /// The packets of a kind, in order.
  public func packets(_ kind: MQTTPacketKind) -> [MQTTPacket] {
    packets.filter { $0.kind == kind }
  }

  /// What the clients have said of themselves, a connection each.
  public var connects: [MQTTConnect] { packets.compactMap(\.connect) }

  /// The messages that it has taken, each as often as a broker would pass it on: those without
  /// acknowledgement, and those that it has acknowledged as taken, of QoS 2 once.
  public var taken: [MQTTMessage] { state.withLock(\.taken) }

  /// What it has got that was no packet of MQTT, which ended the connection; mostly a test expects
  /// that there is none.
  public var malformed: [String] { state.withLock(\.malformed) }

  /// How many connections it has accepted.
  public var connectionCount: Int { listener.connectionCount }

  /// How many connections are open.
  public var openCount: Int { listener.openCount }

  /// Waits until a condition on the broker holds.
  /// - Parameters:
  ///   - limit: how long to wait.
  ///   - condition: asked every 5 ms.
  /// - Throws: `Unmet` where it does not come to hold.
  public func wait(
    within limit: Duration = .seconds(30), until condition: (ScriptedBroker) -> Bool
  ) async throws {
    let holds = try await Deadline(in: limit).poll(every: .milliseconds(5)) { condition(self) }
    if !holds { throw Unmet(self) }
  }

  /// A condition that did not come to hold.
  public struct Unmet: Error, CustomStringConvertible {
    public let description: String

    init(_ broker: ScriptedBroker) {
      let packets = broker.packets
      description =
        "not so within the limit, after \(packets.count) packets:\n"
        + (packets.suffix(20).map(\.description) + broker.malformed).joined(separator: "\n")
    }
  }

  // MARK: - What it does by itself

  /// Sends a message to all who have subscribed to whatever, and are still there.
  public func publish(_ message: MQTTMessage, _ properties: MQTTProperties = [:]) {
    for connection in state.withLock({ Array($0.subscribed.values) }) {
      connection.write(message, properties)
    }
  }

  /// Ends all connections; who connects from now on is served.
  public func endConnections() { listener.endConnections() }

  /// Refuses who connects from now on, and ends all connections; doing so twice is no error.
  public func close() { listener.close() }

  // MARK: - Connections

  private func serve(_ connection: MQTTConnection) {
    if isDeaf {
      connection.waitUntilShut()
      return connection.end()
    }
    var connect: MQTTPacket?
    var isReset = false
    do {
      while let packet = try connection.readPacket() {
        if packet.kind == .connect { connect = packet }
        guard let connect else { break }
        state.withLock { $0.packets.append(packet) }
        let answers = script(packet)
        let isKnown = note(packet, answers, of: connect)
        // Before the answer, behind which a test may have something sent at once.
        if packet.kind == .subscribe {
          state.withLock { $0.subscribed[connection.number] = connection }
        }
        let goesOn = answers.allSatisfy {
          isReset = $0 == .reset
          return carryOut($0, to: packet, isKnown: isKnown, on: connection)
        }
        guard goesOn, packet.kind != .disconnect else { break }
      }
    } catch {
      state.withLock { $0.malformed.append("\(connection.number): \(error)") }
    }
    forget(connection, of: connect)
    if isReset { connection.reset() } else { connection.end() }
  }

  /// Notes what a packet changes, with what will be answered to it.
  /// - Returns: whether there is a session of this client from before.
  private func note(
    _ packet: MQTTPacket, _ answers: [MQTTAnswer], of connect: MQTTPacket
  ) -> Bool {
    guard let client = connect.connect else { return false }
    return state.withLock { state in
      let isKnown = !client.isClean && state.sessions[client.clientID] != nil
      switch packet.kind {
      case .connect:
        guard let goesOn = answers.lazy.compactMap({ $0.letsIn(isKnown: isKnown) }).first
        else { break }
        let old = goesOn ? state.sessions[client.clientID]?.unreleased : nil
        state.sessions[client.clientID] = Session(
          connection: packet.connection, unreleased: old ?? [])
      case .pubrel:
        if let id = packet.id { state.sessions[client.clientID]?.unreleased.remove(id) }
      case .publish:
        guard let message = packet.message else { break }
        guard message.qos == 0 || answers.contains(where: \.isTaking) else { break }
        if message.qos == 2, let id = packet.id, !answers.contains(.acknowledge(.puback)),
          state.sessions[client.clientID]?.unreleased.insert(id).inserted == false
        {
          break
        }
        state.taken.append(message)
      default: break
      }
      return isKnown
    }
  }

  /// Forgets a connection, and the session of a client that does not want it to be kept.
  private func forget(_ connection: MQTTConnection, of connect: MQTTPacket?) {
    state.withLock { state in
      state.subscribed[connection.number] = nil
      guard let connect, let client = connect.connect?.clientID, !Self.keepsSession(connect),
        state.sessions[client]?.connection == connection.number
      else { return }
      state.sessions[client] = nil
    }
  }

  /// Whether a client wants its session to be kept.
  private static func keepsSession(_ packet: MQTTPacket) -> Bool {
    if packet.version < 5 { return packet.connect?.isClean == false }
    if case .number(let seconds) = packet.properties[.sessionExpiry] { return seconds > 0 }
    return false
  }

  /// Does a step.
  /// - Returns: false where it ends the connection.
  private func carryOut(
    _ answer: MQTTAnswer, to packet: MQTTPacket, isKnown: Bool, on connection: MQTTConnection
  ) -> Bool {
    switch answer {
    case .usual:
      return reply(to: packet, reason: 0, [:], isKnown: isKnown, on: connection)
    case .reason(let reason, let properties):
      return reply(to: packet, reason: reason, properties, isKnown: isKnown, on: connection)
    case .connack(let code, let sessionPresent, let properties):
      connection.writeConnack(code, sessionPresent: sessionPresent, properties)
      return code == 0
    case .acknowledge(let kind, let reason):
      if let id = packet.id { connection.write(kind, id: id, reasons: [reason]) }
    case .publish(let message, let properties): connection.write(message, properties)
    case .disconnect(let reason):
      connection.writeDisconnect(reason)
      return false
    case .bytes(let bytes): connection.write(bytes)
    case .close, .reset: return false
    case .deaf:
      connection.waitUntilShut()
      return false
    }
    return true
  }

  /// Sends the packet that answers one of its kind.
  /// - Returns: false where it ends the connection.
  private func reply(
    to packet: MQTTPacket, reason: UInt8, _ properties: MQTTProperties, isKnown: Bool,
    on connection: MQTTConnection
  ) -> Bool {
    let id = packet.id ?? 0
    switch packet.kind {
    case .connect:
      connection.writeConnack(reason, sessionPresent: isKnown && reason == 0, properties)
      return reason == 0
    case .publish where id > 0:
      let kind: MQTTPacketKind = packet.message?.qos == 1 ? .puback : .pubrec
      connection.write(kind, id: id, reasons: [reason], properties)
    case .pubrec where packet.reason < 0x80:
      connection.write(.pubrel, id: id, reasons: [reason], properties)
    case .pubrel: connection.write(.pubcomp, id: id, reasons: [reason], properties)
    case .subscribe:
      let reasons = packet.requestedQoS.map { reason == 0 ? UInt8($0) : reason }
      connection.write(.suback, id: id, reasons: reasons, properties)
    case .unsubscribe:
      let reasons = packet.filters.map { _ in reason }
      connection.write(.unsuback, id: id, reasons: reasons, properties)
    case .pingreq: connection.write(MQTTWriter.packet(.pingresp) { _ in })
    default: break
    }
    return true
  }
}
