import CommandLine
import Records

/// What Home Assistant is told of the metrics (MQTT discovery): a retained message for each, at
/// `homeassistant/sensor/p1_METER/METRIC/config`.
struct Discovery {
  private final class Device {
    let identity: DeviceIdentity
    /// The metrics that are announced, by their ids.
    var sensors: [String: Announced] = [:]
    var recordCount = 0
    /// The electricity meter that the last record of this sub-meter came behind, and behind how many of
    /// its records.
    var lastBehind: (meter: RecordOrigin, count: Int)?
    /// The sub-meters that came behind this electricity meter.
    var submeters: Set<RecordOrigin> = []

    init(_ identity: DeviceIdentity) {
      self.identity = identity
    }
  }

  private struct Announced {
    let key: String
    var topic: String
    /// Behind how many records its last value came.
    var lastSeen: Int
  }

  /// A sensor that is to be announced, or withdrawn where it is not there any more.
  private struct Pending: Hashable {
    let device: RecordOrigin
    let id: String
  }

  private let prefix: String
  private let style: SensorStyle
  /// Where a device has no number: what tells this meter from others.
  private let place: String
  /// The sensor that each topic is the state of.
  private var states: [String: Pending] = [:]
  /// The meters: the one that was silent for longest is forgotten where there is no room for all.
  private var devices: RecentlyUsedCache<RecordOrigin, Device>
  /// The meters by the ids of their devices.
  private var origins: [String: RecordOrigin] = [:]
  /// The names that are taken, of which there are a few.
  private var names: Set<String> = []
  /// How many meters were forgotten.
  private(set) var forgottenCount = 0
  private var sensorCount = 0
  /// The electricity meter that the sub-meters are read by.
  private var main: RecordOrigin?
  /// What is to be told.
  private var pending = UniqueQueue<Pending>()
  /// What the broker has and we have not announced.
  private var retained: RetainedSensors
  /// The ids of keys.
  private var ids: [String: String] = [:]

  /// A metric that so many records of its meter do not have is gone.
  private static let memory = 60
  /// A sub-meter that nothing comes from behind so many records of its meter is gone.
  private static let memoryOfSubmeters = 3600
  /// The most names that are told apart.
  private static let mostNames = 100
  /// The most metrics of one.
  private static let mostMetrics = 1000
  /// The most that is still to be told, unless there are more sensors.
  private static let mostPending = 10_000
  /// What a sensor takes besides the texts of its topic and its key, which may each be there twice: its
  /// places in dictionaries, which may have as many places more.
  private static let overhead =
    2
    * (MemoryLayout<Announced>.stride + 3 * MemoryLayout<String>.stride
      + 2 * MemoryLayout<Pending>.stride) + 128

  /// - Parameters:
  ///   - prefix: what its topics begin with, `homeassistant`.
  ///   - settings: how values are published.
  ///   - capacity: the most bytes that are remembered of meters.
  init(_ prefix: String, _ settings: PublishSettings, capacity: Int) {
    self.prefix = prefix
    devices = RecentlyUsedCache(capacity: capacity)
    place = settings.prefix
    retained = RetainedSensors(below: place, settings.statusTopic)
    style = SensorStyle(
      isJSON: settings.payload == .json, qos: settings.qos, statusTopic: settings.statusTopic)
  }

  /// Where Home Assistant says that it is there: `online`.
  private var birthTopic: String { "\(prefix)/status" }

