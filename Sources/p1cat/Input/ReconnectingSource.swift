import CommandLine
import SystemPackage
import Telegrams

/// A meter behind a ``MeterConnection``, which is reopened when it is lost.
struct ReconnectingSource: Source {
  private var connection: any MeterConnection
  private let messages: Messages
  /// `--once`: whether p1cat ends when the connection is lost.
  private let endsWhenLost: Bool
  /// How long no byte may arrive before a message, or a new connection.
  private let idleTimeout: Duration
  /// Whether encrypted telegrams are decrypted.
  private let hasKeys: Bool

  private var state = State.opening
  private var backoff: Backoff
  private var outage: Outage?
  private var openCount = 0

  private var lastByteAt = ContinuousClock.now
  /// When the message of a DLMS meter ends if no byte arrives; nil if none has begun.
  private var messageEnd: ContinuousClock.Instant?
  /// When the first byte after a telegram arrived; nil if none has.
  private var firstByteAt: ContinuousClock.Instant?
  /// The bytes since the last telegram.
  private var recentBytes = RecentBytes()

  /// A gateway may send a frame when it is complete: the longest ones take 0.76 s at 2400 baud. The meters that push
  /// fastest do so each second.
  private static let pauseAfterMessage = Duration.milliseconds(800)

  private enum State {
    case opening
    case open(FileDescriptor)
    case waiting(until: ContinuousClock.Instant)
  }

  /// A time without telegrams.
  private struct Outage {
    let since: ContinuousClock.Instant
    var fault: SourceFault
    /// The messages so far, as each is logged once an outage.
    var logged: Set<String> = []
    /// A server may send new texts without end.
    static let maximumMessages = 32
  }

  /// - Throws: `Failure` if a connection that must exist at the start does not.
  init(
    _ connection: any MeterConnection, idleTimeout: Duration, endsWhenLost: Bool, hasKeys: Bool,
    messages: Messages
  ) throws {
    self.connection = connection
    backoff = Backoff(from: .seconds(1), to: connection.longestPause)
    self.idleTimeout = idleTimeout
    self.hasKeys = hasKeys
    self.endsWhenLost = endsWhenLost
    self.messages = messages
    try open(mustExist: connection.mustExistAtStart)
  }

  var name: String { connection.name }
  var isLive: Bool { true }
  var reconnectCount: Int { max(0, openCount - 1) }
  var fault: SourceFault? { outage?.fault }
  var streamKind: StreamKind { recentBytes.kind }

  var interests: [Interest] {
    switch state {
    case .opening: connection.interests
    case .open(let descriptor): [.reading(descriptor)]
    case .waiting: []
    }
  }

  var deadline: ContinuousClock.Instant? {
    switch state {
    case .opening: connection.deadline
    case .open:
      earliest(isSilenceLogged ? nil : lastByteAt + idleTimeout, messageEnd, connection.deadline)
    case .waiting(let end): end
    }
  }

  mutating func read(
    _ ready: [Interest], after lastRead: ContinuousClock.Instant, into finder: inout TelegramFinder
  ) throws -> Arrival {
    let now = ContinuousClock.now
    switch state {
    case .waiting(let end):
      if now >= end { try open() }
    case .opening:
      try open()
    case .open(let descriptor):
      // The time of the last read counts: bytes that arrived since may be a telegram.
      if try changeSpeedIfDue(at: lastRead) { return .gap }
      if ready.contains(.reading(descriptor)) { return try read(descriptor, into: &finder) }
      if let messageEnd, lastRead >= messageEnd {
        finder.endMessage()
        self.messageEnd = nil
        return .bytes(0)
      }
      if !isSilenceLogged, now >= lastByteAt + idleTimeout { return try handleSilence() }
    }
    return .nothing
  }

  mutating func receivedTelegram(afterEnd: Bool) {
    backoff.reset()
    if afterEnd { return }
    let now = ContinuousClock.now
    connection.receivedTelegram(at: now)
    firstByteAt = nil
    recentBytes.clear()
    guard let outage else { return }
    let seconds = (now - outage.since).components.seconds
    messages.say(
      .notice, name, "receiving telegrams again after \(seconds) s", repeating: "state", burst: 10)
    self.outage = nil
  }

  mutating func receivedMessage() {
    backoff.reset()
    connection.receivedTelegram(at: .now)
  }

  mutating func reconnect() -> Bool {
    guard let fault, fault != .reopened else { return false }
    messages.say(.info, name, "reopening on SIGHUP")
    connection.close()
    backoff.reset()
    state = .waiting(until: .now)
    return true
  }

  mutating func close() { connection.close() }

  mutating func serialErrors() -> SerialErrors { connection.serialErrors() }

  // MARK: - While the connection is open

