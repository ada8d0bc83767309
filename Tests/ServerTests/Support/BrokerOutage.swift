import TestSupport

/// Ways in which a broker stays unavailable.
enum BrokerOutage: CaseIterable {
  case rejectsTheLogin
  case closesAtOnce
  case neverGreets
  case neverAnswersTLS
  case neverTakesAMessage

  var isDeaf: Bool { self == .neverAnswersTLS }

  /// More options for the client.
  var options: [String] { self == .neverAnswersTLS ? ["--tls"] : [] }

  func answers(to packet: MQTTPacket) -> [MQTTAnswer] {
    switch (self, packet.kind) {
    case (.rejectsTheLogin, .connect): [.connack(packet.version == 5 ? 0x86 : 4)]
    case (.closesAtOnce, .connect): [.close]
    case (.neverGreets, .connect), (.neverTakesAMessage, .publish): []
    default: [.usual]
    }
  }
}
