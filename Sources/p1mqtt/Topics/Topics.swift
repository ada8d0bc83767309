import Records

/// Which topics records go to. No topic has two writers.
///
/// A topic is that of the record's origin that came first; another one whose topic would be the same
/// has a level of its own in it, before the last one: `dsmr/channel2/gas_m3` beside `dsmr/gas_m3`.
/// A meter that was replaced loses its topics to its successor.
///
/// What is known of a meter is forgotten once there is no room for all of them: of the one that was
/// silent for longest. It has the same topics again where the template tells the meters apart.
struct Topics {
  /// What is known of an origin.
  private struct Known {
    /// Its topics, by metric.
    var topics: [String: String] = [:]
    /// When its last record came.
    var seenAt: ContinuousClock.Instant?
    /// The instant of that record, and by how many seconds it is later than the one before.
    var reading: Timestamp?
    var interval: Int64?
    /// Because of whom it has a level of its own.
    var rival: RecordOrigin?
    /// Whether that was said of its device.
    var isSaid = false
    /// How many levels further all topics of an electricity meter are that is beside another one.
    var depth: Int?

    mutating func note(_ reading: Timestamp) {
      if let last = self.reading, last < reading { interval = reading.seconds - last.seconds }
      self.reading = reading
    }
  }

  private let template: TopicTemplate
  /// Whose each topic is; nil is ours.
  private var owners: [String: RecordOrigin?] = [:]
  private var origins: RecentlyUsedCache<RecordOrigin, Known>
  /// How many origins were forgotten that may have other topics next time.
  private(set) var forgottenCount = 0
  private var notices: [String] = []
  private var noticeCount = 0

  /// Stands for the metric in the topic of a record: no key is empty.
  private static let wholeRecord = ""
  /// So many are said: a hostile input has more meters than anybody reads of.
  private static let mostNotices = 100
  /// An origin that nothing comes from for so long is gone, as a meter that was replaced.
  private static let memory = Duration.seconds(86_400)
  /// The seconds between two readings of a sub-meter of which there was one so far: DSMR 4 meters read
  /// gas every hour, later ones more often.
  private static let usualInterval: Int64 = 3600
  /// The expected seconds between two readings.
  private static let intervals: ClosedRange<Int64> = 300...86_400
  /// What a topic takes besides its text, of which there is one, and that of its metric: its places in
  /// two dictionaries, which may have as many places more.
  private static let overhead =
    2 * (3 * MemoryLayout<String>.stride + MemoryLayout<RecordOrigin?>.stride) + 64

  /// - Parameters:
  ///   - template: how topics are made.
  ///   - own: a topic that no record may have.
  ///   - capacity: the most bytes that are remembered of meters.
  init(_ template: TopicTemplate, own: String?, capacity: Int) {
    self.template = template
    origins = RecentlyUsedCache(capacity: capacity)
    if let own { owners[own] = .some(nil) }
  }

  /// What the user should know of the topics since the last call.
  mutating func takeNotices() -> [String] {
    defer { notices = [] }
    noticeCount += notices.count
    return noticeCount <= Topics.mostNotices ? notices : []
  }

  /// A record came from an origin.
  mutating func see(_ origin: RecordOrigin, at now: ContinuousClock.Instant) {
    if let rival = note(origin, nil, at: now) { takeOver(from: rival, origin, at: now) }
  }

  /// Notes that something came from an origin, and the instant of a reading.
  ///
  /// - Returns: because of whom it has a level of its own.
  private mutating func note(
    _ origin: RecordOrigin, _ reading: Timestamp?, at now: ContinuousClock.Instant
  ) -> RecordOrigin? {
    var rival: RecordOrigin?
    origins.use(origin, default: Known()) {
      let isNew = $0.seenAt == nil
      $0.seenAt = now
      if let reading { $0.note(reading) }
      rival = $0.rival
      return isNew ? origin.size : 0
    }
    makeRoom()
    return rival
  }

