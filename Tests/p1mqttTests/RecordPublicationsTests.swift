import CommandLine
import Delivery
import Records
import Testing

@testable import p1mqtt

extension RecordPublications {
  fileprivate var counters: String { Counter.line(statistics.counters) }
}

/// Records on their way to a broker: which are sent, again and anew, and when they leave the outbox.
@Suite struct RecordPublicationsTests {
  @Test func aRecordLeavesOnceItIsAnsweredAndAllBeforeIt() throws {
    var publications = try publications(of: 4)
    let sent = messages(&publications)
    #expect(numbers(sent) == [0, 1, 2, 3])
    publications.arrived(sent[1])
    publications.arrived(sent[3])
    #expect(publications.counters.hasPrefix("records=4 delivered=0 waiting=4 "))
    publications.arrived(sent[0])
    #expect(publications.counters.hasPrefix("records=4 delivered=2 waiting=2 "))
    publications.rejected(sent[2], "no")
    #expect(publications.counters.hasPrefix("records=4 delivered=3 waiting=0 rejected=1 "))
    #expect(publications.isEmpty)
  }

  @Test func whatWasNotAnsweredIsSentAgainInOrder() throws {
    var publications = try publications(of: 5)
    let sent = messages(&publications)
    publications.arrived(sent[2])
    publications.disconnected([sent[0], sent[1], sent[3], sent[4]])
    let again = messages(&publications)
    #expect(numbers(again) == [0, 1, 3, 4])
    for message in again { publications.arrived(message) }
    #expect(publications.isEmpty)
    #expect(publications.counters.contains("delivered=5 "))
  }

  /// However many answers come behind one that does not.
  @Test func noMoreAreSentBeyondOneWithoutAnAnswer() throws {
    var publications = try publications(of: 3000)
    var sent: [Message] = []
    while let message = next(&publications) {
      sent.append(message)
      if sent.count > 1 { publications.arrived(message) }
    }
    #expect(sent.count == 1000)
    publications.arrived(sent[0])
    #expect(next(&publications) != nil)
  }

  /// The outbox has no room for the oldest while they are on their way: what arrives all the same is
  /// delivered, and not dropped.
  @Test func whatWasDroppedAndArrivesIsDelivered() throws {
    var publications = try publications(of: 100, capacity: 100_000)
    let sent = messages(&publications)
    #expect(sent.count == 100)
    for number in 100..<2000 { try take(number, &publications) }
    let before = publications.statistics.counts
    #expect(before.delivered == 0 && before.dropped > 100)
    for message in sent { publications.arrived(message) }
    #expect(publications.statistics.counts.delivered == 100)
    #expect(publications.statistics.counts.dropped == before.dropped - 100)
    while let message = next(&publications) { publications.arrived(message) }
    #expect(publications.isEmpty)
    let counts = publications.statistics.counts
    #expect(counts.read == 2000 && counts.delivered + counts.dropped == 2000)
  }

  /// Its device is there, though nothing of it is sent.
  @Test func aSubmeterThatSaysNothingNewStaysAnnounced() throws {
    let settings = try PublishSettings(
      Settings { ["MQTT_PAYLOAD": "json", "MQTT_ON_CHANGE": "86400"][$0] })
    var discovery: Discovery? = Discovery(
      "homeassistant", settings, capacity: 1 << 20)
    var publications = RecordPublications(
      Topics(settings.template, capacity: 1 << 20) { _ in false }, .json, retains: false,
      ChangeFilter(repeatInterval: 86_400, capacity: 1 << 20),
      in: MemoryOutbox(capacity: 1 << 20))
    var announced: [Message] = []
    for number in 0..<4000 {
      for fields in ["meter=E1 power_import_kw=\(number)", "meter=G1 channel=1 gas_m3=5"] {
        publications.take(try Record.fields(fields), &discovery, at: .now)
        while let message = publications.next() { publications.arrived(message) }
        while let message = discovery?.takeMessage(at: .now) { announced.append(message) }
      }
    }
    #expect(announced.map(\.payload.isEmpty) == [false, false])
    #expect(publications.statistics.counts.delivered == 4001)
  }

  private func publications(
    of count: Int, capacity: Int = 16 << 20
  ) throws -> RecordPublications {
    let template = try TopicTemplate(Payload.record.topic, prefix: "dsmr", .record) {
      Failure("--topic", $0, .usage)
    }
    var publications = RecordPublications(
      Topics(template, capacity: 1 << 20) { _ in false }, .record, retains: false, nil,
      in: MemoryOutbox(capacity: capacity))
    for number in 0..<count { try take(number, &publications) }
    return publications
  }

  private func take(_ number: Int, _ publications: inout RecordPublications) throws {
    var nobody: Discovery?
    publications.take(try Record.fields("meter=E1 n=\(number)"), &nobody, at: .now)
  }

  private func next(_ publications: inout RecordPublications) -> Message? {
    return publications.next()
  }

  private func messages(_ publications: inout RecordPublications) -> [Message] {
    var messages: [Message] = []
    while let message = next(&publications) { messages.append(message) }
    return messages
  }

  private func numbers(_ messages: [Message]) -> [Int] {
    messages.compactMap { message in
      let text = String(decoding: message.payload, as: UTF8.self)
      return text.split(separator: "\n").last.flatMap { Int($0.dropFirst("n=".count)) }
    }
  }
}
