import Console
import Delivery
import Records

/// Carries records from the input to a database: batches, one after the other and in order, until
/// the server has acknowledged them.
struct InfluxDelivery {
  let server: InfluxServer
  var lines: LineProtocol
  let limits: InfluxLimits
  let messages: Messages
  /// What messages call the outbox.
  private let outboxName: String
  var outbox: any Outbox
  private var intake: Intake
  private var health: Health<String>
  private var progress: Progress

  var state = ServerState()
  /// Whether the database is to be made before anything is written to it.
  var needsDatabase: Bool
  /// What is on its way, and what follows it, as far as that was made ready.
  var current: PreparedBatch?
  var next: PreparedBatch?
  /// Records that were dropped while the server took them: they have arrived all the same.
  var arrivedCount = 0
  /// The most bytes of a batch: fewer where the server takes no more.
  var sizeLimit: Int
  /// When the last batch was sent; a record that comes later than its age is sent at once.
  var sentAt: ContinuousClock.Instant?
  /// When the server last answered, or was first asked since.
  var progressAt = ContinuousClock.now

  /// A request that takes longer than this no longer holds the input up.
  private static let patience = Duration.seconds(5)
  /// Asked to stop, what is on its way gets so long, where what waits is kept for the next time.
  private static let farewell = Duration.seconds(5)

  init(
    to server: InfluxServer, _ lines: LineProtocol, _ limits: InfluxLimits,
    outbox: (any Outbox, name: String), _ intake: Intake, _ health: Health<String>,
    messages: Messages
  ) {
    self.server = server
    self.lines = lines
    self.limits = limits
    (self.outbox, outboxName) = outbox
    self.intake = intake
    self.health = health
    self.messages = messages
    progress = Progress(messages)
    needsDatabase = server.creation != nil
    sizeLimit = limits.batchSize
  }

  /// Delivers what the input holds, to its end.
  ///
  /// - Throws: `Failure` where records are left that could not be delivered, and nothing keeps them.
  mutating func run(_ input: inout RecordInput) throws {
    var endedAt: ContinuousClock.Instant?
    sayEvents()
    while true {
      let now = ContinuousClock.now
      if input.isEnded {
        endedAt = endedAt ?? now
        if outbox.isEmpty && current == nil || isOver(input, since: endedAt, now) { break }
      }
      try send(now, isEnding: input.isEnded)
      try settle()
      // The answer may have been there at once.
      if input.isEnded, outbox.isEmpty, current == nil { break }
      let interests = input.interests(wantsMore: wantsMore(input, now)) + health.interests
      let deadline = earliest(
        nextSend(isEnding: input.isEnded), input.deadline,
        input.isEnded ? giveUpAt(input, since: endedAt) : nil,
        // Once it has passed, there is nothing more to wait for.
        patienceEnd.flatMap { $0 > now ? $0 : nil }, outbox.deadline, health.deadline,
        messages.deadline, progress.deadline)
      let happened = try server.client.wait(for: interests, until: deadline)
      try read(&input, happened)
      try server.client.proceed()
      try settle()
      attend(happened, input)
    }
    try end()
  }

  private mutating func read(_ input: inout RecordInput, _ happened: [Interest]) throws {
    let now = ContinuousClock.now
    let wasEnded = input.isEnded
    try input.read(happened) { record in
      intake.take(record) { outbox.add($0, at: now) }
    }
    if input.isEnded, !wasEnded { intake.finish { outbox.add($0, at: now) } }
    outbox.store(at: now)
    // What is kept need not be in the pipe any more.
    input.release()
  }

  private mutating func attend(_ happened: [Interest], _ input: RecordInput) {
    let now = ContinuousClock.now
    outbox.attend(now)
    sayEvents()
    health.note(state.failure)
    if health.attend(happened) { health.tell(text(at: now)) }
    messages.sayDue()
    progress.show(counts, waiting: outbox.count, input, at: now)
  }

  private mutating func sayEvents() {
    for event in outbox.takeEvents() {
      messages.say(
        event.isGood ? .notice : .warning, outboxName, event.description, repeating: event.kind)
    }
  }

  private mutating func end() throws {
    progress.end()
    health.isStopping()
    outbox.close(at: .now)
    sayEvents()
    let lost = counts.dropped + outbox.unkeptCount
    let kept = outbox.count - outbox.unkeptCount
    if kept > 0 {
      messages.say(.notice, outboxName, "\(counted(kept, "record")) kept for the next time")
    }
    guard lost == 0 else {
      throw Failure(
        server.name, "\(counted(lost, "record")) could not be delivered", .unavailable)
    }
  }

  // MARK: - When to stop

  private func isOver(
    _ input: RecordInput, since endedAt: ContinuousClock.Instant?, _ now: ContinuousClock.Instant
  ) -> Bool {
    giveUpAt(input, since: endedAt).map { now >= $0 } ?? false
  }

  /// When the server is waited for no longer, after the end of the input.
  private func giveUpAt(
    _ input: RecordInput, since endedAt: ContinuousClock.Instant?
  ) -> ContinuousClock.Instant? {
    guard let endedAt else { return nil }
    // What is kept can go another time.
    if outbox.isLasting, outbox.unkeptCount == 0, input.isAskedToStop || state.isOutage {
      return endedAt + min(limits.linger, InfluxDelivery.farewell)
    }
    return max(endedAt, progressAt) + limits.linger
  }

  // MARK: - Taking records

  /// A server that is slow may hold the input up, so that a replay goes at its pace; one that is
  /// away may not, unless the input can wait.
  private func wantsMore(_ input: RecordInput, _ now: ContinuousClock.Instant) -> Bool {
    guard outbox.isFull, !input.isAskedToStop else { return true }
    if limits.holds || input.isFile { return false }
    return state.isOutage || patienceEnd.map { now >= $0 } ?? false
  }

  private var patienceEnd: ContinuousClock.Instant? {
    outbox.isFull && server.client.isBusy ? progressAt + InfluxDelivery.patience : nil
  }
}

extension InfluxDelivery {
  /// What became of the records.
  private var counts: OutboxCounts {
    var counts = outbox.counts
    counts.delivered += arrivedCount
    counts.dropped -= arrivedCount
    return counts
  }

  /// The counters in a line, as `name=value`.
  private func text(at now: ContinuousClock.Instant) -> String {
    let age = outbox.oldestSince.map { (now - $0).inMilliseconds } ?? "none"
    let counts = counts
    return """
      records=\(counts.read) delivered=\(counts.delivered) waiting=\(outbox.count) \
      refused=\(counts.refused) dropped=\(counts.dropped) oldest_age_s=\(age)
      """
  }
}
