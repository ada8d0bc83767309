/// Reports how a tool's work goes: its counters on SIGUSR1 and every `--stats` seconds, and its state
/// and watchdog signs to systemd (sd_notify(3)).
public struct StatusReport {
  private let subject: String
  private let work: String
  private let messages: Messages
  private let manager = ServiceManager()
  private let request: NoticeSignal
  private let period: Duration?
  private var problem: String?
  private var nextCounters: ContinuousClock.Instant?
  private var nextSign: ContinuousClock.Instant?

  /// - Parameters:
  ///   - subject: the source or the server, as messages call it.
  ///   - work: what the tool does while it has no problem, as in `reading`.
  ///   - request: the signal that asks for the counters.
  ///   - period: how often the counters are written without a request; nil for never.
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
    nextCounters = period.map { now + $0 }
    nextSign = manager.watchdogInterval.map { now + $0 }
    manager.notifyReady()
    manager.notifyStatus("\(subject): \(work)")
  }

  /// What to wait for besides the ``deadline``.
  public var interests: [Interest] { [.reading(request.descriptor)] }
  public var deadline: ContinuousClock.Instant? { earliest(nextCounters, nextSign) }

  /// Takes a request for the counters, and sends a watchdog sign that is due.
  ///
  /// - Parameter happened: the interests that something happened on.
  /// - Returns: whether the counters are to be written now, by ``write(_:)``.
  public mutating func takeRequest(_ happened: [Interest]) -> Bool {
    let isRequested = happened.contains(.reading(request.descriptor))
    guard isRequested || deadline != nil else { return false }
    let now = ContinuousClock.now
    if isRequested { request.clear() }
    let isPeriodOver = nextCounters.map { now >= $0 } ?? false
    if isPeriodOver, let period { nextCounters = now + period }
    if let sign = nextSign, now >= sign {
      manager.pingWatchdog()
      nextSign = manager.watchdogInterval.map { now + $0 }
    }
    return isRequested || isPeriodOver
  }

  /// Writes the counters as a message.
  ///
  /// - Parameter counters: `name=value`, separated by blanks.
  public func write(_ counters: String) { messages.answer(subject, counters) }

  /// Tells systemd what keeps the tool from its work; nil where nothing does.
  public mutating func update(_ problem: String?) {
    guard problem != self.problem else { return }
    self.problem = problem
    manager.notifyStatus("\(subject): \(problem ?? work)")
  }

  /// Tells systemd that the tool is about to exit.
  public func notifyStopping() { manager.notifyStopping() }
}
