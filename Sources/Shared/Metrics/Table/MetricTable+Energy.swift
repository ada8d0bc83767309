extension MetricTable {
  /// The tariffs that meters have registers of: 11 to 13 in Israel.
  private static let activeTariffs: [UInt8] = [1, 2, 3, 4, 5, 11, 12, 13]
  private static let reactiveTariffs: [UInt8] = [1, 2, 3, 4]

  /// Energy, counted since the meter was made, and the tariff.
  static let energy: [Metric] =
    tariffs(
      activeTariffs, "energy_import", 1, .kilowattHour, "Energy taken from the grid")
    + tariffs(activeTariffs, "energy_export", 2, .kilowattHour, "Energy given to the grid")
    + [
      Metric(
        "energy_import_kwh", OBISCode(1, 0, 1, 8, 0), .quantity(.kilowattHour),
        "Energy taken from the grid, all tariffs"),
      Metric(
        "energy_export_kwh", OBISCode(1, 0, 2, 8, 0), .quantity(.kilowattHour),
        "Energy given to the grid, all tariffs"),
      Metric(
        "energy_absolute_kwh", OBISCode(1, 0, 15, 8, 0), .quantity(.kilowattHour),
        "Energy taken from and given to the grid, added up"),
      Metric(
        "energy_reactive_import_kvarh", OBISCode(1, 0, 3, 8, 0), .quantity(.kilovarHour),
        "Reactive energy taken from the grid"),
      Metric(
        "energy_reactive_export_kvarh", OBISCode(1, 0, 4, 8, 0), .quantity(.kilovarHour),
        "Reactive energy given to the grid"),
    ]
    + phases("energy_import", 21, 8, .quantity(.kilowattHour), "Energy taken from the grid")
    + phases("energy_export", 22, 8, .quantity(.kilowattHour), "Energy given to the grid")
    + tariffs(
      reactiveTariffs, "energy_reactive_import", 3, .kilovarHour,
      "Reactive energy taken from the grid")
    + tariffs(
      reactiveTariffs, "energy_reactive_export", 4, .kilovarHour,
      "Reactive energy given to the grid")
    + (1...4).map { quadrant in
      Metric(
        "energy_reactive_q\(quadrant)_kvarh", OBISCode(1, 0, 4 + quadrant, 8, 0),
        .quantity(.kilovarHour), "Reactive energy in quadrant \(quadrant)")
    }
    + [
      Metric("tariff", OBISCode(0, 0, 96, 14, 0), .state, "Tariff in force"),
      Metric("tariff", OBISCode(0, 0, 96, 14, 1), .state, "Tariff in force, in Israel"),
      Metric(
        "load_profile", OBISCode(1, 0, 99, 1, 0), .asPrinted,
        "Load profile; as the meter prints it, in Israel"),
    ]
}
