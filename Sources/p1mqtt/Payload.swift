/// What a message says.
enum Payload {
  /// A value alone: a topic a metric.
  case value
  /// A record, as a JSON object.
  case json
  /// A record, as the pipe has it: p1record(5).
  case record

  /// Whether it says when it was measured, so that it counts however late it comes.
  var isTimed: Bool { self != .value }

  /// The least quality of service that will do: with 0 nobody says that a message has arrived, and
  /// what counts however late waits for that.
  var leastQoS: Int { isTimed ? 1 : 0 }

  /// The topics that it goes to where no others are asked for.
  var topic: String {
    switch self {
    case .value: "{prefix}/{metric}"
    case .json: "{prefix}/{meter}/json"
    case .record: "{prefix}/{meter}/record"
    }
  }
}
