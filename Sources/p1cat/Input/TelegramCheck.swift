import CommandLine
import Records
import SystemPackage
import Telegrams

/// Waits for one telegram of a meter, for `--check --connect`.
enum TelegramCheck {
  /// How long to wait: a meter is found at the second speed within this time.
  static let timeout = BaudRateSearch.longestSearch + .seconds(2)

  /// - Returns: what was received, for people.
  /// - Throws: `Failure` if the source fails, or no telegram arrives.
  static func run(
    _ opened: any Source, within timeout: Duration, _ messages: Messages,
    newFramer: () -> Framer
  ) throws -> String {
    var source = opened
    var framer = newFramer()
    var byteCount = 0
    var lastRead = ContinuousClock.now
    let deadline = lastRead + timeout
    while .now < deadline {
      let ready = try wait(for: source.interests, until: earliest(deadline, source.deadline))
      let arrival = try source.read(ready, after: lastRead, into: &framer)
      lastRead = .now
      if case .bytes(let count) = arrival { byteCount += count }
      while let event = framer.next(atEnd: arrival == .end, isSourceLost: arrival == .gap) {
        switch event {
        case .telegram(let telegram):
          source.receivedTelegram(afterEnd: false)
          return description(of: framer.bytes[telegram.range])
        case .dropped(let defect):
          messages.say(.warning, source.name, "telegram dropped: \(defect)", repeating: "dropped")
        }
      }
      if arrival == .end { break }
      if arrival == .gap { framer = newFramer() }
    }
    let reason =
      byteCount > 0
      ? "\(SourceFault.noTelegrams(source.streamKind))"
      : "nothing received for \(timeout.inSeconds) s; check the cable, and ask the grid operator "
        + "whether the port is active"
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
