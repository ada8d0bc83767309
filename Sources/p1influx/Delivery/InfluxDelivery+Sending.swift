import CommandLine
import Delivery
import Records
import Sinks

/// Sending batches, and acting on the answers.
extension InfluxDelivery {
  /// When to send something; nil where there is nothing to send, or a request is under way.
  var nextSend: ContinuousClock.Instant? {
    if current != nil { return server.client.isBusy ? nil : serverState.retryAt ?? .now }
    guard unsentCount > 0, outbox.isAvailable else { return nil }
    if let retryAt = serverState.retryAt { return retryAt }
    return isReady ? .now : sentAt.map { $0 + limits.batchAge } ?? .now
  }

  /// Whether records are sent now, however short ago the last batch was.
  private var isReady: Bool {
    let hasBytes = unconfirmed.isEmpty && outbox.waitingSize >= sizeLimit
    return unsentCount >= limits.batchCount || hasBytes || outbox.isFull || isEnding
      || serverState.isOutage
  }

  /// - Throws: `Failure` where libcurl fails.
  mutating func send(_ now: ContinuousClock.Instant) throws {
    if let retryAt = serverState.retryAt, now < retryAt { return }
    // Records that were dropped during the retries are counted as dropped, and not sent any more.
    if let batch = current, batch.first < outbox.first, !server.client.isBusy { forgetBatches() }
    resendIfNeeded()
    if current == nil {
      guard unsentCount > 0, outbox.isAvailable else { return }
      let isDue = sentAt.map { now >= $0 + limits.batchAge } ?? true
      guard isDue || isReady else { return }
      begin(now)
    }
    guard current != nil else { return }
    if needsDatabase { return try createDatabase() }
    for lane in current?.lanes.indices ?? 0..<0 { try send(lane, now) }
    // The next batch is prepared while the server works on this one.
    if next == nil, let end = current?.end, end < outbox.end,
      outbox.end - end >= UInt64(limits.batchCount)
    {
      next = prepare(from: end)
    }
  }

  private mutating func begin(_ now: ContinuousClock.Instant) {
    // Records of the prepared batch may have been dropped since, as the outbox was full.
    let isNext = next?.first == sentEnd
    current = isNext ? next : prepare(from: sentEnd)
    next = nil
    sentAt = now
    // The disk cannot be read now.
    if current?.lanes.allSatisfy({ $0.parts.allSatisfy(\.records.isEmpty) }) ?? true {
      current = nil
    }
  }

  private mutating func prepare(from number: UInt64) -> PreparedBatch {
    let batch = outbox.batch(from: number, count: limits.batchCount, size: sizeLimit)
    var prepared = PreparedBatch(batch, lanes: limits.lanes)
    for lane in prepared.lanes.indices {
      prepared.lanes[lane].body = prepared.lanes[lane].parts.last.map { body(of: $0) }
    }
    return prepared
  }

  private mutating func body(of part: PreparedBatch.Part) -> [UInt8] {
    var body: [UInt8] = []
    for record in part.records { lines.append(record, to: &body) }
    return body
  }

  /// Sends the next part of a lane, unless a request of that lane is under way.
  private mutating func send(_ lane: Int, _ now: ContinuousClock.Instant) throws {
    while let part = current?.lanes[lane].parts.last, current?.lanes[lane].isSending == false {
      // The server has rejected a smaller part than this as too large.
      if sizeLimit < limits.batchSize, part.records.count > 1, part.size > sizeLimit {
        _ = current?.lanes[lane].splitNext()
        continue
      }
      let body = current?.lanes[lane].body ?? body(of: part)
      current?.lanes[lane].body = body
      // A record may hold nothing but its time.
      guard !body.isEmpty else {
        current?.lanes[lane].removeNext()
        continue
      }
      let request = server.writes[lane]
      let compresses = limits.compresses ?? !request.isLocal
      try request.prepare(body.span, compresses: compresses && body.count > 1400)
      current?.lanes[lane].isSending = true
      try server.client.begin(request)
    }
    if current?.isDone ?? false { finishBatch() }
  }

  private func createDatabase() throws {
    guard let (request, body) = server.creation, !request.isBusy else { return }
    try request.prepare(body.span, compresses: false)
    try server.client.begin(request)
  }

  private mutating func finishBatch() {
    guard let batch = current else { return }
    current = nil
    // The batch is sent again, with the ones before it.
    guard !hasToResend else { return }
    let now = ContinuousClock.now
    unconfirmed.add(batch.first..<batch.end, rejected: batch.rejectedCount, at: now)
    while let batch = unconfirmed.takeConfirmed(now) { remove(batch) }
  }

  // MARK: - Confirmation

  /// The number of the first record to send.
  private var sentEnd: UInt64 { max(unconfirmed.end ?? 0, outbox.first) }
  private var unsentCount: Int { Int(outbox.end - sentEnd) }

  /// Removes a batch from the outbox, as the server has it for good.
  mutating func remove(_ batch: UnconfirmedBatches.Batch) {
    let first = min(outbox.first, batch.end)
    if first > batch.first { arrivedCount += max(0, Int(first - batch.first) - batch.rejected) }
    outbox.remove(before: batch.end, rejected: batch.rejected)
    duplicates.delivered(before: outbox.first)
  }

  /// Has the unconfirmed batches sent again where the server may have been restarted: where a request
  /// failed or needed a new connection.
  private mutating func checkRestart(_ request: HTTPRequest, _ answer: HTTPAnswer) {
    guard !unconfirmed.isEmpty else { return }
    if case .failure = answer {
      hasToResend = true
    } else if request.hasConnected, resentAt.map({ .now >= $0 + limits.confirmationDelay }) ?? true
    {
      // Some servers close the connection after each answer: once in the delay is enough.
      resentAt = .now
      hasToResend = true
    }
  }