  /// A record came.
  ///
  /// - Parameters:
  ///   - values: its keys, and the topics of their values.
  ///   - origin: who it is of.
  mutating func see(_ values: [(key: String, topic: String)], of origin: RecordOrigin) {
    let device = origin.device
    if device.channel == nil { main = device }
    let known = devices[device] ?? add(device, values.map(\.key))
    if origin.past == nil { known.recordCount += 1 }
    if device.channel != nil { note(known, device) }
    var growth = 0
    for (key, topic) in values {
      // Whose the record is, the device says.
      let isSensor = RecordKey(rawValue: key).map { $0 == .timestamp && origin.past == nil } ?? true
      guard isSensor else { continue }
      let id = id(of: key)
      let isNew = known.sensors[id]?.topic != topic
      guard known.sensors[id] != nil || known.sensors.count < Discovery.mostMetrics else {
        continue
      }
      let before = known.sensors.updateValue(
        Announced(key: key, topic: topic, lastSeen: known.recordCount), forKey: id)
      guard isNew else { continue }
      growth += Discovery.size(key, topic)
      if let before {
        leave(before.topic, Pending(device: device, id: id))
        growth -= Discovery.size(key, before.topic)
      } else {
        sensorCount += 1
      }
      retained.remove(configTopic(id, known.identity))
      tell(id, of: device)
      take(topic, for: Pending(device: device, id: id))
    }
    withdraw(known, device)
    withdrawRetained(known, device)
    if device.channel == nil { withdrawSubmeters(of: known, device) }
    devices.use(device, default: known) { _ in growth }
    makeRoom()
  }

  /// A record of a sub-meter came behind one of its electricity meter.
  private mutating func note(_ submeter: Device, _ origin: RecordOrigin) {
    submeter.lastBehind = nil
    guard let main, let meter = devices[main] else { return }
    submeter.lastBehind = (main, meter.recordCount)
    if meter.submeters.insert(origin).inserted {
      devices.use(main, default: meter) { _ in origin.size }
    }
  }

  private static func size(_ key: String, _ topic: String) -> Int {
    2 * (key.utf8.count + topic.utf8.count) + overhead
  }

  /// Forgets the meters that were silent for longest, where there is no room for all. The broker keeps
  /// what was announced of them.
  private mutating func makeRoom() {
    while devices.isOverfull, let (device, known) = devices.removeOldest() {
      for sensor in known.sensors.values where states[sensor.topic]?.device == device {
        states[sensor.topic] = nil
      }
      sensorCount -= known.sensors.count
      origins[known.identity.id] = nil
      forgottenCount += 1
    }
  }

  /// A topic is the state of one sensor alone: that of a meter that was replaced is withdrawn.
  private mutating func take(_ topic: String, for sensor: Pending) {
    if let other = states[topic], other.device != sensor.device {
      remove(other.id, of: other.device)
    }
    states[topic] = sensor
    retained.withdraw(state: topic)
  }

  /// A topic is the state of a sensor no more.
  private mutating func leave(_ topic: String, _ sensor: Pending) {
    if states[topic] == sensor { states[topic] = nil }
  }

  /// Withdraws a sensor.
  private mutating func remove(_ id: String, of device: RecordOrigin) {
    guard let known = devices[device], let sensor = known.sensors.removeValue(forKey: id) else {
      return
    }
    sensorCount -= 1
    leave(sensor.topic, Pending(device: device, id: id))
    devices.use(device, default: known) { _ in -Discovery.size(sensor.key, sensor.topic) }
    tell(id, of: device)
  }

  /// Takes back the sub-meters that their meter no longer has.
  private mutating func withdrawSubmeters(of meter: Device, _ origin: RecordOrigin) {
    guard meter.recordCount > Discovery.memoryOfSubmeters else { return }
    for submeter in meter.submeters {
      guard let known = devices[submeter], let last = known.lastBehind, last.meter == origin,
        last.count + Discovery.memoryOfSubmeters < meter.recordCount
      else {
        continue
      }
      meter.submeters.remove(submeter)
      devices.use(origin, default: meter) { _ in -submeter.size }
      for id in known.sensors.keys.sorted() { remove(id, of: submeter) }
    }
  }

