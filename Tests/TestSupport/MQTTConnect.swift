/// What a client says of itself when it connects.
public struct MQTTConnect: Sendable, Equatable {
  public let clientID: String
  /// Whether it wants no session of before: Clean Session, in MQTT 5 Clean Start.
  public let isClean: Bool
  /// The seconds after which it wants to be taken for dead, where it is silent; 0 for never.
  public let keepAlive: Int
  /// What the broker is to publish in its name when it has gone without a word.
  public let will: MQTTMessage?
  /// The properties of the will.
  public let willProperties: MQTTProperties
  public let user: String?
  public let password: String?

  /// Reads what follows the level of the protocol and the flags.
  init(
    flags: UInt8, keepAlive: Int, hasProperties: Bool, from reader: inout MQTTReader
  ) throws {
    let has = { (bit: UInt8) in flags & 1 << bit != 0 }
    guard !has(0) else { throw MQTTReader.Malformed(reason: "a reserved flag") }
    guard has(2) || flags & 0x38 == 0, flags & 0x18 != 0x18 else {
      throw MQTTReader.Malformed(reason: "flags of a will")
    }
    guard has(7) || hasProperties || !has(6) else {
      throw MQTTReader.Malformed(reason: "a password without a user")
    }
    isClean = has(1)
    self.keepAlive = keepAlive
    clientID = try reader.text()
    if has(2) {
      willProperties = hasProperties ? try reader.properties() : [:]
      will = MQTTMessage(
        topic: try reader.text(), qos: Int(flags >> 3 & 3), isRetained: has(5),
        payload: try reader.binary())
    } else {
      willProperties = [:]
      will = nil
    }
    user = has(7) ? try reader.text() : nil
    password = has(6) ? String(decoding: try reader.binary(), as: UTF8.self) : nil
  }
}
