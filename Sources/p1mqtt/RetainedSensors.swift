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

  /// By the topic of the announcement.
  private var entries: [String: Entry] = [:]
  private var removals = UniqueQueue<String>()

  /// The most that are known; a broker may have those of many processes.
  private static let mostEntries = 10_000

  /// Whether nothing is to be withdrawn.
  var isEmpty: Bool { removals.isEmpty }

  init(below prefix: String) { self.prefix = prefix }

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
    let isOurs =
      sensor.status.map { $0 == "\(prefix)/status" } ?? sensor.state.hasPrefix("\(prefix)/")
    entries[topic] = Entry(
      device: device, parent: sensor.parent, state: sensor.state, isOurs: isOurs)
    return sensor.state
  }

  /// An announcement takes the place of one there.
  mutating func remove(_ topic: String) { entries[topic] = nil }

  /// Withdraws those whose values are at a topic that is another sensor's now.
  mutating func withdraw(state: String) {
    withdraw { $0.state == state }
  }

  /// Withdraws those of a device.
  mutating func withdraw(of device: String) {
    withdraw { $0.device == device && $0.isOurs }
  }

  /// Withdraws those of the sub-meters of a meter.
  mutating func withdraw(behind parent: String) {
    withdraw { $0.parent == parent && $0.isOurs }
  }

  private mutating func withdraw(_ isGone: (Entry) -> Bool) {
    for (topic, entry) in entries where isGone(entry) {
      // After each connection the broker tells of them again.
      guard removals.count < RetainedSensors.mostEntries else { return }
      entries[topic] = nil
      removals.append(topic)
    }
  }

  /// The topic of an announcement that is to be withdrawn, taken out; nil where there is none.
  mutating func takeRemoval() -> String? { removals.removeFirst() }
}
