import CommandLine
import Records

/// Announces the metrics to Home Assistant (MQTT discovery), by a retained message for each to
/// `homeassistant/sensor/p1_METER/METRIC/config`.
struct Discovery {
  private final class Device {
    var identity: DeviceIdentity
    /// The announced metrics, by id.
    var sensors: [String: Announced] = [:]
    var recordCount = 0
    var arrivals = ArrivalTimes()
    /// After how many seconds without a value its sensors have no state; nil for never.
    var expiry: Int?
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
    /// The most decimals of a value so far.
    var decimals: Int
    /// The record count of the device at its last value.
    var lastSeen: Int
  }

  /// A sensor to be announced, or to be withdrawn if it is no longer in ``Device/sensors``.
  private struct SensorKey: Hashable {
    let meter: MeterKey
    let id: String
  }

  private let prefix: String
  private let style: SensorStyle
  /// What is in the id of a meter without a number.
  private let identityPrefix: String
  /// The sensor whose values a topic has, by topic.
  private var owners: [String: SensorKey] = [:]
  private var devices: LRUCache<MeterKey, Device>
  /// The meters by the ids of their devices.
  private var meters: [String: MeterKey] = [:]
  /// The names of devices, up to a bound.
  private var names: Set<String> = []
  private(set) var forgottenMeterCount = 0
  private var sensorCount = 0
  /// The electricity meter of the last telegram.
  private var main: MeterKey?
  private var pending = UniqueQueue<SensorKey>()
  /// Sensors of sub-meters whose electricity meter is not announced yet, by its id. Home Assistant needs the device
  /// before those behind it.
  private var waiting: [String: Set<SensorKey>] = [:]
  /// What the broker retains from earlier runs and other processes.
  private var earlier: EarlierAnnouncements
  private var awaitsParents = true
  /// Sensors that are new, or were announced with another topic or without an expiry.
  private var changed: Set<SensorKey> = []
  /// Whether telegrams are read as they are sent, and not from a capture.
  private var isLive = true
  private let repeatInterval: Int
  /// The ids of metrics by their keys.
  private var ids: [String: String] = [:]

