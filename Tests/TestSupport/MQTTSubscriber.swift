import Synchronization

/// A running `mosquitto_sub`, which connects and subscribes again by itself when the broker was
/// away.
public final class MQTTSubscriber: Sendable {
  // The debug output shares the stream, so messages need a mark; the payload is hexadecimal, so a
  // message is always one line.
  static let format = "message\t%q\t%r\t%x\t%t"

  let program: RunningProgram
  /// What was made of the first bytes of the output; each is looked at once.
  private let read = Mutex<(bytes: Int, messages: [MQTTMessage])>((0, []))

  init(program: RunningProgram) {
    self.program = program
  }

  /// The messages received so far, in order.
  public var messages: [MQTTMessage] {
    read.withLock { read in
      let rest = program.output(from: read.bytes)
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return read.messages }
      for line in rest[..<end].split(separator: UInt8(ascii: "\n")) {
        if let message = MQTTMessage(line: String(decoding: line, as: UTF8.self)) {
          read.messages.append(message)
        }
      }
      read.bytes += end + 1
      return read.messages
    }
  }

  /// Waits until the messages received so far satisfy the condition.
  /// - Throws: `ProgramFailure`, with all that was received, if they do not in time.
  public func wait(
    within limit: Duration = .seconds(10), until condition: ([MQTTMessage]) -> Bool
  ) async throws {
    try await program.wait(for: "matching messages", within: limit) { _ in condition(messages) }
  }

  /// Waits until the broker has acknowledged this many subscriptions, counted from the start; each
  /// time it comes back there is one more.
  /// - Throws: `ProgramFailure` if it does not, or refuses.
  public func waitUntilSubscribed(
    times count: Int = 1, within limit: Duration = .seconds(10)
  ) async throws {
    try await program.wait(for: "acknowledged subscription", within: limit) { program in
      let grants = program.text.split(separator: "\n").filter { $0.hasPrefix("Subscribed (mid:") }
      // From 128 on it is a reason why there is none.
      let areRefused = grants.contains { (Int($0.split(separator: " ").last ?? "") ?? 0) >= 128 }
      return grants.count >= count && !areRefused
    }
  }
}

extension MQTTMessage {
  /// A line of the output; nil if it is debug output.
  fileprivate init?(line: String) {
    let fields = line.split(separator: "\t", maxSplits: 4, omittingEmptySubsequences: false)
    guard fields.count == 5, fields[0] == "message", let qos = Int(fields[1]) else { return nil }
    let digits = fields[3].compactMap(\.hexDigitValue)
    self.init(
      topic: String(fields[4]), qos: qos, isRetained: fields[2] == "1",
      payload: stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
      })
  }
}
