extension MetricTable {
  /// The identification of the telegram and its meter.
  static let identity: [Metric] = [
    Metric(
      "timestamp", OBISCode(0, 0, 1, 0, 0), .telegramTime,
      "Time of the telegram, by the meter's clock"),
    Metric(
      "timestamp", OBISCode(0, 0, 1, 1, 0), .telegramTime,
      "Time of the telegram; in place of 0-0:1.0.0 with some meters"),
    Metric(
      "timestamp", OBISCode(1, 0, 0, 9, 2), .telegramDate,
      "Date of the telegram; if a meter prints it on a line of its own"),
    Metric(
      "timestamp", OBISCode(1, 0, 0, 9, 1), .telegramTimeOfDay,
      "Time of day of the telegram; if a meter prints it on a line of its own"),
    Metric(
      "meter", OBISCode(0, 0, 96, 1, 1), .meterIdentifier(rank: 0),
      "Number of the electricity meter"),
    // The first of these is the number of a meter that has no 96.1.1.
    Metric(
      "serial_number", OBISCode(0, 0, 96, 1, 0), .meterIdentifier(rank: 1),
      "Serial number of the meter"),
    Metric(
      "logical_device_name", OBISCode(0, 0, 42, 0, 0), .meterIdentifier(rank: 2),
      "Name of the meter as a COSEM logical device"),
    Metric(
      "device_identifier", OBISCode(0, 0, 96, 1, 255), .meterIdentifier(rank: 3),
      "Identifier of the meter, in Germany"),
    Metric(
      "device_address", OBISCode(0, 0, 0, 0, 0), .meterIdentifier(rank: 4),
      "Address of the meter"),
    Metric(
      "device_address", OBISCode(1, 0, 0, 0, 0), .meterIdentifier(rank: 5),
      "Address of the meter, as electricity"),
    Metric(
      "device_identifier", OBISCode(0, 0, 96, 1, 3), .meterIdentifier(rank: 6),
      "Identifier of the meter, in Slovenia"),
    Metric(
      "device_identifier", OBISCode(1, 0, 0, 0, 5), .meterIdentifier(rank: 7),
      "GS1 number of the meter, in Norway"),
    Metric(
      "serial_number", OBISCode(1, 0, 0, 0, 1), .meterIdentifier(rank: 8),
      "Serial number of the meter, in Denmark"),
    Metric("meter_type", OBISCode(0, 0, 96, 1, 7), .plainText, "Type of the meter, in Norway"),
    Metric(
      "meter_type", OBISCode(1, 1, 96, 1, 1), .plainText,
      "Type of a Kamstrup meter"),
    Metric(
      "list_version", OBISCode(1, 1, 0, 2, 129), .plainText,
      "Version of the list of values, in Norway"),
    Metric("ean", OBISCode(0, 0, 96, 1, 2), .text, "EAN code of the connection"),
    Metric(
      "p1_version", OBISCode(1, 3, 0, 2, 8), .number,
      "Version of the P1 port: 50 is DSMR 5.0"),
    Metric(
      "p1_version", OBISCode(0, 0, 96, 1, 4), .version,
      "Version of the P1 port, Belgian form: 50217 is eMUCS 1.7"),
    Metric("firmware_version", OBISCode(1, 0, 0, 2, 0), .plainText, "Version of the firmware"),
    Metric("firmware_signature", OBISCode(1, 0, 0, 2, 8), .plainText, "Signature of the firmware"),
    Metric(
      "firmware_channel1_version", OBISCode(1, 1, 0, 2, 0), .plainText,
      "Version of the firmware on channel 1"),
    Metric(
      "firmware_channel1_signature", OBISCode(1, 1, 0, 2, 8), .plainText,
      "Signature of the firmware on channel 1"),
    Metric(
      "meter_status", OBISCode(1, 0, 96, 5, 5), .plainText,
      "Status of the meter; hexadecimal digits"),
    Metric(
      "grid_configuration", OBISCode(1, 0, 94, 32, 1), .number,
      "Configuration of the grid; as the meter prints it: 400"),
    Metric(
      "current_transformer_ratio", OBISCode(1, 0, 0, 4, 2), .number,
      "Ratio of the current transformers; no value is multiplied by it"),
    Metric(
      "voltage_transformer_ratio", OBISCode(1, 0, 0, 4, 3), .number,
      "Ratio of the voltage transformers; no value is multiplied by it"),
    Metric(
      "averaging_period_seconds", OBISCode(1, 0, 0, 8, 2), .quantity(.second),
      "Length of the averaging period; for the metrics called period_average"),
  ]
}
