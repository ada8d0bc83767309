import TestSupport

/// What a scripted broker does wrong on its first connections; later ones work.
enum BrokerFault: CaseIterable {
  case noConnack
  case noAnswerAtAll
  case noMoreAnswers
  case noAnswerToOne
  case answerToAnother
  case closesBeforeAnAnswer
  case closesAfterAnAnswer
  case closesAtPubrel
  case resets
  case stopsReading
  case serverBusy
  case sessionTakenOver
  case quotaExceeded
  case garbage

  /// The number of connections with the fault.
  static let connections = 2
  /// The ordinal of the first message with the fault.
  private static let faultyOrdinal = 7

  /// Whether it acknowledges later messages, but not this one.
  var skipsAMessage: Bool { [.noAnswerToOne, .answerToAnother].contains(self) }

  func answers(to packet: MQTTPacket) -> [MQTTAnswer] {
    guard packet.connection <= Self.connections else { return [.usual] }
    let isFaulty = packet.ordinal >= Self.faultyOrdinal
    switch (self, packet.kind) {
    case (.noConnack, .connect), (.noAnswerAtAll, .publish): return []
    case (.closesAtPubrel, .pubrel) where isFaulty: return [.close]
    case (_, .publish) where isFaulty: return wrongAnswers(to: packet)
    default: return [.usual]
    }
  }

  private func wrongAnswers(to packet: MQTTPacket) -> [MQTTAnswer] {
    let isFirst = packet.ordinal == Self.faultyOrdinal
    return switch self {
    case .noMoreAnswers: []
    case .noAnswerToOne: isFirst ? [] : [.usual]
    case .answerToAnother: isFirst ? [.bytes([0x40, 2, 0x7F, 0xFF])] : [.usual]
    case .closesBeforeAnAnswer: [.close]
    case .closesAfterAnAnswer: [.usual, .close]
    case .resets: [.reset]
    case .stopsReading: [.deaf]
    case .serverBusy: [.disconnect(0x89)]
    case .sessionTakenOver: [.disconnect(0x8E)]
    case .quotaExceeded: [.disconnect(0x97)]
    case .garbage: [.bytes([UInt8](repeating: 0xFF, count: 20))]
    case .noConnack, .noAnswerAtAll, .closesAtPubrel: [.usual]
    }
  }
}
