import CommandLine
import Encryption
import Records
import SystemPackage
import Telegrams

/// Waits for one telegram of a meter, for `--check --connect`.
enum TelegramCheck {
  /// How long to wait: a meter is found at any speed within this time.
  static let timeout = BaudRateSearch.longestSearch + .seconds(2)

  /// - Returns: what was received, for people.
  /// - Throws: `Failure` if the source fails, or no telegram arrives.
  static func run(
    _ opened: any Source, within timeout: Duration, _ messages: Messages,
    newFinder: () -> TelegramFinder
  ) throws -> String {
    var source = opened
    var finder = newFinder()
    var byteCount = 0
    var lastRead = ContinuousClock.now
    let deadline = lastRead + timeout
    while .now < deadline {
      let ready = try wait(for: source.interests, until: earliest(deadline, source.deadline))
      let arrival = try source.read(ready, after: lastRead, into: &finder)
      lastRead = .now
      if case .bytes(let count) = arrival { byteCount += count }
      // The number of the meter does not matter here.
      if let deadline = finder.listDeadline { _ = finder.releaseLists(dueAt: deadline) }
      if arrival == .end || arrival == .gap { finder.finish(isLast: arrival == .end) }
      while let event = finder.next(atEnd: arrival == .end, isSourceLost: arrival == .gap) {
        switch event {
        case .telegram(let telegram):
          source.receivedTelegram(afterEnd: false)
          messages.say(finder.takeEvents(), of: source.name)
          return description(of: finder.bytes[telegram.range])
        // The failure tells why no telegram could be decrypted.
        case .dropped(.encrypted) where finder.decryption != nil: break
        case .dropped(let defect):
          messages.say(.warning, source.name, "telegram dropped: \(defect)", repeating: "dropped")
        }
      }
      if finder.takeMessage() { source.receivedMessage() }
      for event in finder.takePushEvents() { messages.say(event, of: source.name) }
      if arrival == .end { break }
      if arrival == .gap { finder.restart() }
    }
    finder.finish(isLast: true)
    if let problem = finder.problem { throw Failure(source.name, problem, .configuration) }
    let reason =
      byteCount > 0
      ? "\(SourceFault.noTelegrams(source.streamKind))"
      : "\(SourceFault.silent(timeout))"
    throw Failure(source.name, reason, .temporaryFailure)
  }

  private static func description(of telegram: ArraySlice<UInt8>) -> String {
    let header = telegram.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
    // A gateway on the network may send anything.
    let name = String(
      decoding: header.map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }, as: UTF8.self)
    return "received a telegram of \(telegram.count) bytes, which begins with \(name)"
  }
}
