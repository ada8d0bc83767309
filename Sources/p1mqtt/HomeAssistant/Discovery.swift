import CommandLine
import DequeModule
import Metrics
import Records

/// Announces the metrics to Home Assistant (MQTT discovery), by a retained message for each meter to
/// `homeassistant/device/p1_METER/config`, or for each metric to `homeassistant/sensor/p1_METER/METRIC/config`.
struct Discovery {
  final class Device {
    var identity: DeviceIdentity
    /// The announced metrics, by id.
    var sensors: [String: Announced] = [:]
    /// The ids of the metrics that are withdrawn.
    var withdrawn: Set<String> = []
    /// Whether a probe was sent in this connection.
    var isProbed = false
    /// Whether the broker has accepted an announcement of the form of this run.
    var isAccepted = false
    /// The topics of announcements of the other form, whose sensors Home Assistant is to release.
    var topicsToRelease: Set<String> = []
    /// Those whose sensors it has released, and which are to be withdrawn.
    var topicsToWithdraw: Set<String> = []
    /// Whether Home Assistant may still take the last message.
    var isBusy = false
    var recordCount = 0
    var arrivals = ArrivalTimes()
    /// After how many seconds without a value its sensors have no state; nil for never.
    var expiry: Int?
    /// Whether sensors were announced again since the last record, for which Home Assistant forgets their values.
    var isAnnouncedAgain = false
    /// The electricity meter before the last record of this sub-meter, and its record count then.
    var lastAfter: (meter: MeterKey, count: Int)?
    /// The sub-meters whose records followed those of this electricity meter.
    var submeters: Set<MeterKey> = []

    init(_ identity: DeviceIdentity) {
      self.identity = identity
    }
  }

  struct Announced {
    let key: String
    var topic: String
    /// The most decimals of a value so far.
    var decimals: Int
    /// The record count of the device at its last value.
    var lastSeen: Int
    /// Whether only an earlier run has announced it.
    var isEarlier = false
    /// Whether some records of the meter lack it: in Norway, only one in an hour has the energy.
    var isOccasional = false
  }

  /// What is to be announced, or to be withdrawn if it is no longer in ``Device/sensors``.
  struct Announcement: Hashable {
    let meter: MeterKey
    /// The id of the sensor; nil for all of the meter.
    let id: String?
  }

  let prefix: String
  let form: DiscoveryForm
  let style: SensorStyle
  /// What is in the id of a meter without a number.
  private let identityPrefix: String
  /// The meter whose values a topic has, by topic.
  private var owners: [String: MeterKey] = [:]
  private(set) var devices: LRUCache<MeterKey, Device>
  /// The meters by the ids of their devices.
  private(set) var meters: [String: MeterKey] = [:]
  /// The names of devices, up to a bound.
  private var names: Set<String> = []
  private(set) var forgottenMeterCount = 0
  /// How many announcements of the other form stay, as there was no room to remember them.
  private(set) var remainingCount = 0
  private var sensorCount = 0
  /// The electricity meter of the last telegram that was read.
  private var main: MeterKey?
  /// The electricity meter of each sub-meter. The records of a period arrive after the next telegrams.
  private var mains: LRUCache<MeterKey, MeterKey>
  var pending = UniqueQueue<Announcement>()
  /// The probes that have not come back, by their topics.
  var probes: [String: Announcement] = [:]
  /// The topic of a probe that has not come back in time.
  var lostProbe: String?
  /// The meters whose values had a topic before, by topic.
  private var vacated: [String: MeterKey] = [:]
  /// The topics of values whose retained message is of another meter.
  var staleTopics = UniqueQueue<String>()
  /// Announcements of sub-meters whose electricity meter is not announced yet, by its id. Home Assistant needs the
  /// device before those behind it.
  var waiting: [String: Set<Announcement>] = [:]
  /// Messages of a meter whose announcements get another form.
  var migration: Deque<Message> = []
  /// The meters whose last message Home Assistant may still take, and when it has, in the order of time.
  var busyDevices: Deque<(meter: MeterKey, end: ContinuousClock.Instant)> = []
  /// The busy meters of which something has changed meanwhile.
  var postponed: Set<MeterKey> = []
  /// What the broker retains from earlier runs and other processes.
  var earlier: EarlierAnnouncements
  private(set) var awaitsParents = true
  /// What is new, or was announced with another topic or without an expiry.
  var changed: Set<Announcement> = []
  /// Whether telegrams are read as they are sent, and not from a capture.
  private var isLive = true
  /// Whether the broker retains values.
  private let retains: Bool
  /// The seconds between two values, at least.
  private let interval: Int
  /// After how many seconds a sensor has no state until the interval of its meter is known; nil for never. Home Assistant
  /// shows a sensor as unavailable for a moment if it is announced again with a different expiry.
  private let initialExpiry: Int?
  /// The ids of metrics by their keys.
  private var ids: [String: String] = [:]

