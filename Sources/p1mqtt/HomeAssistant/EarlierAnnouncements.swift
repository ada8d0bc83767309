/// The announcements that the broker retains from an earlier run or another process, and which of their sensors
/// are to be withdrawn. Those of a device that this run reads are not here.
struct EarlierAnnouncements {
  private struct SensorKey: Hashable {
    /// The topic of the announcement.
    let topic: String
    let id: String
  }

  /// What sensors are found by.
  private enum Trait: Hashable {
    case state(String), device(String), parent(String)
  }

  /// The prefix of the topics of values.
  private let prefix: String
  /// The topics that this run, or an earlier run with the same prefix, publishes its status to.
  private let statusTopics: Set<String>
  /// By their topics.
  private var announcements: [String: RetainedAnnouncement] = [:]
  private var sensors: [Trait: Set<SensorKey>] = [:]
  private var count = 0
  /// The topics of announcements of which sensors are withdrawn.
  private var changed = UniqueQueue<String>()

  /// The most sensors that are remembered, as a broker may have those of many processes.
  private let maximumCount: Int

  /// Whether nothing is to be withdrawn.
  var isEmpty: Bool { changed.isEmpty }

  /// - Parameter capacity: about how many bytes may be remembered.
  init(below prefix: String, _ statusTopic: String?, capacity: Int) {
    self.prefix = prefix
    maximumCount = max(10_000, capacity / 1024)
    statusTopics = ["\(prefix)/status", statusTopic ?? "\(prefix)/status"]
  }

  /// Whether an earlier run with the same prefix has announced it. The prefix of another process may begin with this
  /// one, so the status decides if there is one.
  func isOurs(_ announcement: RetainedAnnouncement) -> Bool {
    announcement.configuration.availabilityTopic.map(statusTopics.contains)
      ?? announcement.configuration.components.values.allSatisfy {
        $0.stateTopic?.hasPrefix("\(prefix)/") ?? false
      }
  }

  /// Notes an announcement of a device that this run has not read so far.
  ///
  /// - Returns: whether it was not one too many.
  mutating func add(_ announcement: RetainedAnnouncement) -> Bool {
    remove(announcement.topic)
    let size = announcement.configuration.components.count
    guard size > 0, count + size <= maximumCount else { return false }
    announcements[announcement.topic] = announcement
    for id in announcement.configuration.components.keys {
      for trait in EarlierAnnouncements.traits(of: id, in: announcement) {
        sensors[trait, default: []].insert(SensorKey(topic: announcement.topic, id: id))
      }
    }
    count += size
    return true
  }

  @discardableResult
  private mutating func remove(_ topic: String) -> RetainedAnnouncement? {
    guard let announcement = announcements.removeValue(forKey: topic) else { return nil }
    for id in announcement.configuration.components.keys { forget(id, of: announcement) }
    return announcement
  }

  /// Makes a sensor be found no longer.
  private mutating func forget(_ id: String, of announcement: RetainedAnnouncement) {
    for trait in EarlierAnnouncements.traits(of: id, in: announcement) {
      sensors[trait]?.remove(SensorKey(topic: announcement.topic, id: id))
      if sensors[trait]?.isEmpty == true { sensors[trait] = nil }
    }
    count -= 1
  }

  private static func traits(of id: String, in announcement: RetainedAnnouncement) -> [Trait] {
    [
      .device(announcement.deviceID),
      announcement.configuration.components[id]?.stateTopic.map { .state($0) },
      announcement.parent.map { .parent($0) },
    ].compactMap(\.self)
  }

  /// Takes the announcements of a device, which this run now makes itself.
  mutating func take(device: String) -> [RetainedAnnouncement] {
    let topics = Set((sensors[.device(device)] ?? []).map(\.topic)).sorted()
    return topics.compactMap { remove($0) }
  }

  /// Withdraws the sensors whose values have a topic that now belongs to another one.
  ///
  /// - Returns: whether there were any.
  mutating func withdraw(publishedTo topic: String) -> Bool {
    withdraw(.state(topic)) { _ in true }
  }

  /// Withdraws the sub-meters of a meter.
  mutating func withdraw(submetersOf parent: String) {
    _ = withdraw(.parent(parent), where: isOurs)
  }

  private mutating func withdraw(
    _ trait: Trait, where isGone: (RetainedAnnouncement) -> Bool
  ) -> Bool {
    var hasWithdrawn = false
    for (topic, gone) in Dictionary(grouping: sensors[trait] ?? [], by: \.topic) {
      // The broker sends the others again after the next connection.
      guard changed.count < maximumCount else { break }
      guard var announcement = announcements[topic], isGone(announcement) else { continue }
      for sensor in gone {
        forget(sensor.id, of: announcement)
        announcement.withdraw(sensor.id)
      }
      announcements[topic] = announcement
      changed.append(topic)
      hasWithdrawn = true
    }
    return hasWithdrawn
  }

  /// Takes the topic and the payload of an announcement that withdraws sensors; nil where there is none.
  mutating func takeWithdrawal() -> (topic: String, payload: [UInt8])? {
    while let topic = changed.removeFirst() {
      guard let announcement = announcements[topic] else { continue }
      if announcement.configuration.components.isEmpty { remove(topic) }
      return (topic, announcement.withdrawal)
    }
    return nil
  }
}
