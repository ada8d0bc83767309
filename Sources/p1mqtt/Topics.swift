import Records

/// Which topics records go to. No topic has two writers.
///
/// A topic is that of the record's origin that came first; another one whose topic would be the same
/// has a level of its own in it, before the last one: `dsmr/channel2/gas_m3` beside `dsmr/gas_m3`.
/// The first one loses its topics to the other once it is gone, as a meter that was replaced.
struct Topics {
  /// What an origin was last heard of.
  private struct Sighting {
    /// When its last record came.
    var at: ContinuousClock.Instant
    /// The instant of that record, and by how many seconds it is later than the one before.
    var reading: Timestamp?
    var interval: Int64?

    mutating func note(_ reading: Timestamp) {
      if let last = self.reading, last < reading { interval = reading.seconds - last.seconds }
      self.reading = reading
    }
  }

  private let template: TopicTemplate
  /// Whose each topic is; nil is ours.
  private var owners: [String: RecordOrigin?] = [:]
  /// The topics of each origin, by metric.
  private var known: [RecordOrigin: [String: String]] = [:]
  /// The last record of each origin.
  private var lastSeen: [RecordOrigin: Sighting] = [:]
  /// The origins that have a level of their own, and because of whom.
  private var displaced: [RecordOrigin: RecordOrigin] = [:]
  /// How many levels further all topics of an electricity meter are that is beside another one.
  private var depths: [RecordOrigin: Int] = [:]
  private var notices: [String] = []
  private var noticeCount = 0

  /// Stands for the metric in the topic of a record: no key is empty.
  private static let wholeRecord = ""
  /// So many topics are told apart; a hostile input can name more than memory holds.
  private static let mostTopics = 10_000
  /// So many are said: a hostile input has more meters than anybody reads of.
  private static let mostNotices = 100
  /// An origin that nothing comes from for so long is gone, as a meter that was replaced.
  private static let memory = Duration.seconds(86_400)
  /// The seconds between two readings of a sub-meter of which there was one so far: DSMR 4 meters read
  /// gas every hour, later ones more often.
  private static let usualInterval: Int64 = 3600
  /// What is believed of the seconds between two readings.
  private static let intervals: ClosedRange<Int64> = 300...86_400

  /// - Parameters:
  ///   - template: how topics are made.
  ///   - own: a topic that no record may have.
  init(_ template: TopicTemplate, own: String?) {
    self.template = template
    if let own { owners[own] = .some(nil) }
  }

  /// What the user should know of the topics since the last call.
  mutating func takeNotices() -> [String] {
    defer { notices = [] }
    noticeCount += notices.count
    return noticeCount <= Topics.mostNotices ? notices : []
  }

  /// The records of a telegram came.
  ///
  /// - Parameters:
  ///   - telegram: the records.
  ///   - now: the time.
  /// - Returns: those of sub-meters that choose their topics before the others of the telegram, as the
  ///   readings of these do not move any more.
  mutating func see(
    _ telegram: some Collection<Record>, at now: ContinuousClock.Instant
  ) -> [Record] {
    let origins = telegram.map { RecordOrigin($0) }
    for (record, origin) in zip(telegram, origins) { note(origin, record.pastTimestamp, at: now) }
    for origin in origins { takeOver(origin, at: now) }
    let submeters = zip(telegram, origins).filter { $0.1.channel != nil }
    guard submeters.count > 1, let newest = submeters.compactMap({ $0.0.pastTimestamp }).max()
    else {
      return []
    }
    let living = submeters.filter { !isBehind($0.1, newest) }
    return living.count == submeters.count ? [] : living.map(\.0)
  }

  private mutating func note(
    _ origin: RecordOrigin, _ reading: Timestamp?, at now: ContinuousClock.Instant
  ) {
    if lastSeen.count >= Topics.mostTopics { lastSeen = [:] }
    lastSeen[origin, default: Sighting(at: now)].at = now
    if let reading { lastSeen[origin]?.note(reading) }
  }

  /// Gives an origin the topics of the one that it is beside, if that is gone.
  private mutating func takeOver(_ origin: RecordOrigin, at now: ContinuousClock.Instant) {
    guard let other = displaced[origin] else { return }
    if let heir = displaced[other] {
      // Somebody else has its topics now.
      displaced[origin] = heir == origin ? nil : heir
    } else if isStandingStill(other, beside: origin)
      || lastSeen[other].map({ $0.at + Topics.memory < now }) ?? false
    {
      pass(topicsOf: other, to: origin)
    }
  }

  private mutating func pass(topicsOf other: RecordOrigin, to origin: RecordOrigin) {
    forget(other)
    forget(origin)
    displaced[origin] = nil
    displaced[other] = origin
    depths[origin] = nil
    notices.append("\(name(of: origin)) has the topics now that \(name(of: other)) had")
  }

