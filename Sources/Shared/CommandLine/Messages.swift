import Glibc
import SystemPackage

/// Messages on standard error, one per line: `tool: subject: reason`.
///
/// If standard error is the journal, each line begins with its level, `<3>` to `<6>`
/// (sd-daemon(3)). Repeated messages are written once a minute, with a count.
public final class Messages {
  public enum Level: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    /// Only with `-v`.
    case info = 6
  }

  private struct Repeated {
    var saidAt: ContinuousClock.Instant
    var saidCount = 1
    var withheld = 0
    var last = ""
    var level: Level
  }

  let tool: String
  private let highest: Level
  private let isJournal: Bool
  private let output: FileDescriptor
  private let isTerminal: Bool
  /// Whether the cursor is behind a progress line.
  private var isShowing = false
  /// Whether a write waits for a slow reader of standard error, and how many messages were dropped
  /// instead.
  private var waits = true
  private var droppedCount = 0
  /// Whether only a part of the last message was written.
  private var isLineIncomplete = false
  private let clock = ContinuousClock()
  private var repeated: [String: Repeated] = [:]
  /// Whether `repeated` holds a message that was not written yet.
  private var isWithholding = false

  /// How long repeated messages of a kind are withheld.
  private let silence: Duration

  /// - Parameters:
  ///   - tool: the name that each line begins with.
  ///   - highest: the least important level that is written.
  ///   - silence: how long repeated messages of a kind are withheld.
  public init(
    tool: String, highest: Level = .notice, silence: Duration = .seconds(60),
    to output: FileDescriptor = .standardError
  ) {
    self.tool = tool
    self.highest = highest
    self.silence = silence
    self.output = output
    isTerminal = isatty(output.rawValue) == 1
    isJournal = Messages.isJournal(output)
  }

  /// Writes a message.
  ///
  /// - Parameters:
  ///   - subject: the file, the server or the setting; nil if the message is about the tool itself.
  ///   - reason: what happened, and what to do.
  ///   - kind: messages of the same kind are written once a minute, with a count; nil for no limit.
  ///   - burst: how many of the kind are written within a minute.
  public func say(
    _ level: Level, _ subject: String?, _ reason: String, repeating kind: String? = nil,
    burst: Int = 1
  ) {
    guard level.rawValue <= highest.rawValue else { return }
    var line = subject.map { "\($0): \(reason)" } ?? reason
    if let kind {
      guard let more = countOfWithheld(kind, line, level, burst: burst) else { return }
      if more > 0 { line += " (and \(more) more like it)" }
    }
    write(level, line)
  }

  /// Writes a failure, as an error.
  public func say(_ failure: Failure) {
    say(.error, failure.subject, failure.reason)
    if let hint = failure.hint { say(.error, nil, hint) }
  }

  /// Warns that the settings could not be reloaded, so the tool keeps the previous ones.
  public func warnReloadFailed(_ error: any Error) {
    let failure = error as? Failure
    say(
      .warning, failure?.subject,
      "\(failure?.reason ?? "\(error)"); keeping the previous login")
  }

  /// Does what a tool can continue without, and warns if it fails.
  func warn<Value>(_ body: () throws -> Value) -> Value? {
    do {
      return try body()
    } catch {
      let failure = error as? Failure
      say(.warning, failure?.subject, failure?.reason ?? "\(error)")
      return nil
    }
  }

  /// From now on, messages are dropped and counted while standard error is full: a reader of messages that
  /// stalls must not stop a tool from reading the meter.
  public func stopWaiting() { waits = false }

  /// Writes the answer to a request, even with `-q`.
  public func answer(_ subject: String, _ text: String) {
    write(.notice, "\(subject): \(text)")
  }

  /// Shows progress in a line that replaces the previous one; only on a terminal, and not with `-q`.
  ///
  /// - Parameter text: nil removes the line.
  public func show(_ text: String?) {
    guard showsProgress, text != nil || isShowing, hasRoom else { return }
    isShowing = text != nil
    write(Messages.lineStart + (text.map { "\(tool): \($0)" } ?? ""))
  }

  /// Whether ``show(_:)`` shows anything.
  public var showsProgress: Bool { isTerminal && highest.rawValue >= Level.notice.rawValue }

  /// Clears the line of the cursor.
  private static let lineStart = "\r\u{1B}[K"

  /// When the next withheld message is due; nil if there is none.
  public var deadline: ContinuousClock.Instant? {
    guard isWithholding else { return nil }
    return repeated.values.filter { $0.withheld > 0 }.map { $0.saidAt + silence }.min()
  }

  /// Writes the last message of each kind that was withheld for a minute, with a count.
  public func sayDue() {
    guard isWithholding else { return }
    let now = clock.now
    isWithholding = false
    for (kind, state) in repeated.sorted(by: { $0.value.saidAt < $1.value.saidAt })
    where state.withheld > 0 {
      if now < state.saidAt + silence {
        isWithholding = true
      } else {
        sayLast(state)
        repeated[kind] = Repeated(saidAt: now, level: state.level)
      }
    }
  }

  /// Writes all withheld messages, before the tool exits.
  public func flush() {
    let withheld = repeated.values.filter { $0.withheld > 0 }
    for state in withheld.sorted(by: { $0.saidAt < $1.saidAt }) { sayLast(state) }
    repeated = [:]
  }

  private func sayLast(_ state: Repeated) {
    let others = state.withheld - 1
    write(state.level, others > 0 ? "\(state.last) (and \(others) more like it)" : state.last)
  }

  /// How many messages of a kind were withheld before this one; nil if this one must be withheld, too.
  private func countOfWithheld(
    _ kind: String, _ line: String, _ level: Level, burst: Int
  ) -> Int? {
    let now = clock.now
    guard var state = repeated[kind], now - state.saidAt < silence else {
      let withheld = repeated[kind]?.withheld ?? 0
      // Kinds may contain topics and reasons, of which there is no end.
      if repeated.count >= 100 {
        repeated = repeated.filter { $0.value.withheld > 0 || now - $0.value.saidAt < silence }
      }
      repeated[kind] = Repeated(saidAt: now, level: level)
      return withheld
    }
    if state.saidCount < burst {
      state.saidCount += 1
      repeated[kind] = state
      return 0
    }
    isWithholding = true
    state.withheld += 1
    state.last = line
    state.level = level
    repeated[kind] = state
    return nil
  }

  private func write(_ level: Level, _ line: String) {
    var line = line
    guard hasRoom else {
      droppedCount += 1
      return
    }
    if !waits {
      if droppedCount > 0 { line += " (dropped before this: \(counted(droppedCount, "message")))" }
      droppedCount = 0
    }
    var text = isLineIncomplete ? "\n" : isShowing ? Messages.lineStart : ""
    isShowing = false
    isLineIncomplete = false
    text += isJournal ? "<\(level.rawValue)>" : ""
    write(text + Messages.oneLine("\(tool): \(line)") + "\n")
  }

  /// A text with question marks in place of control characters: text from a meter or a server must not break the line
  /// or control the terminal.
  static func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      if isControl { line += "?" } else { line.unicodeScalars.append(scalar) }
    }
    return line
  }

  /// Whether a write would not block, or may.
  private var hasRoom: Bool {
    guard !waits else { return true }
    let ready = try? wait(for: [.writing(output)], until: .now)
    return ready?.isEmpty == false
  }

  private func write(_ text: String) {
    let bytes = [UInt8](text.utf8)
    if waits {
      try? output.write(all: bytes.span)
    } else {
      writeWhatFits(bytes.span)
    }
  }

  private func writeWhatFits(_ text: Span<UInt8>) {
    var rest = text
    while rest.count > 0 {
      // A pipe that poll(2) calls writable takes PIPE_BUF bytes without blocking (pipe(7)).
      let piece = rest.extracting(first: Int(PIPE_BUF))
      do {
        guard hasRoom else { throw Errno.wouldBlock }
        rest = rest.extracting(droppingFirst: try output.write(once: piece))
      } catch Errno.interrupted {
        continue
      } catch {
        isLineIncomplete = rest.count < text.count
        droppedCount += 1
        return
      }
    }
  }

  /// Whether standard error is what `JOURNAL_STREAM` names (systemd.exec(5)).
  private static func isJournal(_ output: FileDescriptor) -> Bool {
    guard let stream = processVariable("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard unsafe fstat(output.rawValue, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}

/// A number of things in words: `1 record`, `2 records`.
public func counted(_ count: Int, _ thing: String) -> String {
  "\(count) \(thing)\(count == 1 ? "" : "s")"
}
