/// The announcements that the broker has of an earlier run, or of another process, and which of them
/// are to be withdrawn.
struct RetainedSensors {
  private struct Entry {
    /// The id of its device.
    let device: String
    /// The id of the meter that reads the device; nil where it is read itself.
    let parent: String?
    /// The topic of its values.
    let state: String
    /// Whether an earlier run with our prefix has published them.
    let isOurs: Bool
  }

  /// What our topics begin with.
  private let prefix: String
  /// Where we say whether we are there, or an earlier run with our prefix did.
  private let statusTopics: Set<String>

  /// What announcements have in common.
  private enum Trait: Hashable {
    case state(String), device(String), parent(String)
  }

  /// By the topic of the announcement.
  private var entries: [String: Entry] = [:]
  /// The topics of the announcements that have something in common.
  private var topics: [Trait: Set<String>] = [:]
  private var removals = UniqueQueue<String>()

  /// The most that are known; a broker may have those of many processes.
  private static let mostEntries = 10_000

  /// Whether nothing is to be withdrawn.
  var isEmpty: Bool { removals.isEmpty }

  init(below prefix: String, _ statusTopic: String?) {
    self.prefix = prefix
    statusTopics = ["\(prefix)/status", statusTopic ?? "\(prefix)/status"]
  }

  /// The broker has an announcement that this run has not made.
  ///
  /// - Parameters:
  ///   - topic: where it is.
  ///   - device: the id of its device.
  ///   - text: what it says.
  /// - Returns: the topic of its values; nil where there is none, or no room.
  mutating func add(_ topic: String, of device: String, _ text: String) -> String? {
    guard entries.count < RetainedSensors.mostEntries, let sensor = Sensor.read(text) else {
      return nil
    }
    // The prefix of another one may begin with ours.
    let isOurs = sensor.status.map(statusTopics.contains) ?? sensor.state.hasPrefix("\(prefix)/")
    remove(topic)
    let entry = Entry(
      device: device, parent: sensor.parent, state: sensor.state, isOurs: isOurs)
    entries[topic] = entry
    for trait in RetainedSensors.traits(of: entry) { topics[trait, default: []].insert(topic) }
    return sensor.state
  }

  private static func traits(of entry: Entry) -> [Trait] {
    [.state(entry.state), .device(entry.device)] + (entry.parent.map { [.parent($0)] } ?? [])
  }

  /// An announcement takes the place of one there.
  mutating func remove(_ topic: String) {
    guard let entry = entries.removeValue(forKey: topic) else { return }
    for trait in RetainedSensors.traits(of: entry) {
      topics[trait]?.remove(topic)
      if topics[trait]?.isEmpty == true { topics[trait] = nil }
    }
  }

  /// Withdraws those whose values are at a topic that is another sensor's now.
  mutating func withdraw(state: String) {
    withdraw(.state(state)) { _ in true }
  }

  /// Withdraws those of a device.
  mutating func withdraw(of device: String) {
    withdraw(.device(device), where: \.isOurs)
  }

  /// Withdraws those of the sub-meters of a meter.
  mutating func withdraw(behind parent: String) {
    withdraw(.parent(parent), where: \.isOurs)
  }

  private mutating func withdraw(_ trait: Trait, where isGone: (Entry) -> Bool) {
    for topic in topics[trait] ?? [] where entries[topic].map(isGone) ?? false {
      // After each connection the broker tells of them again.
      guard removals.count < RetainedSensors.mostEntries else { return }
      remove(topic)
      removals.append(topic)
    }
  }

  /// The topic of an announcement that is to be withdrawn, taken out; nil where there is none.
  mutating func takeRemoval() -> String? { removals.removeFirst() }
}
