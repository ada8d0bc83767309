import CommandLine
import Delivery

extension Messages {
  /// Says what happened to an outbox.
  ///
  /// - Parameters:
  ///   - events: what happened.
  ///   - outboxName: what messages call it.
  public func say(_ events: [OutboxEvent], of outboxName: String) {
    for event in events {
      say(event.isGood ? .notice : .warning, outboxName, event.description, repeating: event.kind)
    }
  }
}