  /// Takes back what an earlier run has announced of a device and of its sub-meters, and does not come
  /// any more. Another process may announce the same meter, with topics of its own.
  private mutating func withdrawRetained(_ known: Device, _ device: RecordOrigin) {
    // There may be many, of others: they are looked through now and then.
    guard known.recordCount % Discovery.memory == 1 else { return }
    if known.recordCount > Discovery.memory {
      retained.withdraw(of: known.identity.id)
    }
    if device.channel == nil, known.recordCount > Discovery.memoryOfSubmeters {
      retained.withdraw(behind: known.identity.id)
    }
  }

  private mutating func add(_ device: RecordOrigin, _ keys: [String]) -> Device {
    let parent = device.channel == nil ? nil : main.flatMap { devices[$0]?.identity }
    let identity = DeviceIdentity(device, via: parent, in: place, keys, besides: names)
    if names.count < Discovery.mostNames { names.insert(identity.name) }
    origins[identity.id] = device
    let known = Device(identity)
    devices.use(device, default: known) { _ in device.size + 2 * identity.id.utf8.count + 256 }
    return known
  }

  /// Takes back what does not come any more.
  private mutating func withdraw(_ known: Device, _ device: RecordOrigin) {
    guard known.recordCount > Discovery.memory else { return }
    let gone = known.sensors.filter { $0.value.lastSeen + Discovery.memory < known.recordCount }
      .keys
    for id in gone.sorted() { remove(id, of: device) }
  }

  private mutating func id(of key: String) -> String {
    if let id = ids[key] { return id }
    if ids.count >= Discovery.mostPending { ids = [:] }
    let id = DeviceIdentity.escaped(key)
    ids[key] = id
    return id
  }

  private mutating func tell(_ id: String, of device: RecordOrigin) {
    // While nobody can be told, what comes and goes does not add up.
    guard pending.count < max(Discovery.mostPending, sensorCount) else { return }
    pending.append(Pending(device: device, id: id))
  }

  /// Announces everything anew.
  mutating func repeatAll() {
    for device in devices.keys {
      for id in devices[device]?.sensors.keys.sorted() ?? [] { tell(id, of: device) }
    }
  }

  /// What to subscribe to: whether Home Assistant is there, and what the broker has of earlier runs.
  var filters: [String] { [birthTopic, "\(prefix)/sensor/+/+/config"] }

  /// A message has come from the broker.
  ///
  /// - Returns: whether Home Assistant is back, and has forgotten what it was told.
  mutating func receive(topic: String, _ payload: [UInt8], isRetained: Bool) -> Bool {
    if topic == birthTopic {
      guard payload == "online".utf8Bytes, !isRetained else { return false }
      repeatAll()
      return true
    }
    let levels = topic.dropFirst(prefix.count + 1).split(separator: "/")
    guard isRetained, levels.count == 4, levels[0] == "sensor" else { return false }
    let (device, id) = (String(levels[1]), String(levels[2]))
    let isOurs = origins[device].flatMap { devices[$0]?.sensors[id] } != nil
    guard !isOurs else { return false }
    let text = String(decoding: payload, as: UTF8.self)
    // The topics of a meter that was replaced are another one's now.
    if let state = retained.add(topic, of: device, text), states[state] != nil {
      retained.withdraw(state: state)
    }
    return false
  }

  /// The next message to be sent, taken out; nil where there is none.
  mutating func takeMessage() -> Message? {
    if let topic = retained.takeRemoval() {
      return Message(topic: topic, payload: [], purpose: .announcement, isRetained: true)
    }
    while let entry = pending.removeFirst() {
      // It may be forgotten.
      guard let device = devices[entry.device] else { continue }
      let text = device.sensors[entry.id].map {
        Sensor($0.key, $0.topic, of: device.identity, style).text
      }
      return Message(
        topic: configTopic(entry.id, device.identity), payload: (text ?? "").utf8Bytes,
        purpose: .announcement, isRetained: true)
    }
    return nil
  }

  private func configTopic(_ id: String, _ device: DeviceIdentity) -> String {
    "\(prefix)/sensor/\(device.id)/\(id)/config"
  }

  var isEmpty: Bool { pending.isEmpty && retained.isEmpty }
}
