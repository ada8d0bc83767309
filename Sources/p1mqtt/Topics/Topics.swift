import Records

/// The topics of records. No two meters publish to one topic.
///
/// A topic belongs to the meter that claims it first. A second meter with the same topic gets a level
/// of its own before the last one: `dsmr/channel2/gas_m3` beside `dsmr/gas_m3`. The successor of a meter
/// that was replaced takes over its topics.
///
/// When the cache is full, the meter that has been silent longest is forgotten. It gets the same topics
/// again if the template has `{meter}`.
struct Topics {
  private struct Known {
    /// The topics, by metric.
    var topics: [String: String] = [:]
    /// When the last record was read.
    var seenAt: ContinuousClock.Instant?
    /// The time of the last reading, and the seconds between it and the one before.
    var reading: Timestamp?
    var interval: Int64?
    /// The meter whose topics it would have, so that it has a level of its own.
    var rival: MeterKey?
    /// Whether that was logged.
    var isLogged = false
    /// Where in ``Topics/candidates(_:_:)`` the topics of a second electricity meter begin.
    var depth: Int?

    mutating func note(_ reading: Timestamp) {
      if let last = self.reading, last < reading { interval = reading.seconds - last.seconds }
      self.reading = reading
    }
  }

  private let template: TopicTemplate
  /// Whether a topic is that of a status, which no record may have.
  private let isStatus: (String) -> Bool
  /// The meter that each topic belongs to.
  private var owners: [String: MeterKey] = [:]
  private var meters: LRUCache<MeterKey, Known>
  /// How many meters were forgotten that may have other topics next time.
  private(set) var forgottenMeterCount = 0
  private var logMessages: [String] = []
  private var logMessageCount = 0

  /// The name of no metric: the key of a record's topic.
  private static let wholeRecord = ""
  /// The most messages, as a hostile input may have any number of meters.
  private static let maximumLogMessages = 100
  /// A meter that is silent this long has been replaced.
  private static let replacementSilence = Duration.seconds(86_400)
  /// The seconds between two readings of a sub-meter that has had one so far. DSMR 4 meters read gas
  /// every hour, later ones more often.
  private static let defaultInterval: Int64 = 3600
  /// A measured interval beyond these bounds is replaced by the nearer bound.
  private static let intervals: ClosedRange<Int64> = 300...86_400
  /// About how many bytes a topic takes besides the texts of topic and metric: its places in two
  /// dictionaries, of which half may be empty.
  private static let overhead =
    2 * (3 * MemoryLayout<String>.stride + MemoryLayout<MeterKey?>.stride) + 64

  /// - Parameters:
  ///   - capacity: the most bytes that are remembered of meters.
  ///   - isStatus: whether a topic is that of a status, which no record may have.
  init(_ template: TopicTemplate, capacity: Int, isStatus: @escaping (String) -> Bool) {
    self.template = template
    meters = LRUCache(capacity: capacity)
    self.isStatus = isStatus
  }

  /// What is to be logged since the last call.
  mutating func takeLogMessages() -> [String] {
    defer { logMessages = [] }
    logMessageCount += logMessages.count
    return logMessageCount <= Topics.maximumLogMessages ? logMessages : []
  }

  /// Notes that a record of a meter was read.
  mutating func noteRecord(of meter: MeterKey, at now: ContinuousClock.Instant) {
    if let rival = noteReading(of: meter, nil, at: now) {
      takeOver(from: rival, by: meter, at: now)
    }
  }

  /// Notes that a record of a meter was read, and the time of a reading.
  ///
  /// - Returns: the meter whose topics it would have.
  private mutating func noteReading(
    of meter: MeterKey, _ reading: Timestamp?, at now: ContinuousClock.Instant
  ) -> MeterKey? {
    var rival: MeterKey?
    meters.use(meter, default: Known()) {
      let isNew = $0.seenAt == nil
      $0.seenAt = now
      if let reading { $0.note(reading) }
      rival = $0.rival
      return isNew ? meter.size : 0
    }
    makeRoom()
    return rival
  }

