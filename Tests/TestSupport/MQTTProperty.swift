/// The properties of MQTT 5, by their numbers.
public enum MQTTProperty: UInt8, Sendable, CaseIterable {
  case payloadFormat = 0x01
  case messageExpiry = 0x02
  case contentType = 0x03
  case responseTopic = 0x08
  case correlationData = 0x09
  case subscriptionIdentifier = 0x0B
  case sessionExpiry = 0x11
  case assignedClientID = 0x12
  case serverKeepAlive = 0x13
  case authenticationMethod = 0x15
  case authenticationData = 0x16
  case requestProblemInformation = 0x17
  case willDelay = 0x18
  case requestResponseInformation = 0x19
  case responseInformation = 0x1A
  case serverReference = 0x1C
  case reasonString = 0x1F
  case receiveMaximum = 0x21
  case topicAliasMaximum = 0x22
  case topicAlias = 0x23
  case maximumQoS = 0x24
  case retainAvailable = 0x25
  case userProperty = 0x26
  case maximumPacketSize = 0x27
  case wildcardsAvailable = 0x28
  case subscriptionIdentifiersAvailable = 0x29
  case sharedSubscriptionsAvailable = 0x2A

  /// How a value is written.
  enum Form {
    case byte, two, four, variable, text, bytes, pair
  }

  var form: Form {
    switch self {
    case .payloadFormat, .requestProblemInformation, .requestResponseInformation, .maximumQoS,
      .retainAvailable, .wildcardsAvailable, .subscriptionIdentifiersAvailable,
      .sharedSubscriptionsAvailable:
      .byte
    case .serverKeepAlive, .receiveMaximum, .topicAliasMaximum, .topicAlias: .two
    case .messageExpiry, .sessionExpiry, .willDelay, .maximumPacketSize: .four
    case .subscriptionIdentifier: .variable
    case .contentType, .responseTopic, .assignedClientID, .authenticationMethod,
      .responseInformation, .serverReference, .reasonString:
      .text
    case .correlationData, .authenticationData: .bytes
    case .userProperty: .pair
    }
  }
}