  /// A metric is withdrawn after this many records of its meter without it, and after this time, in seconds: a meter may
  /// send some of its values once an hour.
  private static let metricAbsence = (records: 60, time: 7200)
  /// A sub-meter is withdrawn after this many records of its electricity meter without it.
  private static let submeterAbsence = 3600
  /// A telegram older than this, in seconds, is not live.
  private static let liveAge: Int64 = 300
  /// The most names of devices that are kept apart, and the most electricity meters that are waited for.
  static let maximumNames = 100
  /// The most metrics of a meter.
  static let maximumMetrics = 1000
  /// The most pending announcements, unless there are more sensors.
  private static let maximumPending = 10_000
  /// About how many bytes a sensor takes besides the texts of its topic and its key: its places in
  /// dictionaries, of which half may be empty.
  private static let overhead =
    2
    * (MemoryLayout<Announced>.stride + 3 * MemoryLayout<String>.stride
      + 2 * MemoryLayout<Announcement>.stride) + 128

  /// - Parameters:
  ///   - prefix: the beginning of its topics, `homeassistant`.
  ///   - period: the period whose records are combined, in seconds; 0 for none.
  ///   - capacity: the most bytes that are remembered of meters.
  init(_ prefix: String, _ settings: PublishSettings, period: Int = 0, capacity: Int) {
    self.prefix = prefix
    devices = LRUCache(capacity: capacity)
    mains = LRUCache(capacity: capacity)
    identityPrefix = settings.identityPrefix
    retains = settings.retains
    interval = max(settings.repeatInterval ?? 0, period)
    // A run of a single telegram ends with the status.
    initialExpiry = settings.statusTopic == nil ? nil : ArrivalTimes.expiry(interval: interval)
    earlier = EarlierAnnouncements(
      below: settings.prefix, settings.statusTopic, capacity: capacity)
    form = settings.discoveryForm
    style = SensorStyle(
      isJSON: settings.payload == .json, qos: settings.qos, statusTopic: settings.statusTopic)
  }

  /// Notes the records of a telegram, even if they are not published. If it began earlier, all are of sub-meters.
  mutating func noteTelegram(_ records: some Sequence<Record>) {
    for record in records {
      let meter = MeterKey(record).device
      guard meter.channel == nil else {
        noteMain(of: meter)
        continue
      }
      main = meter
      // The times of sub-meters are those of their readings.
      isLive =
        record.timestamp.map { abs(Timestamp.now.seconds - $0.seconds) < Discovery.liveAge } ?? true
    }
  }

  private mutating func noteMain(of submeter: MeterKey) {
    guard let main, mains[submeter] != main else { return }
    let growth = mains[submeter].map { -$0.size } ?? submeter.size
    mains.use(submeter, default: main) {
      $0 = main
      return growth + main.size
    }
    while mains.isOverfull, mains.removeOldest() != nil {}
  }

  /// Notes that a record has arrived, which may be published later.
  ///
  /// - Returns: whether the sensors of its meter are announced again, for which Home Assistant forgets their values.
  mutating func noteArrival(of recordKey: MeterKey, at now: ContinuousClock.Instant) -> Bool {
    guard recordKey.past == nil, let device = devices[recordKey.device] else { return false }
    defer { device.isAnnouncedAgain = false }
    if isLive {
      device.arrivals.note(now)
      let expiry = device.arrivals.expiry(repeatInterval: interval)
      guard let expiry, expiry > device.expiry ?? 0 else { return device.isAnnouncedAgain }
      device.expiry = expiry
    } else {
      device.arrivals = ArrivalTimes()
      guard device.expiry != nil else { return device.isAnnouncedAgain }
      device.expiry = nil
    }
    announceAll(of: recordKey.device, device)
    return true
  }

