/// What Home Assistant makes of a message of MQTT discovery.
public struct DiscoveryVerdict: Sendable, Decodable {
  public let topic: String
  /// What is wrong with it, each with the key at fault; none if all is well.
  public let problems: [String]
  /// What its template makes of each of the values: an empty text is ignored, and nil is a failure.
  public let rendered: [String?]
}
