import DequeModule
import Records

/// The messages of discovery.
extension Discovery {
  /// How long Home Assistant may take to add, change or release the sensors of a device. Meanwhile it drops other
  /// changes of that device.
  static let busyTime = Duration.seconds(2)

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
    guard isRetained else {
      if let probe = probes.removeValue(forKey: topic) { accept(probe) }
      return false
    }
    if let announcement = RetainedAnnouncement(topic, levels, payload) { receive(announcement) }
    return false
  }

  /// Whether nothing is to be announced, now or when a device is no longer busy.
  var isEmpty: Bool {
    staleTopics.isEmpty && migration.isEmpty && pending.isEmpty && earlier.isEmpty && !isPostponing
  }

  /// Whether changes wait until Home Assistant has taken the last ones.
  var isPostponing: Bool { !postponed.isEmpty }

  /// When the next device is no longer busy; nil if none is.
  var deadline: ContinuousClock.Instant? { busyDevices.first?.end }

  /// Announces the changes of the devices that are no longer busy.
  mutating func advance(at now: ContinuousClock.Instant) {
    while let (meter, end) = busyDevices.first, end <= now {
      busyDevices.removeFirst()
      guard let device = devices[meter] else { continue }
      device.isBusy = false
      let probe = probeTopic(of: device)
      if probes.removeValue(forKey: probe) != nil { lostProbe = probe }
      guard postponed.remove(meter) != nil else { continue }
      if !device.topicsToWithdraw.isEmpty {
        migration.append(contentsOf: takeOverMessages(meter, device, at: now))
      } else if form == .device {
        let announcement = Announcement(meter: meter, id: nil)
        pending.append(announcement)
        changed.insert(announcement)
      }
    }
  }

  /// Takes the next message to be published; nil where there is none.
  mutating func takeMessage(at now: ContinuousClock.Instant) -> Message? {
    if let topic = staleTopics.removeFirst() { return change(topic, "", isRetained: true) }
    if let message = migration.popFirst() { return message }
    if let (topic, payload) = earlier.takeWithdrawal() {
      return Message(topic: topic, payload: payload, purpose: .change, isRetained: true)
    }
    while let announcement = pending.removeFirst() {
      let isChange = changed.remove(announcement) != nil
      // The device may have been forgotten meanwhile.
      guard let device = devices[announcement.meter] else { continue }
      guard !waitsForParent(announcement, device) else { continue }
      if !device.topicsToRelease.isEmpty {
        guard device.isAccepted else {
          guard !device.isProbed else { continue }
          device.isProbed = true
          startBusyTime(announcement.meter, device, at: now)
          return probe(announcement, device)
        }
        migration = Deque(releaseMessages(announcement.meter, device, at: now))
        return migration.popFirst()
      }
      if device.isBusy, form == .component || isChange || !device.topicsToWithdraw.isEmpty {
        postponed.insert(announcement.meter)
        continue
      }
      return message(announcement, device, isChange: isChange, at: now)
    }
    return nil
  }

  /// Puts an announcement of a sub-meter aside until its electricity meter is announced.
  private mutating func waitsForParent(_ announcement: Announcement, _ device: Device) -> Bool {
    guard awaitsParents, let parent = device.identity.parent, meters[parent] == nil,
      waiting[parent] != nil || waiting.count < Discovery.maximumNames
    else {
      return false
    }
    // More are those of meters that were forgotten.
    if waiting[parent, default: []].count < Discovery.maximumMetrics {
      waiting[parent, default: []].insert(announcement)
    }
    return true
  }

  private mutating func message(
    _ announcement: Announcement, _ device: Device, isChange: Bool, at now: ContinuousClock.Instant
  ) -> Message {
    let payload: [UInt8]
    if let id = announcement.id {
      payload = device.sensors[id].map { DiscoveryJSON.encode(message(of: $0, device)) } ?? []
    } else {
      payload = device.sensors.isEmpty ? [] : DiscoveryJSON.encode(message(of: device))
      postponed.remove(announcement.meter)
      startBusyTime(announcement.meter, device, at: now)
    }
    return Message(
      topic: form.topic(prefix, device: device.identity.id, sensor: announcement.id ?? ""),
      payload: payload, purpose: isChange || payload.isEmpty ? .change : .discovery,
      isRetained: true)
  }

  /// The message of a device: its sensors, and those that are withdrawn.
  private func message(of device: Device) -> DeviceConfiguration {
    var components = device.sensors.mapValues { sensor in
      var configuration = configuration(of: sensor, device)
      configuration.platform = SensorConfiguration.sensorPlatform
      return configuration
    }
    for id in device.withdrawn { components[id] = .withdrawn }
    return DeviceConfiguration(
      device: device.identity.description, origin: .p1mqtt, availabilityTopic: style.statusTopic,
      components: components)
  }

  /// The message of a sensor.
  private func message(of sensor: Announced, _ device: Device) -> SensorConfiguration {
    var configuration = configuration(of: sensor, device)
    configuration.availabilityTopic = style.statusTopic
    configuration.device = device.identity.description
    configuration.origin = .p1mqtt
    return configuration
  }

  private func configuration(of sensor: Announced, _ device: Device) -> SensorConfiguration {
    SensorConfiguration(
      sensor.key, sensor.topic, decimals: sensor.decimals,
      expiry: sensor.isOccasional ? nil : device.expiry,
      of: device.identity, style)
  }

  // MARK: - From one form to the other

  /// A message that Home Assistant ignores, to the topics of the form of this run. The user may be allowed to publish to
  /// those of the other form only. It comes back by the subscription: MQTT 3.1.1 acknowledges forbidden messages, too.
  private mutating func probe(_ announcement: Announcement, _ device: Device) -> Message {
    let payload =
      switch form {
      case .device:
        DiscoveryJSON.encode(
          DeviceConfiguration(
            device: device.identity.description, origin: .p1mqtt, components: [:]))
      case .component: [UInt8]()
      }
    let topic = probeTopic(of: device)
    probes[topic] = announcement
    return Message(topic: topic, payload: payload, purpose: .change, isRetained: false)
  }

  private func probeTopic(of device: Device) -> String {
    form.topic(prefix, device: device.identity.id, sensor: "probe")
  }

  /// A probe has come back.
  private mutating func accept(_ announcement: Announcement) {
    devices[announcement.meter]?.isAccepted = true
    pending.append(announcement)
    changed.insert(announcement)
  }

  /// The messages by which Home Assistant releases the sensors of a meter, and keeps what its user has set.
  private mutating func releaseMessages(
    _ meter: MeterKey, _ device: Device, at now: ContinuousClock.Instant
  ) -> [Message] {
    let topics = device.topicsToRelease.sorted()
    device.topicsToWithdraw.formUnion(topics)
    device.topicsToRelease = []
    postponed.insert(meter)
    startBusyTime(meter, device, at: now)
    return topics.map { change($0, #"{"migrate_discovery":true}"#, isRetained: false) }
  }

  /// The messages by which Home Assistant takes the released sensors from other topics. It logs a conflict if the old
  /// messages are withdrawn after the new ones have come.
  private mutating func takeOverMessages(
    _ meter: MeterKey, _ device: Device, at now: ContinuousClock.Instant
  ) -> [Message] {
    let topics = device.topicsToWithdraw.sorted()
    device.topicsToWithdraw = []
    let messages = announcements(of: meter).map { message($0, device, isChange: true, at: now) }
    return topics.map { change($0, "", isRetained: true) } + messages
  }

  private func change(_ topic: String, _ payload: String, isRetained: Bool) -> Message {
    Message(topic: topic, payload: payload.utf8Bytes, purpose: .change, isRetained: isRetained)
  }

  private mutating func startBusyTime(
    _ meter: MeterKey, _ device: Device, at now: ContinuousClock.Instant
  ) {
    guard !device.isBusy else { return }
    device.isBusy = true
    busyDevices.append((meter, now + Discovery.busyTime))
  }
}
