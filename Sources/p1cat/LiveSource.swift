import Console
import Delivery
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
  /// Since when the link is gone, or the meter silent, and why: what was said of it once is not
  /// said again.
  private var outage: Outage?
  private var wasOpen = false
  private(set) var reconnectCount = 0

  private enum State {
    case opening
    case open(FileDescriptor, lastByte: ContinuousClock.Instant)
    /// The meter is silent, which is said.
    case silent(FileDescriptor)
    case away(until: ContinuousClock.Instant)
  }

  private struct Outage {
    let since: ContinuousClock.Instant
    var reason = ""
    var saidReasons: Set<String> = []
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

  var interests: [Interest] {
    switch state {
    case .opening: link.interests
    case .open(let descriptor, _), .silent(let descriptor): [.reading(descriptor)]
    case .away: []
    }
  }

  var deadline: ContinuousClock.Instant? {
    switch state {
    case .opening, .silent: link.deadline
    case .open(_, let lastByte): earliest(lastByte + silence, link.deadline)
    case .away(let end): end
    }
  }

  mutating func read(_ happened: [Interest], into framer: inout Framer) throws -> Arrival {
    let now = ContinuousClock.now
    switch state {
    case .away(let end):
      if now >= end { try open() }
      return .nothing
    case .opening:
      try open()
      return .nothing
    case .open(let descriptor, let lastByte):
      if try adjust(at: now) { return .gap }
      if happened.contains(.reading(descriptor)) { return try read(descriptor, into: &framer) }
      return now >= lastByte + silence ? try isSilent(descriptor) : .nothing
    case .silent(let descriptor):
      if try adjust(at: now) { return .gap }
      return happened.contains(.reading(descriptor))
        ? try read(descriptor, into: &framer) : .nothing
    }
  }

  mutating func close() { link.close() }

  mutating func telegramCame() {
    let now = ContinuousClock.now
    link.telegramCame(at: now)
    backoff.reset()
    guard let outage else { return }
    let seconds = (now - outage.since).components.seconds
    messages.say(.notice, name, "telegrams again, after \(seconds) s", repeating: "again")
    self.outage = nil
  }

  var trouble: String? { outage?.reason }
  var lineFaults: LineFaults { link.lineFaults }

  // MARK: - While it is open

  private mutating func read(
    _ descriptor: FileDescriptor, into framer: inout Framer
  ) throws -> Arrival {
    let count: Int
    do throws(Errno) {
      count = try framer.fill { room throws(Errno) in try descriptor.read(into: &room) }
    } catch {
      switch error {
      case .wouldBlock, .interrupted: return .nothing
      default: return try lose(error)
      }
    }
    guard count > 0 else { return try lose(nil) }
    let now = ContinuousClock.now
    state = .open(descriptor, lastByte: now)
    let bytes = framer.bytes
    link.received(bytes.span.extracting(last: count), at: now)
    return .bytes(count)
  }

  private mutating func isSilent(_ descriptor: FileDescriptor) throws -> Arrival {
    let reason = "nothing received for \(silence.components.seconds) s"
    if link.isGoneWhenSilent {
      return try lose(Failure(name, reason, .temporaryFailure))
    }
    say(reason)
    state = .silent(descriptor)
    return .nothing
  }

  /// Whether the line was set otherwise, or lost on that.
  private mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool {
    do {
      return try link.adjust(at: now)
    } catch let failure as Failure {
      return try lose(failure) == .gap
    }
  }

  // MARK: - Coming and going

  private mutating func open(mustBeThere: Bool = false) throws {
    do {
      guard let descriptor = try link.open() else {
        state = .opening
        return
      }
      if wasOpen { reconnectCount += 1 }
      wasOpen = true
      messages.say(.info, name, "opened")
      state = .open(descriptor, lastByte: .now)
    } catch let failure as Failure {
      if mustBeThere || endsWhenLost { throw failure }
      retry(after: failure)
    }
  }

  private mutating func lose(_ errno: Errno?) throws -> Arrival { try lose(link.loss(errno)) }

  /// The link has gone: it is left, and opened again after a while.
  private mutating func lose(_ failure: Failure) throws -> Arrival {
    if endsWhenLost {
      if failure.exitCode == .success { return .end }
      throw failure
    }
    retry(after: failure)
    return .gap
  }

  private mutating func retry(after failure: Failure) {
    link.close()
    say("\(failure.reason); trying again")
    state = .away(until: .now + backoff.next())
  }

  /// Says what is wrong, once an outage.
  private mutating func say(_ reason: String) {
    var outage = self.outage ?? Outage(since: .now)
    outage.reason = reason
    if outage.saidReasons.insert(reason).inserted {
      messages.say(.warning, name, reason, repeating: reason)
    }
    self.outage = outage
  }
}
