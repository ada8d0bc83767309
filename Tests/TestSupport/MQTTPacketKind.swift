/// The kinds of packets of MQTT, by their numbers.
public enum MQTTPacketKind: UInt8, Sendable, CaseIterable {
  case connect = 1
  case connack
  case publish
  case puback
  case pubrec
  case pubrel
  case pubcomp
  case subscribe
  case suback
  case unsubscribe
  case unsuback
  case pingreq
  case pingresp
  case disconnect
  case auth

  /// The lower half of the first byte, where the kind decides about it.
  var flags: UInt8 {
    switch self {
    case .pubrel, .subscribe, .unsubscribe: 2
    default: 0
    }
  }
}
