import Records
import Testing

@testable import p1mqtt

@Suite struct MeterStatusesTests {
  private let start = ContinuousClock.now

  private func see(_ meter: String, _ seconds: Int, _ statuses: inout MeterStatuses) throws {
    statuses.noteTelegram(
      of: MeterKey(try Record.fields("meter=\(meter)")), at: start + .seconds(seconds))
  }

  private func drain(_ statuses: inout MeterStatuses) -> [String] {
    var texts: [String] = []
    while let message = statuses.next() {
      texts.append("\(message.topic) \(String(decoding: message.payload, as: UTF8.self))")
    }
    return texts
  }

  @Test func aSilentMeterIsOffline() throws {
    var statuses = MeterStatuses(timeout: 60, prefix: "p1", besides: nil, capacity: 1 << 20)
    #expect(statuses.deadline == nil)
    try see("E1", 0, &statuses)
    try see("E2", 0, &statuses)
    #expect(drain(&statuses) == ["p1/E1/status online", "p1/E2/status online"])
    try see("E2", 59, &statuses)
    statuses.check(start + .seconds(59))
    #expect(statuses.isEmpty)
    #expect(statuses.deadline == start + .seconds(60))
    statuses.check(start + .seconds(60))
    #expect(drain(&statuses) == ["p1/E1/status offline"])
    #expect(statuses.deadline == start + .seconds(119))
    // The broker would drop it.
    try see("E2", 61, &statuses)
    #expect(drain(&statuses) == ["p1/E2/status online"])
    try see("E1", 62, &statuses)
    #expect(drain(&statuses) == ["p1/E1/status online"])
    #expect(statuses.offlineMessages.map(\.topic).sorted() == ["p1/E1/status", "p1/E2/status"])
  }

  @Test func allIsPublishedAgainAfterAConnection() throws {
    var statuses = MeterStatuses(timeout: 60, prefix: "p1", besides: nil, capacity: 1 << 20)
    try see("E1", 0, &statuses)
    try see("E2", 30, &statuses)
    statuses.check(start + .seconds(70))
    _ = drain(&statuses)
    statuses.repeatAll()
    #expect(drain(&statuses).sorted() == ["p1/E1/status offline", "p1/E2/status online"])
  }

  @Test func metersAreBounded() throws {
    var statuses = MeterStatuses(timeout: 60, prefix: "p1", besides: nil, capacity: 1 << 16)
    for number in 0..<10_000 { try see("E\(number)", 0, &statuses) }
    #expect(statuses.offlineMessages.count < 1000)
    #expect(statuses.forgottenCount > 9000)
    // What is not known of a meter is not published.
    #expect(drain(&statuses).allSatisfy { $0.hasSuffix("online") })
  }

  /// The client id may be the number of the meter.
  @Test func noMeterHasTheTopicOfTheTool() throws {
    var statuses = MeterStatuses(
      timeout: 60, prefix: "p1", besides: "p1/E1/status", capacity: 1 << 20)
    try see("E2", 0, &statuses)
    #expect(statuses.unpublished == nil)
    try see("E1", 1, &statuses)
    #expect(statuses.unpublished?.meterLevel == "E1")
    #expect(drain(&statuses) == ["p1/E2/status online"])
    #expect(statuses.offlineMessages.map(\.topic) == ["p1/E2/status"])
    statuses.check(start + .seconds(61))
    statuses.repeatAll()
    #expect(drain(&statuses) == ["p1/E2/status offline"])
  }

  /// A meter may be silent for longer than a status would last.
  @Test func onlyOnlineExpires() throws {
    var statuses = MeterStatuses(timeout: 60, prefix: "p1", besides: nil, capacity: 1 << 20)
    try see("E1", 0, &statuses)
    guard case .onlineMeter? = statuses.next()?.purpose else {
      Issue.record("online does not expire")
      return
    }
    statuses.check(start + .seconds(60))
    guard case .offlineMeter? = statuses.next()?.purpose else {
      Issue.record("offline expires")
      return
    }
  }
}
