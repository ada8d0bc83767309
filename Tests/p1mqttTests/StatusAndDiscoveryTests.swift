import CommandLine
import Records
import Sinks
import Testing

@testable import p1mqtt

/// When values wait for announcements, and how a second process is noticed.
@Suite struct StatusAndDiscoveryTests {
  private let start = ContinuousClock.now

  private func announcements(_ settings: [String: String] = [:]) throws -> StatusAndDiscovery {
    let usual = ["MQTT_HOMEASSISTANT": "True", "MQTT_HOMEASSISTANT_DISCOVERY": "component"]
    let settings = Settings { usual.merging(settings) { $1 }[$0] }
    return StatusAndDiscovery(
      try PublishSettings(settings), MemoryLimits(buffer: 1 << 20))
  }

  private func connect(_ announcements: inout StatusAndDiscovery) {
    announcements.connected(resending: [], isSubscribing: true, at: start)
  }

  private func echo(_ text: String, _ announcements: inout StatusAndDiscovery) {
    let topic = announcements.offline?.topic ?? ""
    _ = announcements.receive(topic: topic, Array(text.utf8), isRetained: false)
  }

  private func holds(_ announcements: inout StatusAndDiscovery, _ now: ContinuousClock.Instant)
    -> Bool
  {
    announcements.advance(at: now)
    return announcements.delaysValues(at: now)
  }

  private func logged(_ announcements: inout StatusAndDiscovery) -> [String] {
    announcements.takeLogMessages().map(\.kind)
  }

  private func drain(_ announcements: inout StatusAndDiscovery) -> [Message] {
    var messages: [Message] = []
    while let message = announcements.next(at: start) { messages.append(message) }
    return messages
  }

  /// The status that comes back follows what the broker retains.
  @Test func valuesWaitForWhatTheBrokerRetains() throws {
    var announcements = try announcements()
    connect(&announcements)
    #expect(holds(&announcements, start))
    #expect(drain(&announcements).map(\.topic) == [announcements.offline?.topic])
    echo("online", &announcements)
    #expect(!holds(&announcements, start))
    // Without it, they wait for a bounded time.
    connect(&announcements)
    #expect(holds(&announcements, start + .seconds(4)))
    #expect(!holds(&announcements, start + .seconds(6)))
    connect(&announcements)
    announcements.endSynchronization()
    #expect(!holds(&announcements, start))
  }

  /// The broker may answer a change of the connection before while announcements of earlier runs are still to come.
  @Test func valuesWaitForBothAnnouncementsAndChanges() throws {
    let now = start
    var delay = ValueDelay(isSynchronizing: true, at: now)
    func isWaiting(_ seconds: Int) -> Bool {
      delay.advance(at: now + .seconds(seconds))
      return delay.isInForce(isPostponing: false, at: now + .seconds(seconds))
    }
    delay.noteChange()
    delay.noteAnswer(at: now)
    #expect(isWaiting(4))
    delay.noteChange()
    delay.noteAnswer(at: now + .seconds(4))
    delay.endSynchronization()
    #expect(isWaiting(5))
    #expect(!isWaiting(7))
  }

  /// A deadline in the past would keep the processor busy during an outage.
  @Test func nothingIsDueWithoutAConnection() throws {
    var announcements = try announcements()
    connect(&announcements)
    #expect(announcements.deadline(isConnected: true) != nil)
    announcements.disconnected()
    #expect(announcements.deadline(isConnected: false) == nil)
    #expect(!holds(&announcements, start))
  }

  /// Home Assistant would book the values of the new meter as consumption of the old one.
  @Test func valuesWaitUntilAReplacedMeterIsWithdrawn() throws {
    var announcements = try announcements()
    connect(&announcements)
    echo("online", &announcements)
    _ = drain(&announcements)
    echo("online", &announcements)
    for meter in ["E1", "E2"] {
      for message in drain(&announcements) {
        announcements.answered(message, isAccepted: true, at: start)
      }
      announcements.discovery?.noteRecord(
        [SensorValue("energy_import_kwh", "p1/energy_import_kwh", [])],
        of: MeterKey(try Record.fields("meter=\(meter)")))
    }
    let changes = drain(&announcements)
    #expect(
      changes.filter(\.payload.isEmpty).map(\.topic)
        == ["homeassistant/sensor/p1_E1/energy_import_kwh/config"])
    #expect(holds(&announcements, start + .seconds(5)))
    for message in changes {
      announcements.answered(message, isAccepted: true, at: start + .seconds(5))
    }
    #expect(holds(&announcements, start + .seconds(6)))
    #expect(!holds(&announcements, start + .seconds(8)))
    // A sensor that gets another topic.
    announcements.discovery?.noteRecord(
      [SensorValue("energy_import_kwh", "p1/E2/energy_import_kwh", [])],
      of: MeterKey(try Record.fields("meter=E2")))
    _ = drain(&announcements)
    #expect(holds(&announcements, start + .seconds(100)))
    // Values do not wait for ever.
    #expect(!holds(&announcements, start + .seconds(111)))
  }

  /// Otherwise the status of a silent meter would become `online` again by that of the tool.
  @Test func theStatusOfTheToolIsNotThatOfAMeter() throws {
    var announcements = try announcements([
      "MQTT_STATUS": "{prefix}/{id}/status", "MQTT_CLIENT_UNIQ": "E1", "MQTT_METER_TIMEOUT": "60",
    ])
    announcements.noteTelegram([try Record.fields("meter=E1 a=1")], at: start)
    #expect(logged(&announcements) == ["meter status"] && logged(&announcements) == [])
    announcements.advance(at: start + .seconds(60))
    #expect(drain(&announcements).isEmpty)
    #expect(announcements.offlineMessages.count == 1)
  }

  /// Both processes log it, and each answers once.
  @Test func aSecondProcessIsNoticed() throws {
    var announcements = try announcements()
    connect(&announcements)
    _ = drain(&announcements)
    echo("online", &announcements)
    #expect(logged(&announcements) == [])
    echo("online", &announcements)
    #expect(logged(&announcements) == ["rival"])
    #expect(drain(&announcements).count == 1)
    // The own answer, and that of the other.
    echo("online", &announcements)
    echo("online", &announcements)
    #expect(drain(&announcements).isEmpty && logged(&announcements) == [])
  }
}
