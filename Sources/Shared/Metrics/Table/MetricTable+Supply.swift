extension MetricTable {
  /// Voltage, current and frequency.
  static let voltageAndCurrent: [Metric] =
    phases("voltage", 32, 7, .quantity(.volt), "Voltage")
    + [
      Metric(
        "voltage_v", OBISCode(1, 0, 12, 7, 0), .quantity(.volt),
        "Voltage of a meter with a single phase")
    ]
    + phases(
      "voltage_period_average", 32, 24, .quantity(.volt),
      "Mean voltage in the last averaging period")
    + phases("current", 31, 7, .quantity(.ampere), "Unsigned current")
    + [
      Metric(
        "current_a", OBISCode(1, 0, 11, 7, 0), .quantity(.ampere),
        "Current of a meter with a single phase"),
      Metric(
        "current_total_a", OBISCode(1, 0, 90, 7, 0), .quantity(.ampere),
        "Current on all phases, added up"),
      Metric(
        "current_neutral_a", OBISCode(1, 0, 91, 7, 0), .quantity(.ampere),
        "Current on the neutral conductor"),
      Metric("frequency_hz", OBISCode(1, 0, 14, 7, 0), .quantity(.hertz), "Frequency of the grid"),
    ]

  /// The limits of current and power, and the breaker and relays that enforce them.
  static let limits: [Metric] =
    [
      Metric(
        "fuse_limit_a", OBISCode(1, 0, 31, 4, 0), .quantity(.ampere),
        "Current on phase L1, or on any phase, at which the meter disconnects; 999 means never"),
      Metric(
        "fuse_limit_l2_a", OBISCode(1, 0, 51, 4, 0), .quantity(.ampere),
        "Current on phase L2 at which the meter disconnects; 999 means never"),
      Metric(
        "fuse_limit_l3_a", OBISCode(1, 0, 71, 4, 0), .quantity(.ampere),
        "Current on phase L3 at which the meter disconnects; 999 means never"),
      Metric(
        "current_import_limit_a", OBISCode(1, 1, 31, 4, 0), .currentLimits,
        "Limit of the current taken from the grid"),
      Metric(
        "current_export_limit_a", OBISCode(1, 1, 31, 4, 0), .quantity(.ampere),
        "Limit of the current given to the grid; the second value of the line"),
      Metric(
        "power_limit_kw", OBISCode(0, 0, 17, 0, 0), .powerLimit,
        "Power at which the meter disconnects; 999 means never"),
      Metric(
        "power_limit_kva", OBISCode(0, 0, 17, 0, 0), .quantity(.kilovoltAmpere),
        "Apparent power at which the meter disconnects; 999 means never"),
      Metric(
        "power_limit_a", OBISCode(0, 0, 17, 0, 0), .quantity(.ampere),
        "Current at which the meter disconnects; 999 means never"),
      Metric(
        "breaker_state", OBISCode(0, 0, 96, 3, 10), .state,
        "Breaker: 0 disconnected, 1 connected, 2 ready for reconnection"),
    ]
    + (1...4).map { relay in
      Metric(
        "relay\(relay)_state", OBISCode(0, relay, 96, 3, 10), .state,
        "Relay \(relay): 0 open, 1 closed")
    }

  /// The log of power failures, sags and swells.
  static let quality: [Metric] =
    [
      Metric("power_failures", OBISCode(0, 0, 96, 7, 21), .number, "Power failures on any phase"),
      Metric(
        "long_power_failures", OBISCode(0, 0, 96, 7, 9), .number,
        "Long power failures on any phase"),
      Metric(
        "power_failure_seconds", OBISCode(1, 0, 99, 97, 0), .failureLog,
        "Duration of a long power failure, which is a record at its end (--history)"),
    ]
    + phases("voltage_sags", 32, 32, .number, "Voltage sags")
    + phases("voltage_sag_duration", 32, 33, .quantity(.second), "Duration of the last voltage sag")
    + phases("voltage_sag_magnitude", 32, 34, .quantity(.volt), "Magnitude of the last voltage sag")
    + phases("voltage_swells", 32, 36, .number, "Voltage swells")
    + phases(
      "voltage_swell_duration", 32, 37, .quantity(.second), "Duration of the last voltage swell")
    + phases(
      "voltage_swell_magnitude", 32, 38, .quantity(.volt), "Magnitude of the last voltage swell")

  /// Messages of the grid operator.
  static let messages: [Metric] =
    [
      Metric(
        "message_code", OBISCode(0, 0, 96, 13, 1), .text,
        "Message of the grid operator, as a number"),
      Metric("message", OBISCode(0, 0, 96, 13, 0), .text, "Message of the grid operator"),
    ]
    + (2...5).map { number in
      Metric(
        "message\(number)", OBISCode(0, 0, 96, 13, number), .text,
        "Message \(number) of the grid operator")
    }
}
