extension MetricTable {
  /// The lines of sub-meters on the M-Bus, on whatever channel (written 0 here), and of the gas
  /// meter that a meter from before DSMR reads.
  public static let submeter: [Metric] = submeterRows.map(\.ofSubmeter)

  private static let submeterRows = [
    Metric(
      "submeter_type", OBISCode(0, 0, 24, 1, 0), .submeterType,
      "Kind of sub-meter: 3 gas, 7 water, 4 heat, 2 electricity; only with other --names"),
    Metric("meter", OBISCode(0, 0, 96, 1, 0), .submeterIdentifier, "Number of the sub-meter"),
    Metric(
      "meter", OBISCode(0, 0, 96, 1, 1), .submeterIdentifier, "Number of the sub-meter, in Belgium"
    ),
    Metric("ean", OBISCode(0, 0, 96, 1, 2), .text, "EAN code of the sub-meter's connection"),
    Metric(
      "submeter", OBISCode(0, 0, 24, 2, 1), .submeterReading,
      "Reading of the sub-meter"),
    Metric(
      "submeter", OBISCode(0, 0, 24, 2, 3), .submeterReading,
      "Reading of the sub-meter, not corrected for temperature"),
    Metric(
      "submeter", OBISCode(0, 0, 24, 3, 0), .submeterProfile,
      "Reading of the sub-meter before DSMR 4"),
    Metric(
      "submeter", OBISCode(0, 0, 24, 3, 1), .submeterProfile,
      "Reading of the sub-meter before DSMR 4, of cold"),
    Metric(
      "valve_state", OBISCode(0, 0, 24, 4, 0), .state,
      "Valve: 0 disconnected, 1 connected, 2 ready for reconnection"),
    Metric(
      "submeter", OBISCode(7, 0, 23, 1, 0), .hourlyReading,
      "Reading of the gas meter before DSMR"),
    Metric(
      "valve_state", OBISCode(7, 0, 24, 4, 0), .state, "Valve of the gas meter before DSMR"),
  ]
}