  /// Notes the sub-meters of a telegram.
  ///
  /// - Returns: the records that choose their topics first, as the readings of the other sub-meters have
  ///   stopped. It is empty where none has.
  mutating func noteSubmeters(_ submeters: [Record], at now: ContinuousClock.Instant) -> [Record] {
    let meters = submeters.map { MeterKey($0) }
    let rivals = zip(submeters, meters).map { noteReading(of: $1, $0.pastTimestamp, at: now) }
    // Whether a meter has stopped is known only by the readings of the others.
    for case (let meter, let rival?) in zip(meters, rivals) {
      takeOver(from: rival, by: meter, at: now)
    }
    guard submeters.count > 1, let newest = submeters.compactMap(\.pastTimestamp).max() else {
      return []
    }
    let living = zip(submeters, meters).filter { !isStale($0.1, newest) }
    return living.count == submeters.count ? [] : living.map(\.0)
  }

  /// Gives a meter the topics of its rival, if that has been replaced.
  private mutating func takeOver(
    from other: MeterKey, by meter: MeterKey, at now: ContinuousClock.Instant
  ) {
    if let heir = meters[other]?.rival {
      // A third meter has taken over the topics of the rival.
      setRival(of: meter, heir == meter ? nil : heir)
    } else if isReplaced(other, by: meter) || isSilent(other, at: now) {
      transferTopics(of: other, to: meter)
    }
  }

  /// Whether a meter has been silent for a day, or so long that it was forgotten.
  private func isSilent(_ meter: MeterKey, at now: ContinuousClock.Instant) -> Bool {
    guard let known = meters[meter] else { return true }
    return known.seenAt.map { $0 + Topics.replacementSilence < now } ?? false
  }

  private mutating func transferTopics(of other: MeterKey, to meter: MeterKey) {
    releaseTopics(of: other)
    releaseTopics(of: meter)
    setRival(of: other, meter)
    meters.use(meter, default: Known()) {
      $0.rival = nil
      $0.depth = nil
      return 0
    }
    logMessages.append("\(name(of: meter)) takes over the topics of \(name(of: other))")
  }

  private mutating func setRival(of meter: MeterKey, _ rival: MeterKey?) {
    guard meters[meter] != nil else { return }
    meters.use(meter, default: Known()) {
      $0.rival = rival
      return 0
    }
  }

  /// Whether a sub-meter was replaced: telegrams repeat its last reading, while the other one has new ones.
  private func isReplaced(_ meter: MeterKey, by other: MeterKey) -> Bool {
    guard meter.channel != nil, other.channel != nil else { return false }
    return meters[other]?.reading.map { isStale(meter, $0) } ?? false
  }

  /// Whether the reading of a sub-meter is so old, compared with another one, that it has stopped.
  private func isStale(_ meter: MeterKey, _ other: Timestamp) -> Bool {
    guard let known = meters[meter], let reading = known.reading else { return false }
    // One reading may have been missed.
    let limit = known.interval.map {
      2 * min(max($0, Topics.intervals.lowerBound), Topics.intervals.upperBound)
    }
    return other.seconds - reading.seconds > limit ?? Topics.defaultInterval
  }

  /// The topics that a meter has so far, by metric.
  func known(of meter: MeterKey) -> [String: String] { meters[meter]?.topics ?? [:] }

  /// The topic of a record; nil where all topics that it could have belong to other meters.
  mutating func topic(of meter: MeterKey) -> String? {
    topic(of: Topics.wholeRecord, meter)
  }

