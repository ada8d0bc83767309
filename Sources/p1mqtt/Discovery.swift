import Console
import Records

/// What Home Assistant is told of the metrics (MQTT discovery): a retained message for each, at
/// `homeassistant/sensor/p1_METER/METRIC/config`.
struct Discovery {
  private struct Device {
    let identity: DeviceIdentity
    /// The metrics that are announced, by their ids.
    var sensors: [String: Announced] = [:]
    var recordCount = 0
    /// The electricity meter that the last record of this sub-meter came behind, and behind how many of
    /// its records.
    var lastBehind: (meter: RecordOrigin, count: Int)?
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
  /// The meters, and the order they came in.
  private var devices: [RecordOrigin: Device] = [:]
  private var order: [RecordOrigin] = []
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
  /// The most meters; a hostile input can name more than memory holds.
  private static let mostDevices = 100
  /// The most metrics of one.
  private static let mostMetrics = 1000
  /// The most that is still to be told.
  private static let mostPending = 10_000

  /// - Parameters:
  ///   - prefix: what its topics begin with, `homeassistant`.
  ///   - settings: how values are published.
  init(_ prefix: String, _ settings: PublishSettings) {
    self.prefix = prefix
    place = settings.prefix
    retained = RetainedSensors(below: place)
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
    if devices[device] == nil { add(device, values.map(\.key)) }
    // Out of there meanwhile: what two hold is copied as one of them changes it.
    guard var known = devices.removeValue(forKey: device) else { return }
    if origin.past == nil { known.recordCount += 1 }
    if device.channel != nil {
      known.lastBehind = main.flatMap { meter in devices[meter].map { (meter, $0.recordCount) } }
    }
    for (key, topic) in values {
      // Whose the record is, the device says.
      let isSensor = RecordKey(rawValue: key).map { $0 == .timestamp && origin.past == nil } ?? true
      guard isSensor else { continue }
      let id = id(of: key)
      let isNew = known.sensors[id]?.topic != topic
      guard known.sensors[id] != nil || known.sensors.count < Discovery.mostMetrics else {
        continue
      }
      known.sensors[id] = Announced(key: key, topic: topic, lastSeen: known.recordCount)
      guard isNew else { continue }
      retained.remove(configTopic(id, known.identity))
      tell(id, of: device)
      take(topic, for: Pending(device: device, id: id))
    }
    withdraw(&known, device)
    withdrawRetained(known, device)
    devices[device] = known
    if device.channel == nil { withdrawSubmeters(of: device, at: known.recordCount) }
  }

  /// A topic is the state of one sensor alone: that of a meter that was replaced is withdrawn.
  private mutating func take(_ topic: String, for sensor: Pending) {
    if let other = states[topic], other.device != sensor.device {
      devices[other.device]?.sensors[other.id] = nil
      tell(other.id, of: other.device)
    }
    if states.count >= Discovery.mostPending { states = [:] }
    states[topic] = sensor
    retained.withdraw(state: topic)
  }

  /// Takes back the sub-meters that their meter, of which there were so many records, no longer has.
  private mutating func withdrawSubmeters(of meter: RecordOrigin, at count: Int) {
    for device in order {
      guard let known = devices[device], !known.sensors.isEmpty, let last = known.lastBehind,
        last.meter == meter, last.count + Discovery.memoryOfSubmeters < count
      else {
        continue
      }
      for id in known.sensors.keys.sorted() { tell(id, of: device) }
      devices[device]?.sensors = [:]
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

  private mutating func add(_ device: RecordOrigin, _ keys: [String]) {
    guard devices.count < Discovery.mostDevices else { return }
    let others = devices.values.map(\.identity)
    let parent = device.channel == nil ? nil : main.flatMap { devices[$0]?.identity }
    let identity = DeviceIdentity(device, via: parent, in: place, keys, besides: others)
    devices[device] = Device(identity: identity)
    order.append(device)
  }

  /// Takes back what does not come any more.
  private mutating func withdraw(_ known: inout Device, _ device: RecordOrigin) {
    guard known.recordCount > Discovery.memory else { return }
    let gone = known.sensors.filter { $0.value.lastSeen + Discovery.memory < known.recordCount }
      .keys
    for id in gone.sorted() {
      known.sensors[id] = nil
      tell(id, of: device)
    }
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
    guard pending.count < Discovery.mostPending else { return }
    pending.append(Pending(device: device, id: id))
  }

  /// Announces everything anew.
  mutating func repeatAll() {
    for device in order {
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
    let isOurs = devices.values.contains { $0.identity.id == device && $0.sensors[id] != nil }
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
    guard let entry = pending.removeFirst(), let device = devices[entry.device] else { return nil }
    let text = device.sensors[entry.id].map {
      Sensor($0.key, $0.topic, of: device.identity, style).text
    }
    return Message(
      topic: configTopic(entry.id, device.identity), payload: (text ?? "").utf8Bytes,
      purpose: .announcement, isRetained: true)
  }

  private func configTopic(_ id: String, _ device: DeviceIdentity) -> String {
    "\(prefix)/sensor/\(device.id)/\(id)/config"
  }

  var isEmpty: Bool { pending.isEmpty && retained.isEmpty }
}
