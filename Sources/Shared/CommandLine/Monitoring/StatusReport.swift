/// Reports how a tool's work goes: its counters on SIGUSR1, every `--stats` seconds and in the file of
/// `--metrics-file`, and its state and watchdog pings to systemd (sd_notify(3)).
public struct StatusReport {
  private let subject: String
  private let work: String
  private let messages: Messages
  private let manager = ServiceManager()
  private let pipe = PipeStatus.ofEnvironment
  /// Whether this tool tells systemd when the service is ready, alive and stopping. Of a pipe, that is the
  /// first tool.
  private let speaksForService: Bool
  private let request: NoticeSignal
  private let period: Duration?
  private var metricsFile: MetricsFile?
  /// Whether ``write(_:)`` logs the counters.
  private var isMessageDue = false
  private let startup: String
  private var problem: String?
  private var hasStarted: Bool
  private var nextCounters: ContinuousClock.Instant?
  private var nextPing: ContinuousClock.Instant?
  /// When the service is ready even without data; nil once it is.
  private var readyAt: ContinuousClock.Instant?

  /// How long the data of a source may take until the service is ready without them. A meter sends at
  /// least every ten seconds.
  private static let longestStart = Duration.seconds(30)

  /// - Parameters:
  ///   - subject: the source or the server, as messages call it.
  ///   - work: what the tool does with the subject, as in `reading`.
  ///   - startup: what the first tool of a pipe does until data arrive; the service is ready then. Nil for
  ///     other tools, which are ready at once.
  ///   - request: the signal that asks for the counters.
  ///   - monitoring: how often the counters are logged without a request, and the file for Prometheus.
  public init(
    of subject: String, _ work: String, startup: String? = nil,
    at request: NoticeSignal, _ monitoring: MonitoringSettings, messages: Messages
  ) {
    self.subject = subject
    self.work = work
    self.messages = messages
    period = monitoring.period
    metricsFile = MetricsFile(monitoring.metrics, of: subject, messages)
    self.request = request
    let now = ContinuousClock.now
    speaksForService = pipe == nil || startup != nil
    nextCounters = period.map { now + $0 }
    nextPing = speaksForService ? manager.watchdogInterval.map { now + $0 } : nil
    readyAt = now + StatusReport.longestStart
    self.startup = startup ?? work
    hasStarted = startup == nil
    say("\(self.startup) \(subject)")
    if hasStarted { notifyReady() }
  }

  /// What to wait for besides the ``deadline``.
  public var interests: [Interest] { [.reading(request.descriptor)] }
  public var deadline: ContinuousClock.Instant? {
    earliest(nextCounters, nextPing, readyAt, metricsFile?.deadline)
  }

  /// Takes a request for the counters, and sends a watchdog ping that is due.
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
    if let ping = nextPing, now >= ping {
      manager.pingWatchdog()
      nextPing = manager.watchdogInterval.map { now + $0 }
    }
    if let readyAt, now >= readyAt { notifyReady() }
    isMessageDue = isRequested || isPeriodOver
    return isMessageDue || metricsFile?.isDue ?? false
  }

  /// Writes the counters where they are due: as a message, and to the file for Prometheus.
  public mutating func write(_ counters: [Counter]) {
    if isMessageDue { messages.answer(subject, Counter.line(counters)) }
    isMessageDue = false
    if metricsFile?.isDue ?? false { metricsFile?.write(counters) }
  }

  /// Writes the last counters to the file for Prometheus.
  public mutating func finish(_ counters: [Counter]) { metricsFile?.write(counters) }

  /// Tells systemd what keeps the tool from its work, if anything does.
  ///
  /// - Parameters:
  ///   - problem: what is wrong with the source or the server; nil where nothing is.
  ///   - storage: which files cannot be written, and why; nil where all can.
  ///   - hasStarted: whether the first data have arrived, or the subscription is granted.
  public mutating func update(
    _ problem: String?, storage: String? = nil, hasStarted: Bool = true
  ) {
    let problems = [problem.map { "\(subject): \($0)" }, storage].compactMap(\.self)
    let problem = problems.isEmpty ? nil : problems.joined(separator: "; ")
    guard problem != self.problem || hasStarted != self.hasStarted else { return }
    self.problem = problem
    self.hasStarted = hasStarted
    if let problem {
      say(problem, isProblem: true)
    } else {
      say("\(hasStarted ? work : startup) \(subject)")
    }
    if readyAt != nil, problem != nil || hasStarted { notifyReady() }
  }

  /// Tells systemd that the tool is about to exit. A service that exits before it was ready counts as failed.
  public mutating func notifyStopping() {
    if readyAt != nil { notifyReady() }
    if speaksForService { manager.notifyStopping() }
  }

  /// Tells systemd why a tool ends.
  static func tell(_ failure: Failure, of tool: String) {
    say(failure.sentence, isProblem: true, of: tool, ServiceManager(), PipeStatus.ofEnvironment)
  }

  /// What an earlier process of the tool has told systemd of its problem; nil if there was none.
  public static func lastProblem(_ messages: Messages) -> String? {
    PipeStatus.ofEnvironment?.problem(of: messages.tool)
  }

  private mutating func notifyReady() {
    readyAt = nil
    if speaksForService { manager.notifyReady() }
  }

  private func say(_ sentence: String, isProblem: Bool = false) {
    StatusReport.say(sentence, isProblem: isProblem, of: messages.tool, manager, pipe)
  }

  private static func say(
    _ sentence: String, isProblem: Bool, of tool: String, _ manager: ServiceManager,
    _ pipe: PipeStatus?
  ) {
    let sentence = Messages.oneLine(sentence)
    guard let pipe else { return manager.notifyStatus(sentence) }
    pipe.update(tool, sentence, isProblem: isProblem) { manager.notifyStatus($0) }
  }
}
