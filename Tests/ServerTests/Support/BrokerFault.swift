import TestSupport

/// What a scripted broker does wrong on its first connections; later ones work.
enum BrokerFault: CaseIterable {
  case noConnack
  case noAnswerAtAll
  case noAnswerFromOneOn
  case noAnswerToOne
  case answerToAnother
  case closesBeforeAnAnswer
  case closesBehindAnAnswer
  case closesAtARelease
  case resets
  case readsNoMore
  case isBusy
  case givesTheSessionToAnother
  case hasNoRoom
  case garbage

  /// The number of connections with the fault.
  static let connections = 2
  /// The position in a connection of the message with the fault.
  private static let place = 7

  /// Whether it acknowledges later messages, but not this one.
  var leavesOneOut: Bool { [.noAnswerToOne, .answerToAnother].contains(self) }

  func answers(to packet: MQTTPacket) -> [MQTTAnswer] {
    guard packet.connection <= Self.connections else { return [.usual] }
    let isFaulty = packet.ordinal >= Self.place
    switch (self, packet.kind) {
    case (.noConnack, .connect), (.noAnswerAtAll, .publish): return []
    case (.closesAtARelease, .pubrel) where isFaulty: return [.close]
    case (_, .publish) where isFaulty: return wrongAnswers(to: packet)
    default: return [.usual]
    }
  }

  private func wrongAnswers(to packet: MQTTPacket) -> [MQTTAnswer] {
    let isFirst = packet.ordinal == Self.place
    return switch self {
    case .noAnswerFromOneOn: []
    case .noAnswerToOne: isFirst ? [] : [.usual]
    case .answerToAnother: isFirst ? [.bytes([0x40, 2, 0x7F, 0xFF])] : [.usual]
    case .closesBeforeAnAnswer: [.close]
    case .closesBehindAnAnswer: [.usual, .close]
    case .resets: [.reset]
    case .readsNoMore: [.deaf]
    case .isBusy: [.disconnect(0x89)]
    case .givesTheSessionToAnother: [.disconnect(0x8E)]
    case .hasNoRoom: [.disconnect(0x97)]
    case .garbage: [.bytes([UInt8](repeating: 0xFF, count: 20))]
    case .noConnack, .noAnswerAtAll, .closesAtARelease: [.usual]
    }
  }
}