  /// Notes a record, by its values.
  ///
  /// - Returns: the topics of values that were those of another meter until now.
  @discardableResult
  mutating func noteRecord(_ values: [SensorValue], of recordKey: MeterKey) -> [String] {
    let meter = recordKey.device
    let device = devices[meter] ?? add(meter, values.map(\.key))
    if recordKey.past == nil { device.recordCount += 1 }
    if meter.channel != nil { noteParent(of: meter, device) }
    var growth = 0
    var takenTopics: [String] = []
    for value in values {
      if let header = value.header {
        if device.identity.read(header) { announceAll(of: meter, device) }
      } else if Discovery.isSensor(value.key, isOfPast: recordKey.past != nil) {
        let noted = noteValue(value, of: meter, device)
        growth += noted.growth
        if let topic = noted.takenTopic { takenTopics.append(topic) }
      }
    }
    announceSubmeters(behind: device.identity.id)
    if recordKey.past == nil { noteAbsentMetrics(of: meter, device) }
    if meter.channel == nil { withdrawAbsentSubmeters(of: meter, device) }
    devices.use(meter, default: device) { _ in growth }
    makeRoom()
    return takenTopics
  }

  /// The device says which meter it is. Of the reserved keys, only the time is a sensor.
  private static func isSensor(_ key: String, isOfPast: Bool) -> Bool {
    RecordKey(rawValue: key).map { $0 == .timestamp && !isOfPast } ?? true
  }

  /// Notes a value of a sensor.
  ///
  /// - Returns: by how much the memory of the device has grown, and the topic if it was another meter's.
  private mutating func noteValue(
    _ value: SensorValue, of meter: MeterKey, _ device: Device
  ) -> (growth: Int, takenTopic: String?) {
    let (key, topic) = (value.key, value.topic)
    let id = id(of: key)
    let before = device.sensors[id]
    guard before != nil || device.sensors.count < Discovery.maximumMetrics else {
      return (0, nil)
    }
    let decimals = max(value.decimals, before?.decimals ?? 0)
    device.sensors[id] = Announced(
      key: key, topic: topic, decimals: decimals, lastSeen: device.recordCount,
      isOccasional: before?.isOccasional ?? false)
    guard before?.topic != topic || before?.isEarlier ?? true else {
      if before?.decimals != decimals { announce(id, of: meter) }
      return (0, nil)
    }
    if let before {
      if releaseTopic(before.topic, of: meter, device), vacated.count < Discovery.maximumPending {
        vacated[before.topic] = meter
      }
    } else {
      sensorCount += 1
      device.withdrawn.remove(id)
    }
    announce(id, of: meter, isChange: true)
    let sizeBefore = before.map { Discovery.size($0.key, $0.topic) } ?? 0
    return (Discovery.size(key, topic) - sizeBefore, claim(topic, for: meter) ? topic : nil)
  }

