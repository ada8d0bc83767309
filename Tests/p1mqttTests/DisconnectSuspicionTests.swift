import Testing

@testable import p1mqtt

/// The message after which a broker ends each connection.
@Suite struct DisconnectSuspicionTests {
  private let start = ContinuousClock.now
  private let status = message("p1/status", .status)
  private let record = message("p1/E1/record", .record(1))

  private static func message(_ topic: String, _ purpose: Message.Purpose) -> Message {
    Message(topic: topic, payload: [], purpose: purpose, isRetained: false)
  }

  /// Each connection begins with these messages, which are answered at once, and is lost a moment later.
  private func losses(
    _ connections: [[Message]], inFlight: Message? = nil, after time: Duration = .milliseconds(10)
  ) -> [String?] {
    var suspicion = DisconnectSuspicion()
    return connections.enumerated().map { number, messages in
      suspicion.connected()
      var now = start + .seconds(60 * number)
      for message in messages {
        suspicion.noteSent(message, at: now)
        suspicion.noteAnswer(toAnnouncement: message, at: now)
      }
      // The next message follows later while one is suspected.
      if inFlight != nil, suspicion.hasSuspect { now = suspicion.separationEnd(at: now) ?? now }
      return suspicion.lose(oldestInFlight: inFlight, isStable: false, at: now + time)?.topic
    }
  }

  @Test func theAnnouncementBeforeEachLossIsFound() {
    let sensors = ["a", "b", "a"].map { Self.message("homeassistant/\($0)", .discovery) }
    #expect(losses(sensors.map { [$0] }) == [nil, nil, "homeassistant/a"])
    // Announcements of two kinds.
    #expect(losses([[status], [sensors[0]], [status]]) == [nil, nil, nil])
  }

  /// The status before it is blamed once, until the two are apart.
  @Test func aRecordIsToldFromTheAnnouncementBeforeIt() {
    let connections = [[Message]](repeating: [status], count: 4)
    #expect(losses(connections, inFlight: record) == [nil, nil, nil, "p1/E1/record"])
  }

  /// A line that breaks now and then, and a broker that is restarted.
  @Test func anAnnouncementThatWasAnsweredLongAgoIsNotBlamed() {
    let connections = [[Message]](repeating: [status], count: 5)
    #expect(losses(connections, after: .seconds(3)) == [nil, nil, nil, nil, nil])
    // It is sent again just before the end.
    var suspicion = DisconnectSuspicion()
    for _ in 0..<5 {
      suspicion.connected()
      suspicion.noteAnswer(toAnnouncement: status, at: start)
      suspicion.noteSent(status, at: start + .seconds(3))
      #expect(
        suspicion.lose(oldestInFlight: status, isStable: false, at: start + .seconds(3))?.topic
          == nil)
    }
  }

  @Test func whatIsAcknowledgedIsNotSuspected() {
    var suspicion = DisconnectSuspicion()
    for _ in 0..<5 {
      suspicion.connected()
      #expect(suspicion.lose(oldestInFlight: record, isStable: false, at: start)?.topic == nil)
      suspicion.noteAcknowledged(record)
      #expect(!suspicion.hasSuspect)
    }
  }
}