  /// The sub-meters of a telegram came.
  ///
  /// - Parameters:
  ///   - submeters: their records.
  ///   - now: the time.
  /// - Returns: those that choose their topics before the others of the telegram, as the readings of
  ///   these do not move any more.
  mutating func see(_ submeters: [Record], at now: ContinuousClock.Instant) -> [Record] {
    let origins = submeters.map { RecordOrigin($0) }
    let rivals = zip(submeters, origins).map { note($1, $0.pastTimestamp, at: now) }
    // Who is gone beside another one is known once all were noted.
    for case (let origin, let rival?) in zip(origins, rivals) {
      takeOver(from: rival, origin, at: now)
    }
    guard submeters.count > 1, let newest = submeters.compactMap(\.pastTimestamp).max() else {
      return []
    }
    let living = zip(submeters, origins).filter { !isBehind($0.1, newest) }
    return living.count == submeters.count ? [] : living.map(\.0)
  }

  /// Gives an origin the topics of the one that it is beside, if that is gone.
  private mutating func takeOver(
    from other: RecordOrigin, _ origin: RecordOrigin, at now: ContinuousClock.Instant
  ) {
    if let heir = origins[other]?.rival {
      // Somebody else has its topics now.
      setRival(of: origin, heir == origin ? nil : heir)
    } else if isStandingStill(other, beside: origin) || isSilent(other, at: now) {
      pass(topicsOf: other, to: origin)
    }
  }

  /// Whether nothing came from an origin for a day, or for so long that it was forgotten.
  private func isSilent(_ origin: RecordOrigin, at now: ContinuousClock.Instant) -> Bool {
    guard let known = origins[origin] else { return true }
    return known.seenAt.map { $0 + Topics.memory < now } ?? false
  }

  private mutating func pass(topicsOf other: RecordOrigin, to origin: RecordOrigin) {
    forget(other)
    forget(origin)
    setRival(of: other, origin)
    origins.use(origin, default: Known()) {
      $0.rival = nil
      $0.depth = nil
      return 0
    }
    notices.append("\(name(of: origin)) takes over the topics of \(name(of: other))")
  }

  private mutating func setRival(of origin: RecordOrigin, _ rival: RecordOrigin?) {
    guard origins[origin] != nil else { return }
    origins.use(origin, default: Known()) {
      $0.rival = rival
      return 0
    }
  }

  /// Whether an origin is a sub-meter that was replaced: telegrams go on to repeat its last reading,
  /// while that of another one moves.
  private func isStandingStill(_ origin: RecordOrigin, beside other: RecordOrigin) -> Bool {
    guard origin.channel != nil, other.channel != nil else { return false }
    return origins[other]?.reading.map { isBehind(origin, $0) } ?? false
  }

  /// Whether the reading of a sub-meter is so much older than another one that it moves no more.
  private func isBehind(_ origin: RecordOrigin, _ other: Timestamp) -> Bool {
    guard let known = origins[origin], let reading = known.reading else { return false }
    // One reading may have been missed.
    let patience = known.interval.map {
      2 * min(max($0, Topics.intervals.lowerBound), Topics.intervals.upperBound)
    }
    return other.seconds - reading.seconds > patience ?? Topics.usualInterval
  }

  /// The topics that an origin has so far, by metric.
  func known(of origin: RecordOrigin) -> [String: String] { origins[origin]?.topics ?? [:] }

  /// The topic of a record.
  ///
  /// - Parameter origin: who the record is of.
  /// - Returns: nil where all that it could have are those of others.
  mutating func topic(of origin: RecordOrigin) -> String? {
    topic(of: Topics.wholeRecord, origin)
  }

