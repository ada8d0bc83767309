import CommandLine
import Records

/// Announces the metrics to Home Assistant (MQTT discovery), by a retained message for each to
/// `homeassistant/sensor/p1_METER/METRIC/config`.
struct Discovery {
  private final class Device {
    let identity: DeviceIdentity
    /// The announced metrics, by id.
    var sensors: [String: Announced] = [:]
    var recordCount = 0
    /// The electricity meter before the last record of this sub-meter, and its record count then.
    var lastAfter: (meter: MeterKey, count: Int)?
    /// The sub-meters whose records followed those of this electricity meter.
    var submeters: Set<MeterKey> = []

    init(_ identity: DeviceIdentity) {
      self.identity = identity
    }
  }

  private struct Announced {
    let key: String
    var topic: String
    /// The record count of the device at its last value.
    var lastSeen: Int
  }

  /// A sensor to be announced, or to be withdrawn if it is no longer in ``Device/sensors``.
  private struct Pending: Hashable {
    let device: MeterKey
    let id: String
  }

  private let prefix: String
  private let style: SensorStyle
  /// The prefix of the topics of values, which is in the id of a meter without a number.
  private let valuePrefix: String
  /// The sensor whose values each topic has.
  private var states: [String: Pending] = [:]
  private var devices: LRUCache<MeterKey, Device>
  /// The meters by the ids of their devices.
  private var meters: [String: MeterKey] = [:]
  /// The names of devices, up to a bound.
  private var names: Set<String> = []
  private(set) var forgottenMeterCount = 0
  private var sensorCount = 0
  /// The electricity meter of the last telegram.
  private var main: MeterKey?
  private var pending = UniqueQueue<Pending>()
  /// What the broker retains from earlier runs and other processes.
  private var retained: RetainedSensors
  /// The ids of metrics by their keys.
  private var ids: [String: String] = [:]

  /// A metric is withdrawn after this many records of its meter without it.
  private static let metricAbsence = 60
  /// A sub-meter is withdrawn after this many records of its electricity meter without it.
  private static let submeterAbsence = 3600
  /// The most names of devices that are kept apart.
  private static let maximumNames = 100
  /// The most metrics of a meter.
  private static let maximumMetrics = 1000
  /// The most pending announcements, unless there are more sensors.
  private static let maximumPending = 10_000
  /// About how many bytes a sensor takes besides the texts of its topic and its key: its places in
  /// dictionaries, of which half may be empty.
  private static let overhead =
    2
    * (MemoryLayout<Announced>.stride + 3 * MemoryLayout<String>.stride
      + 2 * MemoryLayout<Pending>.stride) + 128

  /// - Parameters:
  ///   - prefix: the beginning of its topics, `homeassistant`.
  ///   - capacity: the most bytes that are remembered of meters.
  init(_ prefix: String, _ settings: PublishSettings, capacity: Int) {
    self.prefix = prefix
    devices = LRUCache(capacity: capacity)
    valuePrefix = settings.prefix
    retained = RetainedSensors(below: valuePrefix, settings.statusTopic)
    style = SensorStyle(
      isJSON: settings.payload == .json, qos: settings.qos, statusTopic: settings.statusTopic)
  }

  /// Where Home Assistant publishes `online` when it has started.
  private var birthTopic: String { "\(prefix)/status" }

