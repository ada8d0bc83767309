/// Tells how a tool's work goes to whoever asks: by SIGUSR1, by `--stats`, or as systemd does.
public struct Health<Trouble: Equatable & CustomStringConvertible> {
  private let subject: String
  private let work: String
  private let messages: Messages
  private let manager = ServiceManager()
  private let request: NoticeSignal
  /// How often the counters are told without being asked for; nil for never.
  private let period: Duration?
  private var trouble: Trouble?
  private var nextReport: ContinuousClock.Instant?
  private var nextSign: ContinuousClock.Instant?

  /// - Parameters:
  ///   - subject: the source or the server, as messages call it.
  ///   - work: what the tool does where there is no trouble, as in `reading`.
  ///   - request: what asks for the counters.
  ///   - period: how often they are told without being asked for; nil for never.
  ///   - messages: where they are told.
  public init(
    of subject: String, _ work: String, at request: NoticeSignal, every period: Duration?,
    messages: Messages
  ) {
    self.subject = subject
    self.work = work
    self.messages = messages
    self.period = period
    self.request = request
    let now = ContinuousClock.now
    nextReport = period.map { now + $0 }
    nextSign = manager.watchdogInterval.map { now + $0 }
    manager.isReady()
    manager.isDoing("\(subject): \(work)")
  }

  /// What to wait for, and until when.
  public var interests: [Interest] { [.reading(request.descriptor)] }
  public var deadline: ContinuousClock.Instant? { earliest(nextReport, nextSign) }

  /// Does what is due.
  ///
  /// - Parameter happened: the interests that something happened on.
  /// - Returns: whether the counters are to be told now, by ``tell(_:)``.
  public mutating func attend(_ happened: [Interest]) -> Bool {
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

  /// Tells the counters.
  ///
  /// - Parameter counters: as `name=value`, with blanks between them.
  public func tell(_ counters: String) {
    messages.answer(subject, counters)
  }

  /// Tells the manager of services what keeps the work from being done.
  ///
  /// - Parameter trouble: what it is; nil where there is none.
  public mutating func note(_ trouble: Trouble?) {
    guard trouble != self.trouble else { return }
    self.trouble = trouble
    manager.isDoing("\(subject): \(trouble?.description ?? work)")
  }

  public func isStopping() { manager.isStopping() }
}
