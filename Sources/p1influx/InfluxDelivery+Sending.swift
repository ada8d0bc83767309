import CommandLine
import Delivery
import Records

/// What is sent, and what the answers ask for.
extension InfluxDelivery {
  /// When something is to be sent; nil where there is nothing, or an answer is waited for.
  var nextSend: ContinuousClock.Instant? {
    if current != nil { return server.client.isBusy ? nil : state.retryAt ?? .now }
    guard unsentCount > 0, outbox.isAvailable else { return nil }
    if let retryAt = state.retryAt { return retryAt }
    return isReady ? .now : sentAt.map { $0 + limits.batchAge } ?? .now
  }

  /// Whether what waits is sent now, however little time has passed since the last batch.
  private var isReady: Bool {
    let hasBytes = unsettled.isEmpty && outbox.waitingSize >= sizeLimit
    return unsentCount >= limits.batchCount || hasBytes || outbox.isFull || flow.isEnding
      || state.isOutage
  }

  /// Sends what is due.
  ///
  /// - Parameter now: the time.
  /// - Throws: `Failure` where libcurl fails.
  mutating func send(_ now: ContinuousClock.Instant) throws {
    if let retryAt = state.retryAt, now < retryAt { return }
    // What was dropped while it was tried again is counted as such, and not sent any more.
    if let batch = current, batch.first < outbox.first, !server.client.isBusy { forgetBatches() }
    rewindIfNeeded()
    if current == nil {
      guard unsentCount > 0, outbox.isAvailable else { return }
      let isDue = sentAt.map { now >= $0 + limits.batchAge } ?? true
      guard isDue || isReady else { return }
      begin(now)
    }
    guard current != nil else { return }
    if needsDatabase { return try create(now) }
    for lane in current?.lanes.indices ?? 0..<0 { try send(lane, now) }
    // While the server works on one batch, the next one is made ready.
    if next == nil, let end = current?.end, end < outbox.end,
      outbox.end - end >= UInt64(limits.batchCount)
    {
      next = prepare(from: end)
    }
  }

