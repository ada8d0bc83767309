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
  }

  /// By the topic of the announcement.
  private var entries: [String: Entry] = [:]
  private var removals = UniqueQueue<String>()

  /// The most that are known; a broker may have those of many processes.
  private static let mostEntries = 10_000

  /// Whether nothing is to be withdrawn.
  var isEmpty: Bool { removals.isEmpty }

  /// The broker has an announcement that is not ours.
  ///
  /// - Parameters:
  ///   - topic: where it is.
  ///   - device: the id of its device.
  ///   - parent: the id of the meter that reads the device; nil where it is read itself.
  ///   - state: the topic of its values.
  mutating func add(_ topic: String, of device: String, behind parent: String?, state: String) {
    guard entries.count < RetainedSensors.mostEntries else { return }
    entries[topic] = Entry(device: device, parent: parent, state: state)
  }

  /// An announcement takes the place of one there.
  mutating func remove(_ topic: String) { entries[topic] = nil }

  /// Withdraws those whose values are at a topic that is another sensor's now.
  mutating func withdraw(state: String) {
    withdraw { $0.state == state }
  }

  /// Withdraws those of a device whose values are below a prefix.
  mutating func withdraw(of device: String, below prefix: String) {
    withdraw { $0.device == device && $0.state.hasPrefix("\(prefix)/") }
  }

  /// Withdraws those of the sub-meters of a meter whose values are below a prefix.
  mutating func withdraw(behind parent: String, below prefix: String) {
    withdraw { $0.parent == parent && $0.state.hasPrefix("\(prefix)/") }
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