  /// The topic of a value.
  ///
  /// - Parameters:
  ///   - metric: its key.
  ///   - origin: who the record is of.
  /// - Returns: nil where all that it could have are those of others.
  mutating func topic(of metric: String, _ origin: RecordOrigin) -> String? {
    if let topic = origins[origin]?.topics[metric] { return topic }
    // What a sub-meter says of itself is never that of the telegram.
    let isOfItself = RecordKey(rawValue: metric) != nil && origin.channel != nil
    let isTold = template.tellsMeters || template.tellsChannels
    let start = origins[origin]?.depth ?? (isOfItself && !isTold ? 1 : 0)
    let levels = levels(metric, origin).enumerated().dropFirst(start)
    var isBesideOther = false
    for (depth, (meter, inserted)) in levels {
      var candidate = template.topic(meter: meter, channel: origin.channelLevel, metric: metric)
      if let inserted { candidate = Topics.insert(inserted, into: candidate) }
      if let owner = owners[candidate], owner != origin {
        if let owner, isStandingStill(owner, beside: origin) {
          pass(topicsOf: owner, to: origin)
          return topic(of: metric, origin)
        }
        isBesideOther = isBesideOther || owner.map { $0.device != origin.device } ?? false
        note(origin, owner)
        continue
      }
      owners[candidate] = origin
      origins.use(origin, default: Known()) {
        $0.topics[metric] = candidate
        // Not some of them here and the others there.
        if isBesideOther, origin.isNumberedMeter { $0.depth = depth }
        return candidate.utf8.count + metric.utf8.count + Topics.overhead
      }
      makeRoom()
      return candidate
    }
    return nil
  }

  /// What can stand for the meter in a topic, and for a level of its own before the last one, that of
  /// the template first: each of the others tells the origin from one more.
  private func levels(
    _ metric: String, _ origin: RecordOrigin
  ) -> [(meter: String, inserted: String?)] {
    let channel = origin.channelLevel
    // A value is of what is past by its metric; a record of it is below `+`, as the telegram itself.
    let past = metric == Topics.wholeRecord ? origin.past : nil
    let meter = past.map { "\(origin.meterLevel)-\($0)" } ?? origin.meterLevel
    // A sub-meter without a number is told by its channel, whoever comes first.
    let isTold = origin.meter != nil || origin.channel == nil || template.tellsChannels
    let plain = isTold ? meter : "\(meter)-channel\(channel)"
    var levels: [(String, String?)] = [(plain, nil)]
    if template.tellsMeters, isTold { levels.append(("\(meter)-channel\(channel)", nil)) }
    if let past { levels.append((plain, past)) }
    if origin.channel != nil { levels.append((plain, "channel\(channel)")) }
    levels.append((plain, origin.meterLevel))
    levels.append((plain, "\(origin.meterLevel)/channel\(channel)"))
    return levels
  }

  private static func insert(_ level: String, into topic: String) -> String {
    guard let slash = topic.lastIndex(of: "/") else { return "\(level)/\(topic)" }
    return "\(topic[..<slash])/\(level)\(topic[slash...])"
  }

  private mutating func note(_ origin: RecordOrigin, _ owner: RecordOrigin?) {
    guard let owner, origins[origin]?.rival == nil, origins[owner]?.rival != origin,
      origin.device != owner.device
    else {
      return
    }
    var isSaid = false
    origins.use(origin.device, default: Known()) {
      isSaid = $0.isSaid
      $0.isSaid = true
      return 0
    }
    setRival(of: origin, owner)
    guard !isSaid else { return }
    notices.append("\(name(of: origin)) has topics of its own beside those of \(name(of: owner))")
  }

  private func name(of origin: RecordOrigin) -> String {
    let channel = origin.channel == nil ? "" : " on channel \(origin.channelLevel)"
    return "meter \(origin.meterLevel)\(channel)"
  }

  /// Other origins have the topics of this one.
  private mutating func forget(_ origin: RecordOrigin) {
    guard let known = origins[origin] else { return }
    release(known)
    origins.use(origin, default: Known()) {
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

  /// Forgets the origins that were silent for longest, where there is no room for all.
  private mutating func makeRoom() {
    while origins.isOverfull, let (_, known) = origins.removeOldest() {
      release(known)
      if !template.tellsMeters { forgottenCount += 1 }
    }
  }
}
