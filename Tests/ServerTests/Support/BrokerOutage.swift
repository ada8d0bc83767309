import TestSupport

/// Ways in which a broker stays unavailable.
enum BrokerOutage: CaseIterable {
  case rejectsTheLogin
  case closesAtOnce
  case neverSendsConnack
  case neverAnswersTLS
  case neverAcknowledges

  var isDeaf: Bool { self == .neverAnswersTLS }

  /// More options for the client.
  var options: [String] { self == .neverAnswersTLS ? ["--tls"] : [] }

  func answers(to packet: MQTTPacket) -> [MQTTAnswer] {
    switch (self, packet.kind) {
    case (.rejectsTheLogin, .connect): [.connack(packet.version == 5 ? 0x86 : 4)]
    case (.closesAtOnce, .connect): [.close]
    case (.neverSendsConnack, .connect), (.neverAcknowledges, .publish): []
    default: [.usual]
    }
  }
}
