import TestSupport

/// The receiver of a sink's records: a database, or a broker with a subscriber.
enum Receiver {
  case database(InfluxDB)
  case broker(Mosquitto, MQTTSubscriber)

  enum Kind: CaseIterable, Sendable { case database, broker }

  /// Calls `body` with a receiver that has no login, and a sink for it.
  /// - Parameter payload: the messages to a broker, `json` or `record`.
  static func with(
    _ kind: Kind, payload: String = "record", _ options: [String] = [],
    _ body: (Receiver, SpoolingSink) async throws -> Void
  ) async throws {
    switch kind {
    case .database:
      try await SpoolingSink.withInfluxDB(options) { try await body(.database($0), $1) }
    case .broker:
      try await SpoolingSink.withMosquitto(payload, options) { broker, sink, subscriber in
        try await body(.broker(broker, subscriber), sink)
      }
    }
  }

  var server: any Server {
    switch self {
    case .database(let database): database
    case .broker(let broker, _): broker
    }
  }

  /// Starts the server after the first `kill()`, and returns when records reach the receiver again.
  func restart() async throws {
    try await server.start()
    if case .broker(_, let subscriber) = self {
      try await subscriber.waitUntilSubscribed(times: 2, within: .seconds(60))
    }
  }

  /// The numbers of the records received so far: of a database in the order of time, of a broker in the
  /// order of arrival.
  var numbers: [Int] {
    get async throws {
      switch self {
      case .database(let database): try await database.numbers
      case .broker(_, let subscriber): subscriber.messages.compactMap(\.number)
      }
    }
  }

  /// Waits until it has received a record.
  func waitForRecord() async throws -> Bool {
    try await Deadline(in: .seconds(60)).poll { try await !numbers.isEmpty }
  }

  /// The tally once all records have arrived, or half a minute later.
  func tally(of sent: Int) async throws -> NumberedTally {
    switch self {
    case .database(let database): try await database.tally(of: sent)
    case .broker(_, let subscriber): try await subscriber.tally(of: sent)
    }
  }
}