  /// The topic of a value; nil where all topics that it could have belong to other meters.
  mutating func topic(of metric: String, _ meter: MeterKey) -> String? {
    if let topic = meters[meter]?.topics[metric] { return topic }
    // The time and the number of a sub-meter never have the topics of those of the telegram.
    let isOfItself = RecordKey(rawValue: metric) != nil && meter.channel != nil
    let isTold = template.tellsMeters || template.tellsChannels
    let start = meters[meter]?.depth ?? (isOfItself && !isTold ? 1 : 0)
    let candidates = candidates(metric, meter).enumerated().dropFirst(start)
    var isBesideOther = false
    for (depth, (meterLevel, inserted)) in candidates {
      var candidate = template.topic(
        meter: meterLevel, channel: meter.channelLevel, metric: metric)
      if let inserted { candidate = Topics.insert(inserted, into: candidate) }
      guard !isStatus(candidate) else { continue }
      if let owner = owners[candidate], owner != meter {
        if isReplaced(owner, by: meter) {
          transferTopics(of: owner, to: meter)
          return topic(of: metric, meter)
        }
        isBesideOther = isBesideOther || owner.device != meter.device
        noteRival(of: meter, owner)
        continue
      }
      owners[candidate] = meter
      meters.use(meter, default: Known()) {
        $0.topics[metric] = candidate
        // All topics of a second electricity meter have the same further level.
        if isBesideOther, meter.isNumberedMeter { $0.depth = depth }
        return candidate.utf8.count + metric.utf8.count + Topics.overhead
      }
      makeRoom()
      return candidate
    }
    return nil
  }

  /// The topics that a meter may have, that of the template first. Each is the level of `{meter}`, and a
  /// level of its own to insert before the last one.
  private func candidates(
    _ metric: String, _ meter: MeterKey
  ) -> [(meterLevel: String, inserted: String?)] {
    let channel = meter.channelLevel
    // A value of the past has a metric of its own, but a record of it would have the topic of the telegram.
    let past = metric == Topics.wholeRecord ? meter.past : nil
    let level = past.map { "\(meter.meterLevel)-\($0)" } ?? meter.meterLevel
    // A sub-meter without a number has its channel in place of it, even if it is the first.
    let isTold = meter.meter != nil || meter.channel == nil || template.tellsChannels
    let plain = isTold ? level : "\(level)-channel\(channel)"
    var candidates: [(String, String?)] = [(plain, nil)]
    if template.tellsMeters, isTold { candidates.append(("\(level)-channel\(channel)", nil)) }
    if let past { candidates.append((plain, past)) }
    if meter.channel != nil { candidates.append((plain, "channel\(channel)")) }
    candidates.append((plain, meter.meterLevel))
    candidates.append((plain, "\(meter.meterLevel)/channel\(channel)"))
    return candidates
  }

  private static func insert(_ level: String, into topic: String) -> String {
    guard let slash = topic.lastIndex(of: "/") else { return "\(level)/\(topic)" }
    return "\(topic[..<slash])/\(level)\(topic[slash...])"
  }

  private mutating func noteRival(of meter: MeterKey, _ owner: MeterKey) {
    guard meters[meter]?.rival == nil, meters[owner]?.rival != meter,
      meter.device != owner.device
    else {
      return
    }
    var isLogged = false
    meters.use(meter.device, default: Known()) {
      isLogged = $0.isLogged
      $0.isLogged = true
      return 0
    }
    setRival(of: meter, owner)
    guard !isLogged else { return }
    logMessages.append(
      "\(name(of: meter)) has topics of its own beside those of \(name(of: owner))")
  }

  private func name(of meter: MeterKey) -> String {
    let channel = meter.channel == nil ? "" : " on channel \(meter.channelLevel)"
    return "meter \(meter.meterLevel)\(channel)"
  }

  /// Takes all topics from a meter.
  private mutating func releaseTopics(of meter: MeterKey) {
    guard let known = meters[meter] else { return }
    release(known)
    meters.use(meter, default: Known()) {
      $0.topics = [:]
      return -Topics.size(of: known)
    }
  }

  private mutating func release(_ known: Known) {
    for topic in known.topics.values { owners[topic] = nil }
  }

  private static func size(of known: Known) -> Int {
    known.topics.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + overhead }
  }

  /// Forgets the meters that have been silent longest, as far as the cache is over its bound.
  private mutating func makeRoom() {
    while meters.isOverfull, let (_, known) = meters.removeOldest() {
      release(known)
      if !template.tellsMeters { forgottenMeterCount += 1 }
    }
  }
}
