import CommandLine
import SystemPackage
import Telegrams

/// A meter at the end of a ``Link``, which is opened again when it has gone.
struct LiveSource: Source {
  private var link: any Link
  private let messages: Messages
  /// Whether all ends when the link has gone.
  private let endsWhenLost: Bool
  /// For how long nothing may come before that is worth a message, or a new connection.
  private let silence: Duration

  private var state = State.opening
  private var backoff = Backoff(from: .seconds(1), to: .seconds(60))
  private var outage: Outage?
  private var openCount = 0

  /// When the last byte came, and the first one after a telegram.
  private var lastByte = ContinuousClock.now
  private var firstByte: ContinuousClock.Instant?

  private enum State {
    case opening
    case open(FileDescriptor)
    case away(until: ContinuousClock.Instant)
  }

  /// Telegrams do not come.
  private struct Outage {
    let since: ContinuousClock.Instant
    var trouble: Trouble
    /// What was said of it is not said again.
    var said: Set<String> = []
    /// So many of them are said: a server may have something new to say for ever.
    static let mostSaid = 32
  }

  /// - Parameters:
  ///   - link: the line or connection.
  ///   - silence: for how long nothing may come.
  ///   - endsWhenLost: whether all ends when the link has gone.
  ///   - messages: where it is said that it has gone, and that it is back.
  /// - Throws: `Failure` where it has to be there, and is not.
  init(
    _ link: any Link, silence: Duration, endsWhenLost: Bool, messages: Messages
  ) throws {
    self.link = link
    self.silence = silence
    self.endsWhenLost = endsWhenLost
    self.messages = messages
    try open(mustBeThere: link.isAtHand)
  }

  var name: String { link.name }
  var isLive: Bool { true }
  var reconnectCount: Int { max(0, openCount - 1) }
  var trouble: Trouble? { outage?.trouble }

  var interests: [Interest] {
    switch state {
    case .opening: link.interests
    case .open(let descriptor): [.reading(descriptor)]
    case .away: []
    }
  }

  var deadline: ContinuousClock.Instant? {
    switch state {
    case .opening: link.deadline
    case .open: earliest(isSilenceSaid ? nil : lastByte + silence, link.deadline)
    case .away(let end): end
    }
  }

  mutating func read(
    _ happened: [Interest], after lastLook: ContinuousClock.Instant, into framer: inout Framer
  ) throws -> Arrival {
    let now = ContinuousClock.now
    switch state {
    case .away(let end):
      if now >= end { try open() }
    case .opening:
      try open()
    case .open(let descriptor):
      // By the last look: what came since may be a telegram.
      if try adjust(at: lastLook) { return .gap }
      if happened.contains(.reading(descriptor)) { return try read(descriptor, into: &framer) }
      if !isSilenceSaid, now >= lastByte + silence { return try isSilent() }
    }
    return .nothing
  }

  mutating func telegramCame(isLate: Bool) {
    backoff.reset()
    if isLate { return }
    let now = ContinuousClock.now
    link.telegramCame(at: now)
    firstByte = nil
    guard let outage else { return }
    let seconds = (now - outage.since).components.seconds
    messages.say(
      .notice, name, "telegrams again, after \(seconds) s", repeating: "state", burst: 10)
    self.outage = nil
  }

  mutating func reload() -> Bool {
    guard let trouble, trouble != .reopened else { return false }
    messages.say(.info, name, "SIGHUP: opening it again")
    link.close()
    backoff.reset()
    state = .away(until: .now)
    return true
  }

  mutating func close() { link.close() }

  mutating func lineFaults() -> LineFaults { link.lineFaults() }

  // MARK: - While it is open

  private mutating func read(
    _ descriptor: FileDescriptor, into framer: inout Framer
  ) throws -> Arrival {
    let count: Int
    do throws(Errno) {
      guard let taken = try framer.fill(from: descriptor) else { return .nothing }
      count = taken
    } catch {
      return try lose(link.loss(error))
    }
    guard count > 0 else { return try lose(link.loss(nil)) }
    let now = ContinuousClock.now
    let bytes = framer.bytes
    link.received(bytes.span.extracting(last: count), at: now)
    received(at: now)
    return .bytes(count)
  }

  /// Bytes have come, which may be none of a telegram.
  private mutating func received(at now: ContinuousClock.Instant) {
    lastByte = now
    let first = firstByte ?? now
    firstByte = first
    let patience = silence * 2
    if now >= first + patience { say(.noTelegrams, since: first) }
  }

  private var isSilenceSaid: Bool { trouble == .silent(silence) }

  private mutating func isSilent() throws -> Arrival {
    let trouble = Trouble.silent(silence)
    if link.isGoneWhenSilent {
      return try lose(.failure(Failure(name, "\(trouble)", .temporaryFailure)))
    }
    say(trouble, since: lastByte)
    return .nothing
  }

  /// Whether the line was set otherwise, or lost on that.
  private mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool {
    do {
      return try link.adjust(at: now)
    } catch let failure as Failure {
      _ = try lose(.failure(failure))
      return true
    }
  }

  // MARK: - Coming and going

  private mutating func open(mustBeThere: Bool = false) throws {
    do {
      guard let descriptor = try link.open() else {
        state = .opening
        return
      }
      openCount += 1
      messages.say(.info, name, "opened")
      state = .open(descriptor)
      lastByte = .now
      firstByte = nil
      outage?.trouble = .reopened
    } catch let failure as Failure {
      if mustBeThere || endsWhenLost { throw failure }
      retry(after: failure.reason)
    }
  }

  /// The link has gone: it is left, and opened again after a while.
  private mutating func lose(_ loss: Loss) throws -> Arrival {
    let loss = loss.saying(link.words)
    if endsWhenLost {
      switch loss {
      case .end(let reason):
        if link.words != nil { messages.say(.warning, name, reason) }
        return .end
      case .failure(let failure): throw failure
      }
    }
    retry(after: loss.reason)
    return .gap
  }

  private mutating func retry(after reason: String) {
    link.close()
    say(.gone(reason), since: .now)
    state = .away(until: .now + backoff.next())
  }

  /// Says what keeps telegrams from coming, once an outage.
  private mutating func say(_ trouble: Trouble, since: ContinuousClock.Instant) {
    var outage = self.outage ?? Outage(since: since, trouble: trouble)
    outage.trouble = trouble
    if outage.said.count < Outage.mostSaid, outage.said.insert("\(trouble)").inserted {
      messages.say(.warning, name, "\(trouble)", repeating: "state", burst: 10)
    }
    self.outage = outage
  }
}
