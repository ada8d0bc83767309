/// A server that speaks MQTT.
public protocol MQTTBroker: Server {
  /// Where it is, and the right login.
  var client: MQTTClient { get }
}

extension MQTTBroker {
  /// The port on 127.0.0.1.
  public var port: Int { client.port }

  /// What a client has to present; nil if anyone may come.
  public var login: Login? { client.login }
}
