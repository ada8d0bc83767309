import Console
import Records

/// What Home Assistant is told of the metrics (MQTT discovery): a retained message for each, at
/// `homeassistant/sensor/p1_METER/METRIC/config`.
struct Discovery {
  private struct Device {
    let identity: DeviceIdentity
    /// The metrics that are announced, and behind how many records the last value of each came.
    var lastSeen: [String: Int] = [:]
    var topics: [String: String] = [:]
    /// The metrics that the broker has from an earlier run, and that have not come yet.
    var remembered: Set<String> = []
    var recordCount = 0
  }

  private let prefix: String
  private let style: SensorStyle
  /// Where a device has no number: what tells this meter from others.
  private let place: String
  /// The meters, and the order they came in.
  private var devices: [RecordOrigin: Device] = [:]
  private var order: [RecordOrigin] = []
  /// The electricity meter that the sub-meters are read by.
  private var main: RecordOrigin?
  private var messages: [Message] = []
  private var filters: [String] = []

  /// A metric that so many records of its meter do not have is gone.
  private static let memory = 60
  /// The most meters; a hostile input can name more than memory holds.
  private static let mostDevices = 100
  /// The most metrics of one.
  private static let mostMetrics = 1000

  /// - Parameters:
  ///   - prefix: what its topics begin with, `homeassistant`.
  ///   - settings: how values are published.
  init(_ prefix: String, _ settings: PublishSettings) {
    self.prefix = prefix
    place = settings.prefix
    style = SensorStyle(
      isJSON: settings.payload == .json, qos: settings.qos, statusTopic: settings.statusTopic)
    filters = [birthTopic]
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
    guard var known = devices[device] else { return }
    if origin.past == nil { known.recordCount += 1 }
    for (key, topic) in values {
      // Whose the record is, the device says.
      let isSensor = RecordKey(rawValue: key).map { $0 == .timestamp && origin.past == nil } ?? true
      guard isSensor else { continue }
      known.lastSeen[key] = known.recordCount
      guard known.topics[key] != topic, known.topics.count < Discovery.mostMetrics else { continue }
      known.topics[key] = topic
      known.remembered.remove(id(of: key))
      messages.append(config(of: key, topic, known.identity))
    }
    withdraw(&known)
    devices[device] = known
  }

  private mutating func add(_ device: RecordOrigin, _ keys: [String]) {
    guard devices.count < Discovery.mostDevices else { return }
    let others = devices.values.map(\.identity)
    let parent = device.channel == nil ? nil : main.flatMap { devices[$0]?.identity }
    let identity = DeviceIdentity(device, via: parent, in: place, keys, besides: others)
    devices[device] = Device(identity: identity)
    order.append(device)
    filters.append(configFilter(identity))
  }

  /// Takes back what does not come any more.
  private mutating func withdraw(_ device: inout Device) {
    guard device.recordCount > Discovery.memory else { return }
    let gone = device.lastSeen.filter { $0.value + Discovery.memory < device.recordCount }.keys
    for key in gone {
      device.lastSeen[key] = nil
      device.topics[key] = nil
      messages.append(removal(of: id(of: key), device.identity))
    }
    for id in device.remembered { messages.append(removal(of: id, device.identity)) }
    device.remembered = []
  }

  /// Announces everything anew.
  mutating func repeatAll() {
    messages = order.compactMap { devices[$0] }.flatMap { device in
      device.topics.sorted { $0.key < $1.key }.map { config(of: $0.key, $0.value, device.identity) }
    }
  }

  /// What to subscribe to since the last call; all of it for a new connection.
  mutating func takeFilters(isNewConnection: Bool) -> [String] {
    defer { filters = [] }
    guard isNewConnection else { return filters }
    return [birthTopic] + order.compactMap { devices[$0]?.identity }.map(configFilter)
  }

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
    guard isRetained, !payload.isEmpty, levels.count == 4, levels[0] == "sensor" else {
      return false
    }
    let id = String(levels[2])
    for (origin, device) in devices where device.identity.id == levels[1] {
      guard device.remembered.count < Discovery.mostMetrics,
        !device.topics.keys.contains(where: { self.id(of: $0) == id })
      else {
        continue
      }
      devices[origin]?.remembered.insert(id)
    }
    return false
  }

  /// The next message to be sent, taken out; nil where there is none.
  mutating func takeMessage() -> Message? {
    messages.isEmpty ? nil : messages.removeFirst()
  }

  var isEmpty: Bool { messages.isEmpty }

  /// What the broker has of a device.
  private func configFilter(_ device: DeviceIdentity) -> String {
    "\(prefix)/sensor/\(device.id)/+/config"
  }

  // MARK: - Messages

  private func id(of key: String) -> String { DeviceIdentity.escaped(key) }

  private func config(of key: String, _ topic: String, _ device: DeviceIdentity) -> Message {
    let sensor = Sensor(key, topic, of: device, style)
    return message(sensor.text, to: id(of: key), device)
  }

  private func removal(of id: String, _ device: DeviceIdentity) -> Message {
    message("", to: id, device)
  }

  private func message(_ text: String, to id: String, _ device: DeviceIdentity) -> Message {
    Message(
      topic: "\(prefix)/sensor/\(device.id)/\(id)/config", payload: text.utf8Bytes,
      purpose: .announcement, isRetained: true)
  }
}
