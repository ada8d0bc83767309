import Console
import Delivery
import Records

/// Carries records from the input to InfluxDB: batches, one at a time and in order, until the
/// server has acknowledged them.
struct InfluxDelivery {
  /// When a batch is sent, and how long the rest may take at the end.
  struct Limits {
    /// The most records of a batch.
    var batchCount = 1000
    /// How long after a batch the next one is sent at the latest.
    var batchAge = Duration.milliseconds(500)
    /// How long the server is waited for after the end of the input.
    var linger = Duration.seconds(30)
  }

  private let server: String
  private let post: HTTPPost
  private var lines: LineProtocol
  private let limits: Limits
  private let messages: Messages
  private var outbox: any Outbox

  private var backoff = Backoff()
  /// Until when nothing is sent, after a failure; nil while the server takes what it gets.
  private var retryAt: ContinuousClock.Instant?
  /// The most records of the next batch: fewer where one of them is refused, to find it.
  private var batchLimit: Int
  /// When the last batch was sent; a record that comes later than its age is sent at once.
  private var sentAt: ContinuousClock.Instant?
  /// What is under way: the number behind the last record of the batch, and its size.
  private var sending: (end: UInt64, count: Int, since: ContinuousClock.Instant)?
  /// Why the last request failed; nil while the server takes what it gets.
  private var lastFailure: String?
  private var reportedDrops = 0

  /// A request that takes longer than this no longer holds the input up.
  private static let patience = Duration.seconds(5)
  /// The longest that a server gets to put a request off.
  private static let longestRetryAfter = Duration.seconds(600)

  init(
    to server: String, by post: HTTPPost, _ lines: LineProtocol, _ limits: Limits,
    outbox: any Outbox, messages: Messages
  ) {
    self.server = server
    self.post = post
    self.lines = lines
    self.limits = limits
    self.outbox = outbox
    self.messages = messages
    batchLimit = limits.batchCount
  }

  /// Delivers what the input holds, to its end.
  ///
  /// - Throws: `Failure` where records are left that could not be delivered.
  mutating func run(_ input: inout RecordInput) throws {
    var giveUpAt: ContinuousClock.Instant?
    while true {
      let now = ContinuousClock.now
      if input.isEnded {
        giveUpAt = giveUpAt ?? now + limits.linger
        if let giveUpAt, now >= giveUpAt { break }
      }
      try sendIfDue(now, isEnding: input.isEnded)
      // The answer may have been there at once.
      if input.isEnded, outbox.isEmpty { break }
      let interests = input.interests(wantsMore: wantsMore(now))
      let deadline = [
        sending == nil ? nextSend(now) : nil, giveUpAt, input.deadline,
        // Once it has passed, there is nothing more to wait for.
        patienceEnd.flatMap { $0 > now ? $0 : nil },
      ].compactMap(\.self).min()
      let happened = try post.wait(for: interests, until: deadline)
      try input.read(happened) { try take($0) }
      if sending != nil, let outcome = try post.proceed() { try settle(outcome) }
      reportDrops()
    }
    guard outbox.isEmpty, outbox.droppedCount == 0 else {
      let lost = outbox.count + outbox.droppedCount
      throw Failure(server, "\(counted(lost, "record")) could not be delivered", .unavailable)
    }
  }

  // MARK: - Taking records

  /// A server that is slow may hold the input up, so that a replay goes at its pace; one that is
  /// away may not.
  private func wantsMore(_ now: ContinuousClock.Instant) -> Bool {
    guard outbox.isFull, retryAt == nil else { return true }
    return (patienceEnd.map { now >= $0 }) ?? false
  }

  private var patienceEnd: ContinuousClock.Instant? {
    guard outbox.isFull else { return nil }
    return sending.map { $0.since + InfluxDelivery.patience }
  }

  private mutating func take(_ record: Record) throws {
    try outbox.add(record.timed)
  }

  // MARK: - Sending them

  private func nextSend(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    guard !outbox.isEmpty else { return nil }
    return retryAt ?? sentAt.map { $0 + limits.batchAge } ?? now
  }

  private mutating func sendIfDue(_ now: ContinuousClock.Instant, isEnding: Bool) throws {
    guard sending == nil, let due = nextSend(now) else { return }
    let isReady = outbox.count >= batchLimit || isEnding
    guard now >= due || (retryAt == nil && isReady) else { return }
    let batch = try outbox.oldest(batchLimit)
    var body: [UInt8] = []
    for record in batch.records { lines.append(record, to: &body) }
    guard !body.isEmpty else { return try outbox.remove(before: batch.end) }
    try post.begin(body: body.span)
    sending = (batch.end, batch.records.count, now)
    sentAt = now
    if let outcome = try post.proceed() { try settle(outcome) }
  }

  /// Does what the outcome of a request asks for.
  private mutating func settle(_ outcome: HTTPPost.Outcome) throws {
    guard let sent = sending else { return }
    sending = nil
    switch outcome {
    case .answer(200..<300, _, _):
      try outbox.remove(before: sent.end)
      batchLimit = min(limits.batchCount, batchLimit * 2)
      backoff.reset()
      if retryAt != nil { messages.say(.notice, server, "writing again", repeating: "again") }
      retryAt = nil
      lastFailure = nil
    case .answer(400, let text, _), .answer(413, let text, _), .answer(422, let text, _):
      try refused(sent, text)
    case .answer(let status, let text, let retryAfter):
      retry("HTTP \(status)", InfluxDelivery.said(text), after: .seconds(retryAfter))
    case .failure(let reason):
      retry(reason, after: .zero)
    }
  }

  /// The server refuses something in the batch: smaller ones follow, until it is found.
  private mutating func refused(
    _ sent: (end: UInt64, count: Int, since: ContinuousClock.Instant), _ text: String
  ) throws {
    guard sent.count == 1 else {
      batchLimit = max(1, sent.count / 2)
      return
    }
    messages.say(
      .error, server, "record refused\(InfluxDelivery.said(text))", repeating: "refused")
    try outbox.refuse(sent.end - 1, reason: text)
    batchLimit = limits.batchCount
  }

  private mutating func retry(_ failure: String, _ said: String = "", after least: Duration) {
    // Said when it begins, and when its reason is another one.
    messages.say(
      failure == lastFailure ? .info : .warning, server, "\(failure)\(said); trying again",
      repeating: failure)
    lastFailure = failure
    retryAt = .now + max(min(least, InfluxDelivery.longestRetryAfter), backoff.next())
  }

  private mutating func reportDrops() {
    guard outbox.droppedCount > reportedDrops else { return }
    reportedDrops = outbox.droppedCount
    messages.say(
      .warning, server,
      "\(counted(reportedDrops, "record")) dropped up to now, the oldest first: the buffer is full",
      repeating: "dropped")
  }

  /// What a server said, as the end of a message.
  private static func said(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first ?? ""
    return line.isEmpty ? "" : ": \(line)"
  }
}
