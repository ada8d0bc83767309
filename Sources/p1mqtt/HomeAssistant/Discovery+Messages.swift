import DequeModule
import Records

/// The messages of discovery.
extension Discovery {
  /// Where Home Assistant publishes `online` when it has started.
  private var birthTopic: String { "\(prefix)/status" }

  /// What to subscribe to: the status of Home Assistant, and the announcements that the broker retains.
  var filters: [String] {
    [birthTopic] + DiscoveryForm.allCases.map { $0.topic(prefix, device: "+", sensor: "+") }
  }

  /// Takes a message that the broker sent.
  ///
  /// - Returns: whether Home Assistant has started, and needs everything again.
  mutating func receive(topic: String, _ payload: [UInt8], isRetained: Bool) -> Bool {
    if topic == birthTopic {
      guard payload == "online".utf8Bytes, !isRetained else { return false }
      repeatAll()
      return true
    }
    let levels = topic.dropFirst(prefix.count + 1).split(separator: "/")
    if isRetained, let announcement = RetainedAnnouncement(topic, levels, payload) {
      receive(announcement)
    }
    return false
  }

  var isEmpty: Bool {
    migration.isEmpty && pending.isEmpty && earlier.isEmpty
      && !settling.contains { devices[$0]?.hasChanged ?? false }
  }

  /// Takes the next message to be published; nil where there is none.
  mutating func takeMessage() -> Message? {
    if let message = migration.popFirst() { return message }
    if let (topic, payload) = earlier.takeWithdrawal() {
      return Message(topic: topic, payload: payload, purpose: .change, isRetained: true)
    }
    while let announcement = pending.removeFirst() {
      let isChange = changed.remove(announcement) != nil
      // The device may have been forgotten meanwhile.
      guard let device = devices[announcement.meter] else { continue }
      if awaitsParents, waiting.count < Discovery.maximumNames,
        let parent = device.identity.parent, meters[parent] == nil
      {
        waiting[parent, default: []].insert(announcement)
        continue
      }
      if !device.otherTopics.isEmpty {
        migration = Deque(release(announcement.meter, device))
        return migration.popFirst()
      }
      if device.isSettling, form == .component || isChange || !device.releasedTopics.isEmpty {
        device.hasChanged = true
        continue
      }
      if !device.releasedTopics.isEmpty {
        migration = Deque(takeOver(announcement.meter, device))
        return migration.popFirst()
      }
      return message(announcement, device, isChange: isChange)
    }
    return nil
  }

  /// Home Assistant has taken what was announced. While it adds or releases the sensors of a device, it drops other
  /// changes of that device.
  mutating func settle() {
    for meter in settling {
      guard let device = devices[meter] else { continue }
      device.isSettling = false
      guard device.hasChanged else { continue }
      device.hasChanged = false
      // With a message for each metric this is a change of form, and the first announcement brings the others.
      guard let announcement = announcements(of: meter).first else { continue }
      pending.append(announcement)
      changed.insert(announcement)
    }
    settling = []
  }

  private mutating func message(
    _ announcement: Announcement, _ device: Device, isChange: Bool
  ) -> Message {
    guard let id = announcement.id else {
      device.hasChanged = false
      startSettling(announcement.meter, device)
      return message(
        "", device, device.sensors.isEmpty ? nil : configuration(of: device), isChange: isChange)
    }
    return message(
      id, device, device.sensors[id].map { configuration(of: $0, device, isAlone: true) },
      isChange: isChange)
  }

  private func message(
    _ id: String, _ device: Device, _ configuration: (some Encodable)?, isChange: Bool
  ) -> Message {
    Message(
      topic: form.topic(prefix, device: device.identity.id, sensor: id),
      payload: configuration.map { DiscoveryJSON.encode($0) } ?? [],
      purpose: isChange || configuration == nil ? .change : .announcement, isRetained: true)
  }

  /// The message of a device: its sensors, and those that are withdrawn.
  private func configuration(of device: Device) -> DeviceConfiguration {
    let sensors = device.sensors.mapValues { configuration(of: $0, device, isAlone: false) }
    let withdrawn = device.withdrawn.map { ($0, SensorConfiguration.withdrawn) }
    return DeviceConfiguration(
      device: device.identity.description, origin: .p1mqtt, availabilityTopic: style.statusTopic,
      components: sensors.merging(withdrawn) { sensor, _ in sensor })
  }

  /// - Parameter isAlone: whether the sensor has a message of its own.
  private func configuration(
    of sensor: Announced, _ device: Device, isAlone: Bool
  ) -> SensorConfiguration {
    var configuration = SensorConfiguration(
      sensor.key, sensor.topic, decimals: sensor.decimals, expiry: device.expiry,
      of: device.identity, style)
    if isAlone {
      configuration.availabilityTopic = style.statusTopic
      configuration.device = device.identity.description
      configuration.origin = .p1mqtt
    } else {
      configuration.platform = SensorConfiguration.withdrawn.platform
    }
    return configuration
  }

  // MARK: - From one form to the other

  /// The messages by which Home Assistant releases the sensors of a meter, and keeps what its user has set.
  private mutating func release(_ meter: MeterKey, _ device: Device) -> [Message] {
    device.releasedTopics += device.otherTopics
    device.otherTopics = []
    device.hasChanged = true
    startSettling(meter, device)
    return device.releasedTopics.map {
      change($0, #"{"migrate_discovery":true}"#, isRetained: false)
    }
  }

  /// The messages by which Home Assistant takes the released sensors from other topics.
  private mutating func takeOver(_ meter: MeterKey, _ device: Device) -> [Message] {
    let topics = device.releasedTopics
    device.releasedTopics = []
    let messages = announcements(of: meter).map { message($0, device, isChange: true) }
    return topics.map { change($0, "", isRetained: true) } + messages
  }

  private func change(_ topic: String, _ payload: String, isRetained: Bool) -> Message {
    Message(topic: topic, payload: payload.utf8Bytes, purpose: .change, isRetained: isRetained)
  }

  private mutating func startSettling(_ meter: MeterKey, _ device: Device) {
    device.isSettling = true
    settling.insert(meter)
  }
}
