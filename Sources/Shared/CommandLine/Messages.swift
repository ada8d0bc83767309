import Glibc
import SystemPackage

/// What a tool says on standard error: one line a message, `tool: subject: reason`.
///
/// Where standard error is the journal, each line begins with its level, `<3>` to `<6>`
/// (sd-daemon(3)). Messages that repeat are said once a minute, with a count.
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

  private let tool: String
  private let highest: Level
  private let isJournal: Bool
  private let isTerminal = isatty(2) == 1
  /// Whether the line that the cursor is in shows how far something has come.
  private var isShowing = false
  /// Whether what goes out waits for who reads it, and how much did not go out as it does not.
  private var waits = true
  private var lostCount = 0
  /// Whether the last message went out in part only.
  private var isTorn = false
  private let clock = ContinuousClock()
  private var repeated: [String: Repeated] = [:]
  /// Whether anything in there may wait to be said.
  private var isWithholding = false

  /// For so long a message that repeats is withheld.
  private let silence: Duration

  /// - Parameters:
  ///   - tool: the name that each line begins with.
  ///   - highest: the least important level that is still said.
  ///   - silence: for how long a message that repeats is withheld.
  public init(tool: String, highest: Level = .notice, silence: Duration = .seconds(60)) {
    self.tool = tool
    self.highest = highest
    self.silence = silence
    isJournal = Messages.standardErrorIsJournal()
  }

  /// Says a message.
  ///
  /// - Parameters:
  ///   - level: how much it matters.
  ///   - subject: what it is about, nil where that is clear.
  ///   - reason: the rest.
  ///   - kind: what makes two messages the same one said again; nil for one that always counts.
  ///   - burst: how many of the kind are said within a minute.
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

  /// Says a failure, which is an error.
  public func say(_ failure: Failure) {
    say(.error, failure.subject, failure.reason)
    if let hint = failure.hint { say(.error, nil, hint) }
  }

  /// Says why the files of the settings were not read again, and that it goes on without.
  public func sayOldLogin(_ error: any Error) {
    let failure = error as? Failure
    say(
      .warning, failure?.subject,
      "\(failure?.reason ?? "\(error)"); keeping the previous login")
  }

  /// From now on nothing waits for who reads the messages: what finds no room is lost, and how many
  /// were is said. For a tool that has to go on reading.
  public func stopWaiting() { waits = false }

  /// Says what somebody asked for, who gets it however little is said else.
  public func answer(_ subject: String, _ text: String) {
    write(.notice, "\(subject): \(text)")
  }

  /// Shows how far something has come, in a line that takes the place of the one before; only where
  /// standard error is a terminal, and not with `-q`.
  ///
  /// - Parameter text: what is shown; nil takes the line away.
  public func show(_ text: String?) {
    guard showsProgress, text != nil || isShowing, hasRoom else { return }
    isShowing = text != nil
    write(Messages.lineStart + (text.map { "\(tool): \($0)" } ?? ""))
  }

  /// Whether ``show(_:)`` shows anything.
  public var showsProgress: Bool { isTerminal && highest.rawValue >= Level.notice.rawValue }

  /// Back to the beginning of the line, and nothing in it.
  private static let lineStart = "\r\u{1B}[K"

  /// When something that was withheld is to be said; nil where nothing is.
  public var deadline: ContinuousClock.Instant? {
    guard isWithholding else { return nil }
    return repeated.values.filter { $0.withheld > 0 }.map { $0.saidAt + silence }.min()
  }

  /// Says what was withheld for a minute: the last of each kind.
  public func sayDue() {
    guard isWithholding else { return }
    let now = clock.now
    isWithholding = false
    for (kind, state) in repeated where state.withheld > 0 {
      if now < state.saidAt + silence {
        isWithholding = true
      } else {
        sayLast(state)
        repeated[kind] = Repeated(saidAt: now, level: state.level)
      }
    }
  }

  /// Says what was withheld, at the end.
  public func flush() {
    for (_, state) in repeated where state.withheld > 0 { sayLast(state) }
    repeated = [:]
  }

  private func sayLast(_ state: Repeated) {
    let others = state.withheld - 1
    write(state.level, others > 0 ? "\(state.last) (and \(others) more like it)" : state.last)
  }

  /// How many messages of a kind were withheld, now that one is to be said; nil for not yet.
  private func countOfWithheld(
    _ kind: String, _ line: String, _ level: Level, burst: Int
  ) -> Int? {
    let now = clock.now
    guard var state = repeated[kind], now - state.saidAt < silence else {
      let withheld = repeated[kind]?.withheld ?? 0
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
      lostCount += 1
      return
    }
    if !waits {
      if lostCount > 0 { line += " (\(counted(lostCount, "message")) before this got lost)" }
      lostCount = 0
    }
    var text = isTorn ? "\n" : isShowing ? Messages.lineStart : ""
    isShowing = false
    isTorn = false
    text += isJournal ? "<\(level.rawValue)>" : ""
    text += "\(tool): "
    for scalar in line.unicodeScalars {
      // Bytes from outside never break a line or drive a terminal.
      let isControl = scalar.properties.generalCategory == .control
      if isControl { text += "?" } else { text.unicodeScalars.append(scalar) }
    }
    write(text + "\n")
  }

  /// Whether something can be written without waiting for who reads it, where that matters.
  private var hasRoom: Bool {
    guard !waits else { return true }
    let ready = try? wait(for: [.writing(.standardError)], until: .now)
    return ready?.isEmpty == false
  }

  /// Writes all of a text, however often that takes and whatever signals come; what nobody takes in
  /// time is lost.
  private func write(_ text: String) {
    let bytes = [UInt8](text.utf8)
    if waits {
      try? FileDescriptor.standardError.write(all: bytes.span)
    } else {
      writeWhatFits(bytes.span)
    }
  }

  private func writeWhatFits(_ text: Span<UInt8>) {
    var rest = text
    while rest.count > 0 {
      // Where there is any room in a pipe, this much can be written without waiting (pipe(7)).
      let piece = rest.extracting(first: Int(PIPE_BUF))
      do {
        guard hasRoom else { throw Errno.wouldBlock }
        rest = rest.extracting(droppingFirst: try FileDescriptor.standardError.write(once: piece))
      } catch Errno.interrupted {
        continue
      } catch {
        isTorn = rest.count < text.count
        lostCount += 1
        return
      }
    }
  }

  /// Whether standard error is what `JOURNAL_STREAM` names (systemd.exec(5)).
  private static func standardErrorIsJournal() -> Bool {
    guard let stream = processVariable("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard unsafe fstat(2, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}

/// A number of things in words: `1 record`, `2 records`.
public func counted(_ count: Int, _ thing: String) -> String {
  "\(count) \(thing)\(count == 1 ? "" : "s")"
}