  private mutating func resendIfNeeded() {
    guard hasToResend, !server.client.isBusy else { return }
    hasToResend = false
    unconfirmed.removeAll()
    forgetBatches()
  }

  /// Forgets the prepared batches, which are prepared again from the outbox.
  private mutating func forgetBatches() {
    current = nil
    next = nil
  }

  // MARK: - Answers

  mutating func handleAnswers() throws {
    if let request = server.creation?.request, let answer = request.answer {
      request.answer = nil
      handleCreation(answer)
    }
    for (lane, request) in server.writes.enumerated() {
      guard let answer = request.answer else { continue }
      request.answer = nil
      current?.lanes[lane].isSending = false
      checkRestart(request, answer)
      handle(answer, of: lane)
    }
  }

  private mutating func handleCreation(_ answer: HTTPAnswer) {
    switch answer {
    // 409: the database exists.
    case .status(200..<300, _, _), .status(409, _, _):
      answeredAt = .now
      needsDatabase = false
    case .status(400..<500, _, _):
      answeredAt = .now
      // The user may lack the right to create it, and the database may exist.
      messages.say(
        .warning, server.name, "the database was not created: \(answer.description)",
        repeating: "not created")
      needsDatabase = false
    default: retry(answer)
    }
  }

  private mutating func handle(_ answer: HTTPAnswer, of lane: Int) {
    switch answer {
    case .status(200..<300, _, _):
      answeredAt = .now
      // This request may have been sent before another one failed, whose back-off then continues.
      let isStillOff = serverState.retryAt.map { .now < $0 } ?? false
      if !isStillOff, serverState.succeed() {
        messages.say(.notice, server.name, "writing again", repeating: "again")
      }
      acceptedSize = max(acceptedSize, current?.lanes[lane].parts.last?.size ?? 0)
      current?.lanes[lane].removeNext()
    case .status(413, _, _):
      answeredAt = .now
      tooLarge(lane)
      if current?.lanes[lane].splitNext() == false { reject(lane, answer) }
    // A web page is not from a database, but from a proxy, or from another service on that port.
    case .status(400, let text, _) where text.hasPrefix("<"):
      retry(answer)
    case .status(400, let text, _), .status(422, let text, _):
      answeredAt = .now
      // Where all records of a part are too old or too new, or only have a field of another type, halving
      // it would find nothing that the server accepts.
      var isCommon = text.contains("beyond retention policy")
      if let conflict = FieldConflict(text) {
        explain(conflict)
        let metric = lines.metric(of: conflict)
        if current?.lanes[lane].splitNext(around: metric) == true { break }
        isCommon = current?.lanes[lane].nextHasOnly(metric) ?? false
      }
      let isHopeless = isCommon && isAllDropped(text, lane)
      if isHopeless || current?.lanes[lane].splitNext() == false { reject(lane, answer) }
    case .status(404, _, _) where server.creation != nil:
      needsDatabase = true
      retry(answer)
    default: retry(answer)
    }
    if current?.isDone ?? false { finishBatch() }
  }

  /// Says once what a conflict is; each of its records is then logged as rejected.
  private mutating func explain(_ conflict: FieldConflict) {
    guard !hasExplainedConflict else { return }
    hasExplainedConflict = true
    messages.say(
      .warning, server.name,
      "field \"\(conflict.field)\" of measurement \"\(conflict.measurement)\" already has values of "
        + "type \(conflict.type), but p1influx writes numbers as floats; \(lines.remedy): "
        + "see \"Existing series\" in p1influx(1)")
  }

  /// Makes the batches that follow smaller than the part that the server has just rejected, but not
  /// smaller than one that it accepted. A single record tells nothing about batches.
  private mutating func tooLarge(_ lane: Int) {
    guard let part = current?.lanes[lane].parts.last, part.records.count > 1 else { return }
    // The size is that of the records, as in batches; their points may be larger or smaller.
    let half = max(1024, part.size / 2)
    sizeLimit = min(sizeLimit, acceptedSize < part.size ? max(half, acceptedSize) : half)
  }

  /// Whether the server says that it dropped each line of the request (InfluxDB 1.x:
  /// `partial write: points beyond retention policy dropped=5000`).
  private func isAllDropped(_ text: String, _ lane: Int) -> Bool {
    guard let body = current?.lanes[lane].body else { return false }
    let count = body.count { $0 == UInt8(ascii: "\n") }
    return text.contains("dropped=\(count)\"") || text.hasSuffix("dropped=\(count)")
  }

  /// Gives up the next part of a lane, which the server will never accept.
  private mutating func reject(_ lane: Int, _ answer: HTTPAnswer) {
    guard let part = current?.lanes[lane].parts.last else { return }
    messages.say(
      .error, server.name, "record rejected: \(answer.description)", repeating: "rejected")
    rejection = Rejection("records rejected: \(answer.description)", at: .now)
    for (offset, record) in part.records.enumerated() where record.hasMetrics {
      outbox.quarantine(record, reason: answer.description)
      current?.lanes[lane].rejected.insert(part.pieceOf ?? part.first + offset)
    }
    current?.lanes[lane].removeNext()
  }

  private mutating func retry(_ answer: HTTPAnswer) {
    var delay = Duration.zero
    if case .status(_, _, let asked) = answer { delay = asked }
    // An outage is a warning when it begins or its reason changes; each retry is not.
    lastFailure = answer.description
    let isNews = serverState.fail(answer.kind, for: delay, at: .now)
    messages.say(
      isNews ? .warning : .info, server.name,
      "\(answer.description(ifCreating: server.creation != nil)); trying again",
      repeating: answer.kind)
  }
}
