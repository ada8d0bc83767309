/// The announcements that the broker retains from an earlier run or another process, and which of them
/// are to be withdrawn.
struct EarlierAnnouncements {
  private struct Entry {
    let device: String
    /// The id of the electricity meter of a sub-meter; nil for an electricity meter.
    let parent: String?
    /// The topic of its values.
    let state: String
    /// Whether an earlier run with the same prefix has published them.
    let isOurs: Bool
  }

  /// The prefix of the topics of values.
  private let prefix: String
  /// The topics that this run, or an earlier run with the same prefix, publishes its status to.
  private let statusTopics: Set<String>

  /// What announcements are found by.
  private enum Trait: Hashable {
    case state(String), device(String), parent(String)
  }

  /// By the topic of the announcement.
  private var entries: [String: Entry] = [:]
  /// The topics of the announcements with a trait.
  private var topics: [Trait: Set<String>] = [:]
  private var withdrawals = UniqueQueue<String>()

  /// The most that are remembered, as a broker may have those of many processes.
  private static let maximumEntries = 10_000

  /// Whether nothing is to be withdrawn.
  var isEmpty: Bool { withdrawals.isEmpty }

  init(below prefix: String, _ statusTopic: String?) {
    self.prefix = prefix
    statusTopics = ["\(prefix)/status", statusTopic ?? "\(prefix)/status"]
  }

  /// Notes an announcement that this run has not made.
  ///
  /// - Parameters:
  ///   - topic: the topic of the announcement.
  ///   - device: the id of its device.
  ///   - sensor: what it says.
  /// - Returns: whether it was not one too many.
  mutating func add(_ topic: String, of device: String, _ sensor: SensorAnnouncement) -> Bool {
    guard entries.count < EarlierAnnouncements.maximumEntries else { return false }
    // The prefix of another process may begin with this one, so the status decides if there is one.
    let isOurs = sensor.status.map(statusTopics.contains) ?? sensor.state.hasPrefix("\(prefix)/")
    forget(topic)
    let entry = Entry(
      device: device, parent: sensor.parent, state: sensor.state, isOurs: isOurs)
    entries[topic] = entry
    for trait in EarlierAnnouncements.traits(of: entry) { topics[trait, default: []].insert(topic) }
    return true
  }

  private static func traits(of entry: Entry) -> [Trait] {
    [.state(entry.state), .device(entry.device)] + (entry.parent.map { [.parent($0)] } ?? [])
  }

  /// Forgets an announcement, which this run now makes itself.
  mutating func forget(_ topic: String) {
    guard let entry = entries.removeValue(forKey: topic) else { return }
    for trait in EarlierAnnouncements.traits(of: entry) {
      topics[trait]?.remove(topic)
      if topics[trait]?.isEmpty == true { topics[trait] = nil }
    }
  }

  /// Withdraws those whose values have a topic that now belongs to another sensor.
  ///
  /// - Returns: the ids of their devices.
  mutating func withdraw(publishedTo topic: String) -> [String] {
    let devices = (topics[.state(topic)] ?? []).compactMap { entries[$0]?.device }
    withdraw(.state(topic)) { _ in true }
    return devices
  }

  /// Withdraws those of a device.
  mutating func withdraw(ofDevice device: String) {
    withdraw(.device(device), where: \.isOurs)
  }

  /// Withdraws those of the sub-meters of a meter.
  mutating func withdraw(submetersOf parent: String) {
    withdraw(.parent(parent), where: \.isOurs)
  }

  private mutating func withdraw(_ trait: Trait, where isGone: (Entry) -> Bool) {
    for topic in topics[trait] ?? [] where entries[topic].map(isGone) ?? false {
      // The broker sends the others again after the next connection.
      guard withdrawals.count < EarlierAnnouncements.maximumEntries else { return }
      forget(topic)
      withdrawals.append(topic)
    }
  }

  /// Takes the topic of an announcement to be withdrawn; nil where there is none.
  mutating func takeWithdrawal() -> String? { withdrawals.removeFirst() }
}
