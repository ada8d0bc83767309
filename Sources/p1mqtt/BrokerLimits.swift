/// What a broker takes, as far as it has said or shown.
struct BrokerLimits {
  /// The highest quality of service.
  var mostQoS = 2
  /// Whether it keeps messages for those who come later.
  var canRetain = true
}
