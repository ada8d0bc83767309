/// Whether a discovery message announces a device with all of its sensors, or one sensor.
enum DiscoveryForm: String, CaseIterable {
  case device, component

  /// The topic of the message of a device or of one of its sensors.
  func topic(_ prefix: String, device: String, sensor: String) -> String {
    switch self {
    case .device: "\(prefix)/device/\(device)/config"
    case .component: "\(prefix)/sensor/\(device)/\(sensor)/config"
    }
  }
}
