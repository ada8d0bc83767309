/// A discovery message of p1mqtt that the broker retains.
struct RetainedAnnouncement {
  let topic: String
  let form: DiscoveryForm
  /// The id of the device.
  let deviceID: String
  /// Its sensors, without those that are withdrawn.
  private(set) var configuration: DeviceConfiguration
  /// The ids of sensors that were withdrawn since it was received.
  private(set) var withdrawn: Set<String> = []

  /// Returns nil for a message that is not one of p1mqtt.
  ///
  /// - Parameter levels: those of its topic, without the prefix.
  init?(_ topic: String, _ levels: [Substring], _ payload: [UInt8]) {
    // A cheap test first, as other programs announce many sensors.
    guard String(decoding: payload, as: UTF8.self).contains(#""name":"p1mqtt""#) else { return nil }
    self.topic = topic
    switch (levels.first, levels.count) {
    case ("sensor", 4):
      guard let sensor = DiscoveryJSON.decode(SensorConfiguration.self, from: payload) else {
        return nil
      }
      form = .component
      configuration = DeviceConfiguration(
        device: sensor.device, origin: sensor.origin, availabilityTopic: sensor.availabilityTopic,
        components: [String(levels[2]): sensor])
    case ("device", 3):
      guard let device = DiscoveryJSON.decode(DeviceConfiguration.self, from: payload) else {
        return nil
      }
      form = .device
      configuration = device
    default: return nil
    }
    guard configuration.origin?.name == DiscoveryOrigin.p1mqtt.name else { return nil }
    deviceID = String(levels[1])
    configuration.components = configuration.components.filter { $0.value.stateTopic != nil }
  }

  /// The id of the electricity meter of a sub-meter; nil for an electricity meter.
  var parent: String? { configuration.device?.viaDevice }

  /// After how many seconds without a value its sensors have no state; nil for never.
  var expiry: Int? { configuration.components.values.compactMap(\.expireAfter).max() }

  mutating func withdraw(_ id: String) {
    configuration.components[id] = nil
    withdrawn.insert(id)
  }

  /// The message that withdraws sensors.
  var withdrawal: [UInt8] {
    // Without its last sensor, the device is withdrawn.
    guard form == .device, !configuration.components.isEmpty else { return [] }
    var configuration = configuration
    for id in withdrawn { configuration.components[id] = .withdrawn }
    return DiscoveryJSON.encode(configuration)
  }
}
