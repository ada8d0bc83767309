import CommandLine
import Delivery
import Records
import Sinks

/// Delivers records to a database in batches, one after the other and in order, until the server has
/// acknowledged each.
struct InfluxDelivery: RecordDelivery {
  private(set) var server: InfluxServer
  /// The server, with the password, token and certificates that their files hold now.
  private let reloadServer: () throws -> InfluxServer
  var lines: LineProtocol
  let limits: InfluxLimits
  let messages: Messages
  var outbox: any Outbox
  /// How many dropped records of the outbox ``duplicates`` knows about.
  private var droppedCount = 0
  var duplicates = DuplicateFilter()

  var serverState = ServerState()
  var answeredAt = ContinuousClock.now
  /// Whether the input has ended.
  var isEnding = false
  /// Whether the database is to be created before anything is written to it.
  var needsDatabase: Bool
  /// The batch that is being sent, and the one after it, if that is prepared.
  var current: PreparedBatch?
  var next: PreparedBatch?
  var unconfirmed: UnconfirmedBatches
  /// Whether the unconfirmed batches are sent again, once no request is under way.
  var hasToResend = false
  /// When batches were last sent again because of a new connection.
  var resentAt: ContinuousClock.Instant?
  /// Records that the outbox dropped while the server acknowledged them.
  var arrivedCount = 0
  /// The most bytes of a batch: fewer than in the settings once the server has rejected a larger one.
  var sizeLimit: Int
  /// The largest batch in bytes that the server has accepted.
  var acceptedSize = 0
  var hasExplainedConflict = false
  var rejection: Rejection?
  /// Why the server could not be reached last.
  var lastFailure: String?
  /// When the last batch was sent.
  var sentAt: ContinuousClock.Instant?

  init(
    to server: InfluxServer, reloadServer: @escaping () throws -> InfluxServer,
    _ lines: LineProtocol, _ limits: InfluxLimits, outbox: any Outbox, messages: Messages
  ) {
    self.server = server
    self.reloadServer = reloadServer
    self.lines = lines
    self.limits = limits
    self.outbox = outbox
    self.messages = messages
    needsDatabase = server.creation != nil
    unconfirmed = UnconfirmedBatches(delay: limits.confirmationDelay)
    sizeLimit = limits.batchSize
    duplicates.delivered(before: outbox.first)
  }

  var serverName: String { server.name }
  var outage: String? { serverState.failure == nil ? nil : lastFailure }
  var isFull: Bool { outbox.isFull }
  var isDone: Bool { outbox.isEmpty && current == nil }
  var keepsAll: Bool { outbox.keepsAll }
  var isTimed: Bool { true }
  var statistics: DeliveryStatistics { DeliveryStatistics(outbox, arrived: arrivedCount) }
  var deadline: ContinuousClock.Instant? {
    earliest(nextSend, unconfirmed.deadline, outbox.deadline)
  }
  var canReload: Bool { !server.client.isBusy }

  mutating func add(_ record: Record, at now: ContinuousClock.Instant) {
    if !duplicates.contains(record, numbered: outbox.end) { outbox.add(record, at: now) }
  }

  mutating func store(at now: ContinuousClock.Instant) -> Bool {
    outbox.store(at: now)
    outbox.attend(now)
    let dropped = outbox.counts.dropped
    guard dropped > droppedCount else { return false }
    droppedCount = dropped
    duplicates.forgetUndelivered(butFor: outbox.first..<outbox.end)
    return true
  }

  mutating func endInput() {
    isEnding = true
    serverState.hurry(.now)
  }

  mutating func sendDue() throws {
    let now = ContinuousClock.now
    while let batch = unconfirmed.takeConfirmed(now) { remove(batch) }
    try send(now)
    try handleAnswers()
  }

  mutating func communicate(
    _ interests: [Interest], until deadline: ContinuousClock.Instant?
  ) throws -> [Interest] {
    let happened = try server.client.wait(for: interests, until: deadline)
    try server.client.proceed()
    try handleAnswers()
    return happened
  }

  mutating func reload() throws -> String {
    server = try reloadServer()
    serverState.retryNow(.now)
    return "settings, password, token and certificates reloaded"
  }

  mutating func close() { outbox.close(at: .now) }
  mutating func takeEvents() -> [OutboxEvent] { outbox.takeEvents() }
}
