/// What a scripted broker does about a packet, step by step; `[]` is nothing at all, on a connection
/// that stays.
public enum MQTTAnswer: Sendable, Equatable {
  /// What a broker answers that has done all that it was asked.
  case usual
  /// The usual kind of answer with this reason, for each filter of a SUBSCRIBE; MQTT 3.1.1 knows one
  /// only for CONNECT, where it ends the connection, and for SUBSCRIBE.
  case reason(UInt8, MQTTProperties = [:])
  /// A CONNACK, and the end of the connection where the reason is not 0.
  case connack(UInt8 = 0, sessionPresent: Bool = false, properties: MQTTProperties = [:])
  /// A packet of this kind with the number of that which is answered, such as a PUBACK for QoS 2.
  case acknowledge(MQTTPacketKind, UInt8 = 0)
  /// A message to the client.
  case publish(MQTTMessage, MQTTProperties = [:])
  /// In MQTT 5 a DISCONNECT; in any case the end of the connection.
  case disconnect(UInt8)
  /// Bytes as they are.
  case bytes([UInt8])
  /// The end of the connection.
  case close
  /// The end of the connection by a machine that knows nothing of it.
  case reset
  /// From now on nothing is read, on a connection that stays.
  case deaf

  /// What a broker that knows only MQTT 3.1.1 answers to the CONNECT of another version.
  public static let unknownVersion = [MQTTAnswer.bytes([0x20, 2, 0, 1]), .close]

  /// Whether a client that is answered so is told that it has a session of before, as it has where
  /// `isKnown`; nil where it is not let in.
  func letsIn(isKnown: Bool) -> Bool? {
    switch self {
    case .usual, .reason(0, _): isKnown
    case .connack(0, let sessionPresent, _): sessionPresent
    default: nil
    }
  }

  /// Whether a message that is answered so has been taken.
  var isTaking: Bool {
    switch self {
    case .usual: true
    case .reason(let reason, _): reason < 0x80
    case .acknowledge(let kind, let reason): [.puback, .pubrec].contains(kind) && reason < 0x80
    default: false
    }
  }
}
