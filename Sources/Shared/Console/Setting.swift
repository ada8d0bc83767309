/// The names that settings have in the environment: the one place they are spelled.
public enum Setting: String, CaseIterable, Sendable {
  case serialPort = "SER_PORT"
  case serialBaudRate = "SER_BAUDRATE"
  case serialByteSize = "SER_BYTESIZE"
  case serialParity = "SER_PARITY"
  case serialStopBits = "SER_STOPBITS"
  case serialXOnXOff = "SER_XONXOFF"
  case serialRTSCTS = "SER_RTSCTS"
  case serialTimeout = "SER_TIMEOUT"

  case utcOffset = "P1_UTC_OFFSET"
  case specificationDirectory = "P1_SPEC_DIR"

  case mqttEnabled = "MQTT_ENABLED"
  case mqttBroker = "MQTT_BROKER"
  case mqttPort = "MQTT_PORT"
  case mqttClientID = "MQTT_CLIENT_UNIQ"
  case mqttTopicPrefix = "MQTT_TOPIC_PREFIX"
  case mqttAuthentication = "MQTT_AUTH"
  case mqttUser = "MQTT_USER"
  case mqttPassword = "MQTT_PASS"
  case mqttPasswordFile = "MQTT_PASS_FILE"
  case mqttQoS = "MQTT_QOS"
  case mqttRetain = "MQTT_RETAIN"

  case influxEnabled = "INFLUXDB_ENABLED"
  case influxHost = "INFLUXDB_HOST"
  case influxPort = "INFLUXDB_PORT"
  case influxUser = "INFLUXDB_USER"
  case influxPassword = "INFLUXDB_PASS"
  case influxPasswordFile = "INFLUXDB_PASS_FILE"
  case influxDatabase = "INFLUXDB_DB"
}
