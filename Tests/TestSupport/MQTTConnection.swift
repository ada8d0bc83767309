import Foundation
import Synchronization

/// The side of a broker of one connection. It is read on one thread, and written to from any.
final class MQTTConnection: Sendable {
  /// POLLRDHUP of Linux: the other side has ended the connection.
  private static let isLeft: Int16 = 0x2000

  let number: Int

  private struct Reading {
    /// What was read and belongs to the next packet.
    var rest: [UInt8] = []
    var version: Int?
    var counts: [MQTTPacketKind: Int] = [:]
  }
  private let reading = Mutex(Reading())

  private struct Writing {
    /// nil when it is at its end.
    var descriptor: Int32?
    var version = 4
    var id = 0
  }
  private let writing: Mutex<Writing>
  private let descriptor: Int32

  /// - Parameters:
  ///   - descriptor: a connection, which is the caller's to close after `end()` or `reset()`.
  ///   - number: what tells it from others.
  init(_ descriptor: Int32, number: Int) {
    self.descriptor = descriptor
    self.number = number
    writing = Mutex(Writing(descriptor: descriptor))
  }

  // MARK: - Reading

  /// The next packet; nil where the connection ends before it is whole.
  /// - Throws: `MQTTReader.Malformed` where there is something else.
  func readPacket() throws -> MQTTPacket? {
    let packet = try reading.withLock { try readPacket(&$0) }
    if let packet, packet.kind == .connect { writing.withLock { $0.version = packet.version } }
    return packet
  }

  private func readPacket(_ reading: inout Reading) throws -> MQTTPacket? {
    while true {
      var reader = MQTTReader(reading.rest[...])
      if let first = try? reader.byte(), let length = try Self.length(&reader),
        let body = try? reader.bytes(length)
      {
        let packet = try MQTTPacket(
          first: first, body: Array(body), version: reading.version, connection: number,
          ordinal: { (reading.counts[$0] ?? 0) + 1 })
        reading.rest = Array(reader.rest)
        reading.version = packet.version
        reading.counts[packet.kind] = packet.ordinal
        return packet
      }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      reading.rest += buffer[..<count]
    }
  }

  /// The length of a packet; nil where it is not there as a whole.
  private static func length(_ reader: inout MQTTReader) throws -> Int? {
    let isWhole = reader.rest.prefix(4).contains { $0 & 0x80 == 0 } || reader.rest.count >= 4
    return isWhole ? try reader.variable() : nil
  }

  /// Waits, reading nothing, until either side has ended the connection.
  func waitUntilShut() {
    var interest = pollfd(fd: descriptor, events: Self.isLeft, revents: 0)
    while poll(&interest, 1, -1) < 0, errno == EINTR {}
  }

  // MARK: - Writing

  /// Sends bytes.
  func write(_ bytes: [UInt8]) {
    writing.withLock { Self.write(bytes, to: $0.descriptor) }
  }

  /// Sends a CONNACK.
  func writeConnack(_ code: UInt8, sessionPresent: Bool, _ properties: MQTTProperties) {
    writing.withLock { writing in
      let packet = MQTTWriter.packet(.connack) {
        $0.append([sessionPresent ? 1 : 0, code])
        if writing.version == 5 { $0.properties(properties) }
      }
      Self.write(packet, to: writing.descriptor)
    }
  }

  /// Sends a packet that answers one with a number, for a reason, or one a filter. Of what only MQTT 5
  /// has, an older version gets nothing.
  func write(
    _ kind: MQTTPacketKind, id: Int, reasons: [UInt8] = [], _ properties: MQTTProperties = [:]
  ) {
    writing.withLock { writing in
      let packet = MQTTWriter.packet(kind) {
        $0.number(id, 2)
        let isList = kind == .suback || kind == .unsuback
        if isList {
          if writing.version == 5 { $0.properties(properties) }
          if writing.version == 5 || kind == .suback { $0.append(reasons) }
        } else if writing.version == 5, reasons != [0] || !properties.isEmpty {
          $0.append(reasons)
          if !properties.isEmpty { $0.properties(properties) }
        }
      }
      Self.write(packet, to: writing.descriptor)
    }
  }

  /// Sends a message.
  func write(_ message: MQTTMessage, _ properties: MQTTProperties = [:]) {
    writing.withLock { writing in
      let flags = UInt8(message.qos << 1 | (message.isRetained ? 1 : 0))
      if message.qos > 0 { writing.id = writing.id % 65_535 + 1 }
      let packet = MQTTWriter.packet(.publish, flags: flags) {
        $0.text(message.topic)
        if message.qos > 0 { $0.number(writing.id, 2) }
        if writing.version == 5 { $0.properties(properties) }
        $0.append(message.payload)
      }
      Self.write(packet, to: writing.descriptor)
    }
  }

  /// Sends a DISCONNECT, which a server of an older version does not know.
  func writeDisconnect(_ reason: UInt8) {
    writing.withLock { writing in
      guard writing.version == 5 else { return }
      Self.write(MQTTWriter.packet(.disconnect) { $0.append([reason]) }, to: writing.descriptor)
    }
  }

  /// Ends the connection so that the client gets all that was sent: of one that is closed with
  /// something unread, the kernel tells the other side nothing more but that.
  func end() {
    writing.withLock { $0.descriptor = nil }
    shutdown(descriptor, Int32(SHUT_WR))
    let deadline = Deadline(in: .seconds(2))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while !deadline.hasPassed {
      let isReady = poll(&interest, 1, 100) > 0
      if isReady, recv(descriptor, &buffer, buffer.count, 0) <= 0 { return }
    }
  }

  /// Ends the connection as a machine does that knows nothing of it.
  func reset() {
    writing.withLock { $0.descriptor = nil }
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32?) {
    guard let descriptor else { return }
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