  /// Notes that a record of a sub-meter follows one of its electricity meter.
  private mutating func noteParent(of submeter: MeterKey, _ device: Device) {
    device.lastAfter = nil
    guard let main = mains[submeter], let parent = devices[main] else { return }
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
      for sensor in device.sensors.values where owners[sensor.topic] == meter {
        owners[sensor.topic] = nil
      }
      sensorCount -= device.sensors.count
      meters[device.identity.id] = nil
      postponed.remove(meter)
      remainingCount += device.topicsToRelease.count + device.topicsToWithdraw.count
      forgottenMeterCount += 1
    }
  }

  /// Gives a topic to a sensor. If ``Topics`` took the topic from another meter, which was replaced, the sensors
  /// of that meter are withdrawn.
  ///
  /// - Returns: whether another meter had the topic in this run.
  private mutating func claim(_ topic: String, for meter: MeterKey) -> Bool {
    var isTaken = false
    if let other = owners[topic], other != meter {
      for (id, otherSensor) in devices[other]?.sensors ?? [:] where otherSensor.topic == topic {
        withdrawSensor(id, of: other)
      }
      devices[meter]?.identity.useLongName()
      isTaken = true
    }
    if let other = vacated.removeValue(forKey: topic), other != meter { isTaken = true }
    if isTaken { clear(topic) }
    owners[topic] = meter
    withdrawPredecessor(publishedTo: topic)
    return isTaken
  }

  /// Withdraws the sensors of an earlier run whose values had a topic that is another's now.
  private mutating func withdrawPredecessor(publishedTo topic: String) {
    guard earlier.withdraw(publishedTo: topic), let owner = owners[topic] else { return }
    devices[owner]?.identity.useLongName()
    clear(topic)
  }

  /// Has the broker delete the value of another meter, which a new sensor would take for its own.
  private mutating func clear(_ topic: String) {
    guard retains, staleTopics.count < Discovery.maximumPending else { return }
    staleTopics.append(topic)
  }

  /// Takes a topic from a meter, if it has it and none of its sensors uses it.
  ///
  /// - Returns: whether the topic is free now.
  @discardableResult
  private mutating func releaseTopic(
    _ topic: String, of meter: MeterKey, _ device: Device
  ) -> Bool {
    guard owners[topic] == meter, !device.sensors.values.contains(where: { $0.topic == topic })
    else {
      return false
    }
    owners[topic] = nil
    return true
  }

  /// Withdraws a sensor.
  private mutating func withdrawSensor(_ id: String, of meter: MeterKey) {
    guard let device = devices[meter], let sensor = device.sensors.removeValue(forKey: id) else {
      return
    }
    sensorCount -= 1
    if device.withdrawn.count < Discovery.maximumMetrics { device.withdrawn.insert(id) }
    releaseTopic(sensor.topic, of: meter, device)
    devices.use(meter, default: device) { _ in -Discovery.size(sensor.key, sensor.topic) }
    announce(id, of: meter)
  }

  /// Withdraws the sub-meters that have not followed their electricity meter for long, in this run or an earlier one.
  private mutating func withdrawAbsentSubmeters(of meter: MeterKey, _ device: Device) {
    guard device.recordCount > Discovery.submeterAbsence else { return }
    // Other processes may have announced many, so they are searched only now and then.
    if device.recordCount % Discovery.metricAbsence.records == 1 {
      earlier.withdraw(submetersOf: device.identity.id)
    }
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

  private mutating func add(_ meter: MeterKey, _ keys: [String]) -> Device {
    let parent = meter.channel == nil ? nil : mains[meter]
    let identity = DeviceIdentity(meter, via: parent, in: identityPrefix, keys, besides: names)
    if names.count < Discovery.maximumNames { names.insert(identity.name) }
    meters[identity.id] = meter
    let device = Device(identity)
    if isLive { device.expiry = initialExpiry }
    devices.use(meter, default: device) { _ in meter.size + 2 * identity.id.utf8.count + 256 }
    for announcement in earlier.take(device: identity.id) { adopt(announcement, meter, device) }
    return device
  }

  /// Keeps the sensors that an earlier run has announced, until they are absent for long.
  private mutating func adopt(
    _ announcement: RetainedAnnouncement, _ meter: MeterKey, _ device: Device
  ) {
    // Whoever has sent it: Home Assistant would log a conflict for each of its sensors.
    if announcement.form != form {
      device.topicsToRelease.insert(announcement.topic)
    } else {
      device.isAccepted = true
    }
    // An earlier run has measured it.
    if let expiry = announcement.expiry, ArrivalTimes.isExpiry(expiry) {
      device.expiry = max(expiry, device.expiry ?? 0)
    }
    if let name = announcement.configuration.device?.name { device.identity.keep(name) }
    if device.withdrawn.count < Discovery.maximumMetrics {
      device.withdrawn.formUnion(announcement.withdrawn)
    }
    // Another process may announce the same meter, with topics of its own.
    guard earlier.isOurs(announcement) else { return }
    for (id, sensor) in announcement.configuration.components {
      guard let topic = sensor.stateTopic else { continue }
      adopt(
        id, publishedTo: topic, decimals: sensor.suggestedDisplayPrecision ?? 0, meter, device)
    }
  }

  /// Keeps a sensor that an earlier run has announced.
  private mutating func adopt(
    _ id: String, publishedTo topic: String, decimals: Int, _ meter: MeterKey, _ device: Device
  ) {
    guard device.sensors[id] == nil, device.sensors.count < Discovery.maximumMetrics else { return }
    // The withdrawal has not reached the broker.
    if device.withdrawn.contains(id) { return announce(id, of: meter) }
    let key = DeviceIdentity.unescaped(id)
    device.sensors[id] = Announced(
      key: key, topic: topic, decimals: decimals, lastSeen: device.recordCount, isEarlier: true)
    sensorCount += 1
    devices.use(meter, default: device) { _ in Discovery.size(key, topic) }
    // The topics of a meter that was replaced belong to its successor.
    if let owner = owners[topic], owner != meter {
      withdrawSensor(id, of: meter)
    } else {
      owners[topic] = meter
    }
  }

  /// Notes which metrics the last record of a meter lacks: they do not expire with the others, and are withdrawn if they
  /// are no longer read.
  private mutating func noteAbsentMetrics(of meter: MeterKey, _ device: Device) {
    let absent = device.sensors.filter { $0.value.lastSeen < device.recordCount }
    guard !absent.isEmpty else { return }
    let limit = device.arrivals.interval.map {
      max(Discovery.metricAbsence.records, Discovery.metricAbsence.time / $0)
    }
    for (id, sensor) in absent {
      if !sensor.isOccasional {
        device.sensors[id]?.isOccasional = true
        if device.expiry != nil {
          announce(id, of: meter, isChange: true)
          device.isAnnouncedAgain = true
        }
      }
      if sensor.lastSeen + (limit ?? Discovery.submeterAbsence) < device.recordCount {
        withdrawSensor(id, of: meter)
      }
    }
  }

  private mutating func id(of key: String) -> String {
    if let id = ids[key] { return id }
    if ids.count >= Discovery.maximumPending { ids = [:] }
    let id = DeviceIdentity.escaped(key)
    ids[key] = id
    return id
  }

  private mutating func announceAll(of meter: MeterKey, _ device: Device) {
    for id in device.sensors.keys.sorted() { announce(id, of: meter, isChange: true) }
  }

  /// - Parameter isChange: whether Home Assistant has to change something before it takes values.
  private mutating func announce(_ id: String, of meter: MeterKey, isChange: Bool = false) {
    if let device = devices[meter], device.isBusy {
      postponed.insert(meter)
      return
    }
    // The bound holds while there is no broker and sensors come and go.
    guard pending.count < max(Discovery.maximumPending, sensorCount) else { return }
    let announcement = Announcement(meter: meter, id: form == .device ? nil : id)
    pending.append(announcement)
    if isChange || form == .device { changed.insert(announcement) }
  }

  /// Announces the sub-meters that waited for their electricity meter.
  private mutating func announceSubmeters(behind parent: String) {
    for announcement in waiting.removeValue(forKey: parent) ?? [] {
      pending.append(announcement)
      changed.insert(announcement)
    }
  }

  /// Announces all sensors that wait, as no other records will come.
  mutating func endInput() {
    for parent in waiting.keys { announceSubmeters(behind: parent) }
    awaitsParents = false
  }

  /// Announces everything again.
  mutating func repeatAll() {
    probes = [:]
    for meter in devices.keys {
      devices[meter]?.isProbed = false
      for announcement in announcements(of: meter) { pending.append(announcement) }
    }
  }

  /// What announces all sensors of a meter; nothing if it has none.
  func announcements(of meter: MeterKey) -> [Announcement] {
    guard let device = devices[meter], !device.sensors.isEmpty else { return [] }
    return switch form {
    case .device: [Announcement(meter: meter, id: nil)]
    case .component: device.sensors.keys.sorted().map { Announcement(meter: meter, id: $0) }
    }
  }

  /// Takes an announcement that the broker retains.
  mutating func receive(_ announcement: RetainedAnnouncement) {
    if let meter = meters[announcement.deviceID], let device = devices[meter] {
      adopt(announcement, meter, device)
      if !device.topicsToRelease.isEmpty, let id = device.sensors.keys.first {
        announce(id, of: meter)
      }
      return
    }
    guard earlier.add(announcement) else {
      if announcement.form != form, earlier.isOurs(announcement) { remainingCount += 1 }
      return
    }
    for sensor in announcement.configuration.components.values {
      guard let topic = sensor.stateTopic, owners[topic] != nil else { continue }
      withdrawPredecessor(publishedTo: topic)
    }
  }
}