  /// Notes a record, by its keys and the topics of their values.
  mutating func see(_ values: [(key: String, topic: String)], of meterKey: MeterKey) {
    let device = meterKey.device
    if device.channel == nil { main = device }
    let known = devices[device] ?? add(device, values.map(\.key))
    if meterKey.past == nil { known.recordCount += 1 }
    if device.channel != nil { note(known, device) }
    var growth = 0
    for (key, topic) in values {
      // The device says which meter it is. Of the reserved keys, only the time is a sensor.
      let isSensor =
        RecordKey(rawValue: key).map { $0 == .timestamp && meterKey.past == nil } ?? true
      guard isSensor else { continue }
      let id = id(of: key)
      let isNew = known.sensors[id]?.topic != topic
      guard known.sensors[id] != nil || known.sensors.count < Discovery.maximumMetrics else {
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
      announce(id, of: device)
      take(topic, for: Pending(device: device, id: id))
    }
    withdraw(known, device)
    withdrawRetained(known, device)
    if device.channel == nil { withdrawSubmeters(of: known, device) }
    devices.use(device, default: known) { _ in growth }
    makeRoom()
  }

  /// Notes that a record of a sub-meter follows one of its electricity meter.
  private mutating func note(_ submeter: Device, _ meterKey: MeterKey) {
    submeter.lastAfter = nil
    guard let main, let meter = devices[main] else { return }
    submeter.lastAfter = (main, meter.recordCount)
    if meter.submeters.insert(meterKey).inserted {
      devices.use(main, default: meter) { _ in meterKey.size }
    }
  }

  private static func size(_ key: String, _ topic: String) -> Int {
    2 * (key.utf8.count + topic.utf8.count) + overhead
  }

  /// Forgets the meters that have been silent longest, as far as the cache is over its bound. Their
  /// announcements stay with the broker.
  private mutating func makeRoom() {
    while devices.isOverfull, let (device, known) = devices.removeOldest() {
      for sensor in known.sensors.values where states[sensor.topic]?.device == device {
        states[sensor.topic] = nil
      }
      sensorCount -= known.sensors.count
      meters[known.identity.id] = nil
      forgottenMeterCount += 1
    }
  }

  /// Gives a topic to a sensor. The sensor that had it, of a meter that was replaced, is withdrawn.
  private mutating func take(_ topic: String, for sensor: Pending) {
    if let other = states[topic], other.device != sensor.device {
      remove(other.id, of: other.device)
    }
    states[topic] = sensor
    retained.withdraw(state: topic)
  }

  /// Takes a topic from a sensor, if it has it.
  private mutating func leave(_ topic: String, _ sensor: Pending) {
    if states[topic] == sensor { states[topic] = nil }
  }

  /// Withdraws a sensor.
  private mutating func remove(_ id: String, of device: MeterKey) {
    guard let known = devices[device], let sensor = known.sensors.removeValue(forKey: id) else {
      return
    }
    sensorCount -= 1
    leave(sensor.topic, Pending(device: device, id: id))
    devices.use(device, default: known) { _ in -Discovery.size(sensor.key, sensor.topic) }
    announce(id, of: device)
  }

  /// Withdraws the sub-meters that have not followed their electricity meter for long.
  private mutating func withdrawSubmeters(of meter: Device, _ meterKey: MeterKey) {
    guard meter.recordCount > Discovery.submeterAbsence else { return }
    for submeter in meter.submeters {
      guard let known = devices[submeter], let last = known.lastAfter, last.meter == meterKey,
        last.count + Discovery.submeterAbsence < meter.recordCount
      else {
        continue
      }
      meter.submeters.remove(submeter)
      devices.use(meterKey, default: meter) { _ in -submeter.size }
      for id in known.sensors.keys.sorted() { remove(id, of: submeter) }
    }
  }

  /// Withdraws what an earlier run has announced of a device and of its sub-meters, and what is no longer
  /// read. Another process may announce the same meter, with topics of its own.
  private mutating func withdrawRetained(_ known: Device, _ device: MeterKey) {
    // Other processes may have announced many, so they are searched only now and then.
    guard known.recordCount % Discovery.metricAbsence == 1 else { return }
    if known.recordCount > Discovery.metricAbsence {
      retained.withdraw(of: known.identity.id)
    }
    if device.channel == nil, known.recordCount > Discovery.submeterAbsence {
      retained.withdraw(behind: known.identity.id)
    }
  }

  private mutating func add(_ device: MeterKey, _ keys: [String]) -> Device {
    let parent = device.channel == nil ? nil : main.flatMap { devices[$0]?.identity }
    let identity = DeviceIdentity(device, via: parent, in: valuePrefix, keys, besides: names)
    if names.count < Discovery.maximumNames { names.insert(identity.name) }
    meters[identity.id] = device
    let known = Device(identity)
    devices.use(device, default: known) { _ in device.size + 2 * identity.id.utf8.count + 256 }
    return known
  }

  /// Withdraws the metrics that are no longer read.
  private mutating func withdraw(_ known: Device, _ device: MeterKey) {
    guard known.recordCount > Discovery.metricAbsence else { return }
    let gone = known.sensors.filter {
      $0.value.lastSeen + Discovery.metricAbsence < known.recordCount
    }
    .keys
    for id in gone.sorted() { remove(id, of: device) }
  }

  private mutating func id(of key: String) -> String {
    if let id = ids[key] { return id }
    if ids.count >= Discovery.maximumPending { ids = [:] }
    let id = DeviceIdentity.escaped(key)
    ids[key] = id
    return id
  }

  private mutating func announce(_ id: String, of device: MeterKey) {
    // The bound holds while there is no broker and sensors come and go.
    guard pending.count < max(Discovery.maximumPending, sensorCount) else { return }
    pending.append(Pending(device: device, id: id))
  }

  /// Announces everything again.
  mutating func repeatAll() {
    for device in devices.keys {
      for id in devices[device]?.sensors.keys.sorted() ?? [] { announce(id, of: device) }
    }
  }

  /// What to subscribe to: the status of Home Assistant, and the announcements that the broker retains.
  var filters: [String] { [birthTopic, "\(prefix)/sensor/+/+/config"] }

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
    guard isRetained, levels.count == 4, levels[0] == "sensor" else { return false }
    let (device, id) = (String(levels[1]), String(levels[2]))
    let isOurs = meters[device].flatMap { devices[$0]?.sensors[id] } != nil
    guard !isOurs else { return false }
    let text = String(decoding: payload, as: UTF8.self)
    // The topics of a meter that was replaced belong to its successor.
    if let state = retained.add(topic, of: device, text), states[state] != nil {
      retained.withdraw(state: state)
    }
    return false
  }

  /// Takes the next message to be published; nil where there is none.
  mutating func takeMessage() -> Message? {
    if let topic = retained.takeRemoval() {
      return Message(topic: topic, payload: [], purpose: .announcement, isRetained: true)
    }
    while let entry = pending.removeFirst() {
      // The device may have been forgotten meanwhile.
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
