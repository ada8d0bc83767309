import Records

/// Which topics records go to. No topic has two writers.
///
/// A topic is that of the record's origin that came first; another one whose topic would be the same
/// has a level of its own in it, before the last one: `dsmr/channel2/gas_m3` beside `dsmr/gas_m3`.
struct Topics {
  private let template: TopicTemplate
  /// Whose each topic is; nil is ours.
  private var owners: [String: RecordOrigin?] = [:]
  /// The topics of each origin, by metric.
  private var known: [RecordOrigin: [String: String]] = [:]
  /// When the last record of each origin came.
  private var lastSeen: [RecordOrigin: ContinuousClock.Instant] = [:]
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

  /// A record came from an origin.
  mutating func see(_ origin: RecordOrigin, at now: ContinuousClock.Instant) {
    if let other = displaced[origin], let seen = lastSeen[other], seen + Topics.memory < now {
      forget(other)
      displaced[origin] = nil
      depths[origin] = nil
      known[origin] = nil
      notices.append("\(name(of: origin)) has the topics now that \(name(of: other)) had")
    }
    if lastSeen.count >= Topics.mostTopics { lastSeen = [:] }
    lastSeen[origin] = now
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
    guard let owner, displaced[origin] == nil, origin.device != owner.device else { return }
    displaced[origin] = owner
    if displaced.keys.contains(where: { $0 != origin && $0.device == origin.device }) { return }
    notices.append("\(name(of: origin)) has topics of its own beside those of \(name(of: owner))")
  }

  private func name(of origin: RecordOrigin) -> String {
    let channel = origin.channel == nil ? "" : " on channel \(origin.channelLevel)"
    return "meter \(origin.meterLevel)\(channel)"
  }

  /// An origin is gone: its topics are for others.
  private mutating func forget(_ origin: RecordOrigin) {
    for (topic, owner) in owners where owner == origin { owners[topic] = nil }
    known[origin] = nil
    lastSeen[origin] = nil
  }
}
