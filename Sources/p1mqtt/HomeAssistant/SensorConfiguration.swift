import CommandLine
import FoundationEssentials

/// A sensor as a discovery message has it. `nil` leaves a member out.
struct SensorConfiguration: Codable {
  /// `sensor` in the message of a device, where a component with nothing else is withdrawn.
  var platform: String?
  var name: String?
  var uniqueId: String?
  /// Where its values are published.
  var stateTopic: String?
  /// What makes the state of a message.
  var valueTemplate: String?
  var unitOfMeasurement: String?
  var deviceClass: String?
  var stateClass: String?
  /// The decimals that are shown.
  var suggestedDisplayPrecision: Int?
  var icon: String?
  var entityCategory: String?
  var enabledByDefault: Bool?
  /// After how many seconds without a value it has no state.
  var expireAfter: Int?
  var qos: Int?
  /// The rest only in a message of its own, as that of a device says it once for all.
  var availabilityTopic: String?
  var device: DeviceDescription?
  var origin: DiscoveryOrigin?

  static let sensorPlatform = "sensor"
  static let withdrawn = SensorConfiguration(platform: sensorPlatform)
}

/// A device as a discovery message has it.
struct DeviceDescription: Codable {
  var identifiers: [String]?
  var name: String?
  var serialNumber: String?
  var manufacturer: String?
  var model: String?
  /// The id of the device that it is connected by.
  var viaDevice: String?
}

/// Who sent a discovery message.
struct DiscoveryOrigin: Codable {
  var name: String?
  var swVersion: String?

  static let p1mqtt = DiscoveryOrigin(name: "p1mqtt", swVersion: toolsVersion)
}

/// The discovery message of a device: all of its sensors.
struct DeviceConfiguration: Codable {
  var device: DeviceDescription?
  var origin: DiscoveryOrigin?
  /// The topic of the status; nil where none is published.
  var availabilityTopic: String?
  /// The sensors by their ids.
  var components: [String: SensorConfiguration]
}

/// Discovery messages as JSON.
enum DiscoveryJSON {
  static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Texts and whole numbers can always be encoded.
    return (try? encoder.encode(value)).map { [UInt8]($0) } ?? []
  }

  /// - Returns: nil for a message of another form.
  static func decode<Value: Decodable>(_ type: Value.Type, from payload: [UInt8]) -> Value? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try? decoder.decode(type, from: Data(payload))
  }
}
