import Console
import Glibc

/// Tells how the reading goes to whoever asks: by SIGUSR1, by `--stats`, or as systemd does.
struct Health {
  private let subject: String
  private let messages: Messages
  private let manager = ServiceManager()
  private let request: NoticeSignal
  /// How often the counters are told without being asked for; nil for never.
  private let period: Duration?
  private var trouble: Trouble?
  private var nextReport: ContinuousClock.Instant?
  private var nextSign: ContinuousClock.Instant?

  /// - Parameters:
  ///   - subject: the source, as messages call it.
  ///   - request: what asks for the counters.
  ///   - period: how often they are told without being asked for; nil for never.
  ///   - messages: where they are told.
  init(
    of subject: String, at request: NoticeSignal, every period: Duration?, messages: Messages
  ) {
    self.subject = subject
    self.messages = messages
    self.period = period
    self.request = request
    let now = ContinuousClock.now
    nextReport = period.map { now + $0 }
    nextSign = manager.watchdogInterval.map { now + $0 }
    manager.isReady()
    manager.isDoing("\(subject): reading")
  }

  /// What to wait for, and until when.
  var interests: [Interest] { [.reading(request.descriptor)] }
  var deadline: ContinuousClock.Instant? { earliest(nextReport, nextSign) }

  /// Does what is due.
  ///
  /// - Parameter happened: the interests that something happened on.
  /// - Returns: whether the counters are to be told now, by ``tell(_:)``.
  mutating func attend(_ happened: [Interest]) -> Bool {
    let isAsked = happened.contains(.reading(request.descriptor))
    guard isAsked || deadline != nil else { return false }
    let now = ContinuousClock.now
    if isAsked { request.clear() }
    let isDue = nextReport.map { now >= $0 } ?? false
    if isDue, let period { nextReport = now + period }
    if let sign = nextSign, now >= sign {
      manager.isAlive()
      nextSign = manager.watchdogInterval.map { now + $0 }
    }
    return isAsked || isDue
  }

  func tell(_ counters: Counters) {
    messages.answer(subject, counters.text(at: .now))
  }

  /// Tells the manager of services what keeps telegrams from coming.
  ///
  /// - Parameter trouble: what it is; nil where they come.
  mutating func note(_ trouble: Trouble?) {
    guard trouble != self.trouble else { return }
    self.trouble = trouble
    manager.isDoing("\(subject): \(trouble?.description ?? "reading")")
  }

  func isStopping() { manager.isStopping() }
}