  private mutating func begin(_ now: ContinuousClock.Instant) {
    // Some of what was made ready may have gone since, as there was no room.
    let isNext = next?.first == sentEnd
    current = isNext ? next : prepare(from: sentEnd)
    next = nil
    sentAt = now
    // The disk does not give it now.
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

  /// Sends the next part of a lane, if there is one and none is under way.
  private mutating func send(_ lane: Int, _ now: ContinuousClock.Instant) throws {
    while let part = current?.lanes[lane].parts.last, current?.lanes[lane].isSending == false {
      // What is known to be too large is not tried.
      if sizeLimit < limits.batchSize, part.records.count > 1, part.size > sizeLimit {
        _ = current?.lanes[lane].splitNext()
        continue
      }
      let body = current?.lanes[lane].body ?? body(of: part)
      current?.lanes[lane].body = body
      // A record may have no more in it than its time.
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

  private func create(_ now: ContinuousClock.Instant) throws {
    guard let (request, body) = server.creation, !request.isBusy else { return }
    try request.prepare(body.span, compresses: false)
    try server.client.begin(request)
  }

  private mutating func finishBatch() {
    guard let batch = current else { return }
    current = nil
    // It is sent again, with those before it.
    guard !hasToRewind else { return }
    let now = ContinuousClock.now
    unsettled.add(batch.first..<batch.end, refused: batch.refusedCount, at: now)
    while let entry = unsettled.takeSettled(now) { confirm(entry) }
  }

  // MARK: - Believing the server

  /// The number of the first record that was not sent, or is to be sent again.
  private var sentEnd: UInt64 { max(unsettled.end ?? 0, outbox.first) }
  private var unsentCount: Int { Int(outbox.end - sentEnd) }

  /// Records have arrived for good.
  mutating func confirm(_ entry: Unsettled.Entry) {
    let first = min(outbox.first, entry.end)
    if first > entry.first { arrivedCount += max(0, Int(first - entry.first) - entry.refused) }
    outbox.remove(before: entry.end, refused: entry.refused)
    duplicates.delivered(before: outbox.first)
  }

  /// The server may not be the one that has acknowledged what is not settled.
  private mutating func doubt(_ request: HTTPRequest, _ answer: HTTPAnswer) {
    guard !unsettled.isEmpty else { return }
    if case .failure = answer {
      hasToRewind = true
    } else if request.hasConnected, rewoundAt.map({ .now >= $0 + limits.settling }) ?? true {
      // Not each time: some servers close the connection after each answer.
      rewoundAt = .now
      hasToRewind = true
    }
  }

  /// Begins again with what is not settled.
  private mutating func rewindIfNeeded() {
    guard hasToRewind, !server.client.isBusy else { return }
    hasToRewind = false
    unsettled.removeAll()
    forgetBatches()
  }

  /// Forgets what was made ready, to be made ready again from what still waits.
  private mutating func forgetBatches() {
    current = nil
    next = nil
  }

  // MARK: - Answers

  /// Does what the answers ask for that have come.
  mutating func settle() throws {
    if let request = server.creation?.request, let answer = request.answer {
      request.answer = nil
      settleCreation(answer)
    }
    for (lane, request) in server.writes.enumerated() {
      guard let answer = request.answer else { continue }
      request.answer = nil
      current?.lanes[lane].isSending = false
      doubt(request, answer)
      settle(answer, of: lane)
    }
  }

  private mutating func settleCreation(_ answer: HTTPAnswer) {
    switch answer {
    // 409: there is one already.
    case .status(200..<300, _, _), .status(409, _, _):
      flow.answered()
      needsDatabase = false
    case .status(400..<500, _, _):
      flow.answered()
      // It may be there all the same.
      messages.say(
        .warning, server.name, "the database was not made: \(answer.description)",
        repeating: "not made")
      needsDatabase = false
    default: retry(answer)
    }
  }

  private mutating func settle(_ answer: HTTPAnswer, of lane: Int) {
    switch answer {
    case .status(200..<300, _, _):
      flow.answered()
      // What was sent before another one failed is no reason to try that sooner.
      let isStillOff = state.retryAt.map { .now < $0 } ?? false
      if !isStillOff, state.succeed() {
        messages.say(.notice, server.name, "writing again", repeating: "again")
      }
      takenSize = max(takenSize, current?.lanes[lane].parts.last?.size ?? 0)
      current?.lanes[lane].removeNext()
    case .status(413, _, _):
      flow.answered()
      tooLarge(lane)
      if current?.lanes[lane].splitNext() == false { refuse(lane, answer) }
    // A page for people is not from a database: a proxy, or the port of something else.
    case .status(400, let text, _) where text.hasPrefix("<"):
      retry(answer)
    case .status(400, let text, _), .status(422, let text, _):
      flow.answered()
      // What all of a part has in common, halves of it have, too: it is too old, or too new, or
      // nothing but a field of another type.
      var isCommon = text.contains("beyond retention policy")
      if let conflict = FieldConflict(text) {
        explain(conflict)
        let metric = lines.metric(of: conflict)
        if current?.lanes[lane].splitNext(around: metric) == true { break }
        isCommon = current?.lanes[lane].nextHasOnly(metric) ?? false
      }
      let isHopeless = isCommon && isAllDropped(text, lane)
      if isHopeless || current?.lanes[lane].splitNext() == false { refuse(lane, answer) }
    case .status(404, _, _) where server.creation != nil:
      needsDatabase = true
      retry(answer)
    default: retry(answer)
    }
    if current?.isDone ?? false { finishBatch() }
  }

  /// Says once what a conflict is, which is said of each value as a refusal.
  private mutating func explain(_ conflict: FieldConflict) {
    guard !hasExplainedConflict else { return }
    hasExplainedConflict = true
    messages.say(
      .warning, server.name,
      "field \"\(conflict.field)\" of measurement \"\(conflict.measurement)\" has values of type "
        + "\(conflict.type) already, and p1influx writes floats and texts; \(lines.remedy): "
        + "see \"Existing series\" in p1influx(1)")
  }

  /// The server takes no such part: those that follow are smaller, but not smaller than one that it
  /// took. A single record says nothing of the others.
  private mutating func tooLarge(_ lane: Int) {
    guard let part = current?.lanes[lane].parts.last, part.records.count > 1 else { return }
    // Counted as batches are, whose points may take more or less than their records.
    let half = max(1024, part.size / 2)
    sizeLimit = min(sizeLimit, takenSize < part.size ? max(half, takenSize) : half)
  }

  /// Whether the server says that it dropped each line of what it was sent (InfluxDB 1.x:
  /// `partial write: points beyond retention policy dropped=5000`).
  private func isAllDropped(_ text: String, _ lane: Int) -> Bool {
    guard let body = current?.lanes[lane].body else { return false }
    let count = body.count { $0 == UInt8(ascii: "\n") }
    return text.contains("dropped=\(count)\"") || text.hasSuffix("dropped=\(count)")
  }

  /// The server will never take the next part of a lane.
  private mutating func refuse(_ lane: Int, _ answer: HTTPAnswer) {
    guard let part = current?.lanes[lane].parts.last else { return }
    messages.say(
      .error, server.name, "record refused: \(answer.description)", repeating: "refused")
    for (offset, record) in part.records.enumerated() where record.hasMetrics {
      outbox.quarantine(record, reason: answer.description)
      current?.lanes[lane].refused.insert(part.pieceOf ?? part.first + offset)
    }
    current?.lanes[lane].removeNext()
  }

  private mutating func retry(_ answer: HTTPAnswer) {
    var delay = Duration.zero
    if case .status(_, _, let asked) = answer { delay = asked }
    // Said when it begins, and when its reason is another one.
    let isNews = state.fail(answer.kind, for: delay, at: .now)
    messages.say(
      isNews ? .warning : .info, server.name, "\(answer.description); trying again",
      repeating: answer.kind)
  }
}