  /// Whether an origin is a sub-meter that was replaced: telegrams go on to repeat its last reading,
  /// while that of another one moves.
  private func isStandingStill(_ origin: RecordOrigin, beside other: RecordOrigin) -> Bool {
    guard origin.channel != nil, other.channel != nil else { return false }
    return lastSeen[other]?.reading.map { isBehind(origin, $0) } ?? false
  }

  /// Whether the reading of a sub-meter is so much older than another one that it moves no more.
  private func isBehind(_ origin: RecordOrigin, _ other: Timestamp) -> Bool {
    guard let last = lastSeen[origin], let reading = last.reading else { return false }
    // One reading may have been missed.
    let patience = last.interval.map {
      2 * min(max($0, Topics.intervals.lowerBound), Topics.intervals.upperBound)
    }
    return other.seconds - reading.seconds > patience ?? Topics.usualInterval
  }

  /// The topic of a record.
  ///
  /// - Parameter origin: who the record is of.
  /// - Returns: nil where there are too many topics.
  mutating func topic(of origin: RecordOrigin) -> String? {
    topic(of: Topics.wholeRecord, origin)
  }

  /// The topic of a value.
  ///
  /// - Parameters:
  ///   - metric: its key.
  ///   - origin: who the record is of.
  /// - Returns: nil where there are too many topics.
  mutating func topic(of metric: String, _ origin: RecordOrigin) -> String? {
    if let topic = known[origin]?[metric] { return topic }
    guard owners.count < Topics.mostTopics else { return nil }
    // What a sub-meter says of itself is never that of the telegram.
    let isOfItself = RecordKey(rawValue: metric) != nil && origin.channel != nil
    let isTold = template.tellsMeters || template.tellsChannels
    let start = depths[origin] ?? (isOfItself && !isTold ? 1 : 0)
    let candidates = candidates(metric, origin).enumerated().dropFirst(start)
    var isBesideOther = false
    for (depth, candidate) in candidates {
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
      known[origin, default: [:]][metric] = candidate
      // Not some of them here and the others there.
      if isBesideOther, origin.isNumberedMeter { depths[origin] = depth }
      return candidate
    }
    return nil
  }

  /// The topics that a value can have, the one of the template first: each of the others tells its
  /// origin from one more.
  private func candidates(_ metric: String, _ origin: RecordOrigin) -> [String] {
    let channel = origin.channelLevel
    // A value is of what is past by its metric; a record of it is below `+`, as the telegram itself.
    let past = metric == Topics.wholeRecord ? origin.past : nil
    let meter = past.map { "\(origin.meterLevel)-\($0)" } ?? origin.meterLevel
    func topic(_ meter: String) -> String {
      template.topic(meter: meter, channel: channel, metric: metric)
    }
    // A sub-meter without a number is told by its channel, whoever comes first.
    let isTold = origin.meter != nil || origin.channel == nil || template.tellsChannels
    let plain = topic(isTold ? meter : "\(meter)-channel\(channel)")
    var candidates = [plain]
    if template.tellsMeters, isTold { candidates.append(topic("\(meter)-channel\(channel)")) }
    if let past { candidates.append(Topics.insert(past, into: plain)) }
    if origin.channel != nil { candidates.append(Topics.insert("channel\(channel)", into: plain)) }
    candidates.append(Topics.insert(origin.meterLevel, into: plain))
    candidates.append(Topics.insert("\(origin.meterLevel)/channel\(channel)", into: plain))
    return candidates
  }

  private static func insert(_ level: String, into topic: String) -> String {
    guard let slash = topic.lastIndex(of: "/") else { return "\(level)/\(topic)" }
    return "\(topic[..<slash])/\(level)\(topic[slash...])"
  }

  private mutating func note(_ origin: RecordOrigin, _ owner: RecordOrigin?) {
    guard let owner, displaced[origin] == nil, displaced[owner] != origin,
      origin.device != owner.device
    else {
      return
    }
    displaced[origin] = owner
    if displaced.keys.contains(where: { $0 != origin && $0.device == origin.device }) { return }
    notices.append("\(name(of: origin)) has topics of its own beside those of \(name(of: owner))")
  }

  private func name(of origin: RecordOrigin) -> String {
    let channel = origin.channel == nil ? "" : " on channel \(origin.channelLevel)"
    return "meter \(origin.meterLevel)\(channel)"
  }

  /// The topics of an origin are for others.
  private mutating func forget(_ origin: RecordOrigin) {
    for topic in known[origin]?.values.map(\.self) ?? [] { owners[topic] = nil }
    known[origin] = nil
  }
}