  private mutating func read(
    _ descriptor: FileDescriptor, into finder: inout TelegramFinder
  ) throws -> Arrival {
    let count: Int
    do throws(Errno) {
      guard let taken = try finder.fill(from: descriptor) else { return .nothing }
      count = taken
    } catch {
      return try disconnect(connection.disconnectReason(error))
    }
    guard count > 0 else { return try disconnect(connection.disconnectReason(nil)) }
    let now = ContinuousClock.now
    let bytes = finder.newBytes
    connection.received(bytes.span, at: now)
    recentBytes.append(bytes.span, baudRate: connection.baudRate)
    lastByteAt = now
    messageEnd = finder.isInMessage ? now + ReconnectingSource.pauseAfterMessage : nil
    let firstByteAt = firstByteAt ?? now
    self.firstByteAt = firstByteAt
    if finder.listDeadline == nil { reportMissingTelegrams(at: now, since: firstByteAt) }
    return .bytes(count)
  }

  /// Logs why the bytes are not telegrams, early if they are the frames of another protocol, which a
  /// telegram does not contain.
  private mutating func reportMissingTelegrams(
    at now: ContinuousClock.Instant, since firstByteAt: ContinuousClock.Instant
  ) {
    guard now >= firstByteAt + idleTimeout else { return }
    if case .noTelegrams = fault { return }
    let isLate = now >= firstByteAt + idleTimeout * 2
    guard let kind = isLate ? streamKind : recentBytes.frameKind else { return }
    // With keys, the decryptor knows why.
    if hasKeys, case .encryptedTelegrams = kind { return }
    log(.noTelegrams(kind), since: firstByteAt)
  }

  private var isSilenceLogged: Bool { fault == .silent(idleTimeout) }

  private mutating func handleSilence() throws -> Arrival {
    let fault = SourceFault.silent(idleTimeout)
    if connection.reconnectsWhenSilent {
      let reason = SourceFault.silence(of: idleTimeout)
      return try disconnect(.failure(Failure(name, reason, .temporaryFailure)))
    }
    log(fault, since: lastByteAt)
    return .nothing
  }

  /// Returns whether bytes read before do not continue: the speed changed, or changing it failed.
  private mutating func changeSpeedIfDue(at now: ContinuousClock.Instant) throws -> Bool {
    do {
      return try connection.changeSpeedIfDue(at: now)
    } catch let failure as Failure {
      _ = try disconnect(.failure(failure))
      return true
    }
  }

  // MARK: - Opening and reopening

  private mutating func open(mustExist: Bool = false) throws {
    do {
      guard let descriptor = try connection.open() else {
        state = .opening
        return
      }
      openCount += 1
      messages.say(.info, name, "opened")
      state = .open(descriptor)
      lastByteAt = .now
      firstByteAt = nil
      recentBytes.clear()
      outage?.fault = .reopened
    } catch let failure as Failure {
      if mustExist || endsWhenLost { throw failure }
      retry(after: failure.reason)
    }
  }

  /// Closes a lost connection and plans its reopening, or ends with `--once`.
  private mutating func disconnect(_ reason: DisconnectReason) throws -> Arrival {
    let reason = reason.quoting(connection.serverMessage)
    if endsWhenLost {
      switch reason {
      case .closed(let text):
        if connection.serverMessage != nil { messages.say(.warning, name, text) }
        return .end
      case .failure(let failure): throw failure
      }
    }
    retry(after: reason.text)
    return .gap
  }

  private mutating func retry(after reason: String) {
    connection.close()
    log(.disconnected(reason), since: .now)
    state = .waiting(until: .now + backoff.next())
  }

  private mutating func log(_ fault: SourceFault, since: ContinuousClock.Instant) {
    var outage = self.outage ?? Outage(since: since, fault: fault)
    outage.fault = fault
    if outage.logged.count < Outage.maximumMessages, outage.logged.insert("\(fault)").inserted {
      messages.say(.warning, name, "\(fault)", repeating: "state", burst: 10)
    }
    self.outage = outage
  }
}

/// Why no telegrams arrive.
enum SourceFault: Equatable {
  /// The connection was lost or cannot be opened, for this reason.
  case disconnected(String)
  /// No byte arrived for this long.
  case silent(Duration)
  /// Bytes arrive, but no telegrams: what the bytes look like.
  case noTelegrams(StreamKind)
  /// The connection is open again, and nothing has arrived yet.
  case reopened
}

extension SourceFault: CustomStringConvertible {
  /// The text of a message.
  var description: String {
    switch self {
    case .disconnected(let reason): "\(reason); trying again"
    case .silent(let duration):
      "\(SourceFault.silence(of: duration)); check the cable, and whether the port is active"
    case .noTelegrams(let kind): SourceFault.text(of: kind)
    case .reopened: "reopened; no telegram yet"
    }
  }

  static func silence(of duration: Duration) -> String {
    "nothing received for \(duration.inSeconds) s"
  }

  private static func text(of kind: StreamKind) -> String {
    switch kind {
    case .binary, .empty:
      "bytes received, but no telegram; check the baud rate, and whether the signal is inverted or "
        + "encrypted"
    case .zeros:
      "zeros received, but no telegram; check the baud rate, and whether the signal is inverted"
    case .text: "text received, but no telegram; check whether a meter sends it"
    case .telegramLines: "lines of telegrams received, but no whole telegram; check the cable"
    default: "bytes received, but no telegram: \(kind)"
    }
  }
}
