import CommandLine
import Telegrams

/// What the log says about the frames of a meter.
public enum DecryptionEvent: Equatable, Sendable {
  case noKey(SystemTitle)
  case wrongKey(SystemTitle)
  /// Telegrams are accepted although their tags are wrong.
  case wrongTag(SystemTitle)
  /// Telegrams are rejected because their tags are wrong.
  case rejectedTag(SystemTitle)
  /// Telegrams are rejected because they have no tags.
  case noTag(SystemTitle)
  /// The frames can be decrypted, and hold something else.
  case noTelegram(SystemTitle)
  /// A problem is over.
  case decrypting(SystemTitle)
  case damaged(SystemTitle)
  /// Frame counters that are not greater than an earlier one.
  case replay(SystemTitle, UInt32, after: UInt32, isRejected: Bool)

  fileprivate var level: Messages.Level {
    switch self {
    case .decrypting: .notice
    default: .warning
    }
  }

  /// Events of the same kind count as repetitions when messages are rate-limited.
  fileprivate var kind: String {
    switch self {
    case .damaged: "dropped"
    case .replay: "replay"
    default: description
    }
  }
}

extension DecryptionEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noKey(let title):
      "no key for \(meter(title)); ask the grid operator for it, and add "
        + (title == .none ? "a line with the key alone" : "the line \"\(title) KEY\"")
        + " to the key file"
    case .wrongKey(let title):
      "the telegrams of \(meter(title)) cannot be decrypted: the key is wrong, or bytes are lost; "
        + "compare the key with that of the grid operator"
    case .wrongTag(let title):
      "the telegrams of \(meter(title)) have a wrong authentication tag, and are accepted by their checksums; "
        + "if the grid operator has given an authentication key, set SER_AUTH_KEY_FILE"
    case .rejectedTag(let title):
      "rejecting telegrams of \(meter(title)) with a wrong authentication tag; "
        + "check the key in SER_AUTH_KEY_FILE"
    case .noTag(let title):
      "rejecting telegrams of \(meter(title)) without an authentication tag; leave out --strict-tag"
    case .noTelegram(let title):
      "the encrypted frames of \(meter(title)) hold neither a telegram nor a list of values"
    case .decrypting(let title): "decrypting the telegrams of \(meter(title))"
    case .damaged: "telegram dropped: damaged encrypted frame"
    case .replay(let title, let counter, let last, let isRejected):
      "\(meter(title)): frame counter \(counter) follows \(last); the telegram may have been recorded before"
        + (isRejected ? "; rejecting it; if the key was changed, restart p1cat" : "")
    }
  }

  private func meter(_ title: SystemTitle) -> String {
    title == .none ? "a meter without system title" : "the meter with system title \(title)"
  }
}

extension Messages {
  /// Logs what happened to the frames of a source.
  public func say(_ events: [DecryptionEvent], of source: String) {
    for event in events {
      say(event.level, source, event.description, repeating: event.kind)
    }
  }
}
