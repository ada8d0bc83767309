import TestSupport

/// How a broker is not there for long.
enum BrokerAbsence: CaseIterable {
  case refusesTheLogin
  case closesAtOnce
  case neverGreets
  case neverAnswersTLS
  case neverTakesAMessage

  /// Whether it reads nothing.
  var isDeaf: Bool { self == .neverAnswersTLS }

  /// More options of who connects to it.
  var options: [String] { self == .neverAnswersTLS ? ["--tls"] : [] }

  /// What it does about a packet.
  func answers(to packet: MQTTPacket) -> [MQTTAnswer] {
    switch (self, packet.kind) {
    case (.refusesTheLogin, .connect): [.connack(packet.version == 5 ? 0x86 : 4)]
    case (.closesAtOnce, .connect): [.close]
    case (.neverGreets, .connect), (.neverTakesAMessage, .publish): []
    default: [.usual]
    }
  }
}