  /// A metric is withdrawn after this many records of its meter without it.
  private static let metricAbsence = 60
  /// A sub-meter is withdrawn after this many records of its electricity meter without it.
  private static let submeterAbsence = 3600
  /// A telegram older than this, in seconds, is not live.
  private static let liveAge: Int64 = 300
  /// The most names of devices that are kept apart, and the most electricity meters that are waited for.
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
      + 2 * MemoryLayout<SensorKey>.stride) + 128

  /// - Parameters:
  ///   - prefix: the beginning of its topics, `homeassistant`.
  ///   - capacity: the most bytes that are remembered of meters.
  init(_ prefix: String, _ settings: PublishSettings, capacity: Int) {
    self.prefix = prefix
    devices = LRUCache(capacity: capacity)
    identityPrefix = settings.identityPrefix
    repeatInterval = settings.repeatInterval ?? 0
    earlier = EarlierAnnouncements(below: settings.prefix, settings.statusTopic)
    style = SensorStyle(
      isJSON: settings.payload == .json, qos: settings.qos, statusTopic: settings.statusTopic)
  }

  /// Where Home Assistant publishes `online` when it has started.
  private var birthTopic: String { "\(prefix)/status" }

  /// Notes the first record of a telegram, none of whose records may be published.
  mutating func noteTelegram(_ record: Record) {
    // The time of a sub-meter is that of its reading.
    guard !record.isOfSubmeter else { return }
    main = MeterKey(record).device
    isLive =
      record.timestamp.map { abs(Timestamp.now.seconds - $0.seconds) < Discovery.liveAge } ?? true
  }

  /// Notes that a record has arrived, which may be published later.
  ///
  /// - Returns: whether the sensors of its meter are announced again, for which Home Assistant forgets their values.
  mutating func noteArrival(of recordKey: MeterKey, at now: ContinuousClock.Instant) -> Bool {
    guard recordKey.past == nil, let device = devices[recordKey.device] else { return false }
    if isLive {
      device.arrivals.note(now)
      let expiry = device.arrivals.expiry(repeatInterval: repeatInterval)
      guard let expiry, expiry > device.expiry ?? 0 else { return false }
      device.expiry = expiry
    } else {
      device.arrivals = ArrivalTimes()
      guard device.expiry != nil else { return false }
      device.expiry = nil
    }
    for id in device.sensors.keys.sorted() {
      announce(id, of: recordKey.device, isChange: true)
    }
    return true
  }

  /// Notes a record, by its values.
  mutating func noteRecord(_ values: [SensorValue], of recordKey: MeterKey) {
    let meter = recordKey.device
    if meter.channel == nil { main = meter }
    let device = devices[meter] ?? add(meter, values.map(\.key))
    if recordKey.past == nil { device.recordCount += 1 }
    if meter.channel != nil { noteParent(of: meter, device) }
    var growth = 0
    for value in values {
      let (key, topic) = (value.key, value.topic)
      // The device says which meter it is. Of the reserved keys, only the time is a sensor.
      let isSensor =
        RecordKey(rawValue: key).map { $0 == .timestamp && recordKey.past == nil } ?? true
      guard isSensor else { continue }
      let id = id(of: key)
      let before = device.sensors[id]
      guard before != nil || device.sensors.count < Discovery.maximumMetrics else { continue }
      let decimals = max(value.decimals, before?.decimals ?? 0)
      device.sensors[id] = Announced(
        key: key, topic: topic, decimals: decimals, lastSeen: device.recordCount)
      guard before?.topic != topic else {
        if before?.decimals != decimals { announce(id, of: meter) }
        continue
      }
      growth += Discovery.size(key, topic)
      if let before {
        release(before.topic, of: SensorKey(meter: meter, id: id))
        growth -= Discovery.size(key, before.topic)
      } else {
        sensorCount += 1
      }
      earlier.forget(configTopic(id, device.identity))
      announce(id, of: meter, isChange: true)
      claim(topic, for: SensorKey(meter: meter, id: id))
    }
    release(device.identity.id)
    withdrawAbsentMetrics(of: meter, device)
    withdrawEarlier(of: meter, device)
    if meter.channel == nil { withdrawAbsentSubmeters(of: meter, device) }
    devices.use(meter, default: device) { _ in growth }
    makeRoom()
  }

  /// Notes that a record of a sub-meter follows one of its electricity meter.
  private mutating func noteParent(of submeter: MeterKey, _ device: Device) {
    device.lastAfter = nil
    guard let main, let parent = devices[main] else { return }
    device.lastAfter = (main, parent.recordCount)
    if parent.submeters.insert(submeter).inserted {
      devices.use(main, default: parent) { _ in submeter.size }
    }
  }

  private static func size(_ key: String, _ topic: String) -> Int {
    2 * (key.utf8.count + topic.utf8.count) + overhead
  }

  /// Forgets the meters that have been silent longest, as far as the cache is over its bound. Their
  /// announcements stay with the broker.
  private mutating func makeRoom() {
    while devices.isOverfull, let (meter, device) = devices.removeOldest() {
      for sensor in device.sensors.values where owners[sensor.topic]?.meter == meter {
        owners[sensor.topic] = nil
      }
      sensorCount -= device.sensors.count
      meters[device.identity.id] = nil
      forgottenMeterCount += 1
    }
  }

  /// Gives a topic to a sensor. If ``Topics`` took the topic from another meter, which was replaced, the sensor
  /// of that meter is withdrawn.
  private mutating func claim(_ topic: String, for sensor: SensorKey) {
    if let other = owners[topic], other.meter != sensor.meter {
      withdrawSensor(other.id, of: other.meter)
      devices[sensor.meter]?.identity.useLongName()
    }
    owners[topic] = sensor
    withdrawPredecessor(publishedTo: topic)
  }

  /// Withdraws the sensors of an earlier run whose values had a topic that is another's now.
  private mutating func withdrawPredecessor(publishedTo topic: String) {
    let others = earlier.withdraw(publishedTo: topic)
    guard let device = owners[topic].flatMap({ devices[$0.meter] }) else { return }
    if others.contains(where: { $0 != device.identity.id }) { device.identity.useLongName() }
  }

  /// Takes a topic from a sensor, if it has it.
  private mutating func release(_ topic: String, of sensor: SensorKey) {
    if owners[topic] == sensor { owners[topic] = nil }
  }

  /// Withdraws a sensor.
  private mutating func withdrawSensor(_ id: String, of meter: MeterKey) {
    guard let device = devices[meter], let sensor = device.sensors.removeValue(forKey: id) else {
      return
    }
    sensorCount -= 1
    release(sensor.topic, of: SensorKey(meter: meter, id: id))
    devices.use(meter, default: device) { _ in -Discovery.size(sensor.key, sensor.topic) }
    announce(id, of: meter)
  }

  /// Withdraws the sub-meters that have not followed their electricity meter for long.
  private mutating func withdrawAbsentSubmeters(of meter: MeterKey, _ device: Device) {
    guard device.recordCount > Discovery.submeterAbsence else { return }
    for submeter in device.submeters {
      guard let absent = devices[submeter], let last = absent.lastAfter, last.meter == meter,
        last.count + Discovery.submeterAbsence < device.recordCount
      else {
        continue
      }
      device.submeters.remove(submeter)
      devices.use(meter, default: device) { _ in -submeter.size }
      for id in absent.sensors.keys.sorted() { withdrawSensor(id, of: submeter) }
    }
  }

  /// Withdraws what an earlier run has announced of a device and of its sub-meters, and what is no longer
  /// read. Another process may announce the same meter, with topics of its own.
  private mutating func withdrawEarlier(of meter: MeterKey, _ device: Device) {
    // Other processes may have announced many, so they are searched only now and then.
    guard device.recordCount % Discovery.metricAbsence == 1 else { return }
    if device.recordCount > Discovery.metricAbsence {
      earlier.withdraw(ofDevice: device.identity.id)
    }
    if meter.channel == nil, device.recordCount > Discovery.submeterAbsence {
      earlier.withdraw(submetersOf: device.identity.id)
    }
  }

  private mutating func add(_ meter: MeterKey, _ keys: [String]) -> Device {
    let parent = meter.channel == nil ? nil : main
    let identity = DeviceIdentity(meter, via: parent, in: identityPrefix, keys, besides: names)
    if names.count < Discovery.maximumNames { names.insert(identity.name) }
    meters[identity.id] = meter
    let device = Device(identity)
    devices.use(meter, default: device) { _ in meter.size + 2 * identity.id.utf8.count + 256 }
    return device
  }

  /// Withdraws the metrics that are no longer read.
  private mutating func withdrawAbsentMetrics(of meter: MeterKey, _ device: Device) {
    guard device.recordCount > Discovery.metricAbsence else { return }
    let gone = device.sensors.filter {
      $0.value.lastSeen + Discovery.metricAbsence < device.recordCount
    }
    .keys
    for id in gone.sorted() { withdrawSensor(id, of: meter) }
  }

  private mutating func id(of key: String) -> String {
    if let id = ids[key] { return id }
    if ids.count >= Discovery.maximumPending { ids = [:] }
    let id = DeviceIdentity.escaped(key)
    ids[key] = id
    return id
  }

  /// - Parameter isChange: whether Home Assistant has to change something before it takes values.
  private mutating func announce(_ id: String, of meter: MeterKey, isChange: Bool = false) {
    // The bound holds while there is no broker and sensors come and go.
    guard pending.count < max(Discovery.maximumPending, sensorCount) else { return }
    let sensor = SensorKey(meter: meter, id: id)
    pending.append(sensor)
    if isChange { changed.insert(sensor) }
  }

  /// Announces the sensors that waited for their electricity meter.
  private mutating func release(_ parent: String) {
    for sensor in waiting.removeValue(forKey: parent) ?? [] {
      announce(sensor.id, of: sensor.meter, isChange: true)
    }
  }

  /// Announces all sensors that wait, as no other records will come.
  mutating func endInput() {
    for parent in waiting.keys { release(parent) }
    awaitsParents = false
  }

  /// Announces everything again.
  mutating func repeatAll() {
    for meter in devices.keys {
      for id in devices[meter]?.sensors.keys.sorted() ?? [] { announce(id, of: meter) }
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
    let (deviceID, id) = (String(levels[1]), String(levels[2]))
    guard let sensor = SensorAnnouncement(String(decoding: payload, as: UTF8.self)) else {
      return false
    }
    let device = meters[deviceID].flatMap { devices[$0] }
    // An earlier run has measured it.
    if let device, let expiry = sensor.expiry, ArrivalTimes.isExpiry(expiry) {
      device.expiry = max(expiry, device.expiry ?? 0)
    }
    if let name = sensor.deviceName { device?.identity.keep(name) }
    guard device?.sensors[id] == nil else { return false }
    // The topics of a meter that was replaced belong to its successor.
    if earlier.add(topic, of: deviceID, sensor), owners[sensor.state] != nil {
      withdrawPredecessor(publishedTo: sensor.state)
    }
    return false
  }

  /// Takes the next message to be published; nil where there is none.
  mutating func takeMessage() -> Message? {
    if let topic = earlier.takeWithdrawal() {
      return Message(topic: topic, payload: [], purpose: .change, isRetained: true)
    }
    while let entry = pending.removeFirst() {
      let isChange = changed.remove(entry) != nil
      // The device may have been forgotten meanwhile.
      guard let device = devices[entry.meter] else { continue }
      if awaitsParents, waiting.count < Discovery.maximumNames,
        let parent = device.identity.parent, meters[parent] == nil
      {
        waiting[parent, default: []].insert(entry)
        continue
      }
      let text = device.sensors[entry.id].map {
        Sensor(
          $0.key, $0.topic, decimals: $0.decimals, expiry: device.expiry, of: device.identity, style
        ).text
      }
      return Message(
        topic: configTopic(entry.id, device.identity), payload: (text ?? "").utf8Bytes,
        purpose: isChange || text == nil ? .change : .announcement, isRetained: true)
    }
    return nil
  }

  private func configTopic(_ id: String, _ device: DeviceIdentity) -> String {
    "\(prefix)/sensor/\(device.id)/\(id)/config"
  }

  var isEmpty: Bool { pending.isEmpty && earlier.isEmpty }
}

/// A value of a record, for its sensor.
struct SensorValue {
  let key: String
  /// Where it is published.
  let topic: String
  let decimals: Int

  init(_ key: String, _ topic: String, _ text: some Collection<UInt8>) {
    self.key = key
    self.topic = topic
    decimals = text.firstIndex(of: UInt8(ascii: ".")).map { text[$0...].count - 1 } ?? 0
  }
}
