extension MetricTable {
  /// Power now, its average over a period, and its peak in a month.
  static let power: [Metric] = now + nowByPhase + factors + averages + monthPeaks

  private static let now: [Metric] =
    [
      Metric(
        "power_import_kw", OBISCode(1, 0, 1, 7, 0), .quantity(.kilowatt),
        "Power taken from the grid"),
      Metric(
        "power_export_kw", OBISCode(1, 0, 2, 7, 0), .quantity(.kilowatt),
        "Power given to the grid"),
      Metric(
        "power_net_kw", OBISCode(1, 0, 16, 7, 0), .quantity(.kilowatt),
        "Net power taken from the grid"),
      Metric(
        "power_reactive_import_kvar", OBISCode(1, 0, 3, 7, 0), .quantity(.kilovar),
        "Reactive power taken from the grid"),
      Metric(
        "power_reactive_export_kvar", OBISCode(1, 0, 4, 7, 0), .quantity(.kilovar),
        "Reactive power given to the grid"),
    ]
    + (1...4).map { quadrant in
      Metric(
        "power_reactive_q\(quadrant)_kvar", OBISCode(1, 0, 4 + quadrant, 7, 0),
        .quantity(.kilovar), "Reactive power in quadrant \(quadrant)")
    }
    + [
      Metric(
        "power_apparent_import_kva", OBISCode(1, 0, 9, 7, 0), .quantity(.kilovoltAmpere),
        "Apparent power taken from the grid"),
      Metric(
        "power_apparent_export_kva", OBISCode(1, 0, 10, 7, 0), .quantity(.kilovoltAmpere),
        "Apparent power given to the grid"),
    ]

  private static let nowByPhase: [Metric] =
    phases("power_import", 21, 7, .quantity(.kilowatt), "Power taken from the grid")
    + phases("power_export", 22, 7, .quantity(.kilowatt), "Power given to the grid")
    + phases(
      "power_net", 36, 7, .quantity(.kilowatt), "Net power taken from the grid")
    + phases(
      "power_reactive_import", 23, 7, .quantity(.kilovar), "Reactive power taken from the grid")
    + phases(
      "power_reactive_export", 24, 7, .quantity(.kilovar), "Reactive power given to the grid")
    + phases(
      "power_apparent_import", 29, 7, .quantity(.kilovoltAmpere),
      "Apparent power taken from the grid")
    + phases(
      "power_apparent_export", 30, 7, .quantity(.kilovoltAmpere),
      "Apparent power given to the grid")

  private static let factors: [Metric] =
    [Metric("power_factor", OBISCode(1, 0, 13, 7, 0), .number, "Power factor")]
    + phases("power_factor", 33, 7, .number, "Power factor")

  private static let averages: [Metric] = demands + periodAverages

  private static let demands: [Metric] =
    [
      Metric(
        "power_import_average_kw", OBISCode(1, 0, 1, 4, 0), .quantity(.kilowatt),
        "Mean power taken from the grid in this quarter-hour"),
      Metric(
        "power_export_average_kw", OBISCode(1, 0, 2, 4, 0), .quantity(.kilowatt),
        "Mean power given to the grid in this quarter-hour"),
      Metric(
        "power_reactive_import_average_kvar", OBISCode(1, 0, 3, 4, 0), .quantity(.kilovar),
        "Mean reactive power taken from the grid in this quarter-hour"),
      Metric(
        "power_reactive_export_average_kvar", OBISCode(1, 0, 4, 4, 0), .quantity(.kilovar),
        "Mean reactive power given to the grid in this quarter-hour"),
    ]
    + (1...4).map { quadrant in
      Metric(
        "power_reactive_q\(quadrant)_average_kvar", OBISCode(1, 0, 4 + quadrant, 4, 0),
        .quantity(.kilovar),
        "Mean reactive power in quadrant \(quadrant) in this quarter-hour")
    }
    + [
      Metric(
        "power_apparent_import_average_kva", OBISCode(1, 0, 9, 4, 0), .quantity(.kilovoltAmpere),
        "Mean apparent power taken from the grid in this quarter-hour"),
      Metric(
        "power_apparent_export_average_kva", OBISCode(1, 0, 10, 4, 0), .quantity(.kilovoltAmpere),
        "Mean apparent power given to the grid in this quarter-hour"),
    ]

  private static let periodAverages: [Metric] = [
    Metric(
      "power_import_period_average_kw", OBISCode(1, 0, 1, 24, 0), .quantity(.kilowatt),
      "Mean power taken from the grid in the last averaging period"),
    Metric(
      "power_absolute_period_average_kw", OBISCode(1, 0, 15, 24, 0), .quantity(.kilowatt),
      "Mean power taken from and given to the grid, added up, in the last averaging period"),
    Metric(
      "power_net_period_average_kw", OBISCode(1, 0, 16, 24, 0), .quantity(.kilowatt),
      "Mean net power taken from the grid in the last averaging period"),
  ]

  private static let monthPeaks: [Metric] =
    [("import", 1, "taken from"), ("export", 2, "given to")].flatMap { direction, c, verb in
      (0...2).map { (tariff: UInt8) in
        Metric(
          "power_\(direction)_month_peak\(tariff == 0 ? "" : "_tariff\(tariff)")_kw",
          OBISCode(1, 0, c, 6, tariff), .monthPeak,
          "Highest mean power of a quarter-hour \(verb) the grid in a month"
            + (tariff == 0 ? "" : ", in tariff \(tariff)"))
      }
    } + [
      Metric(
        "power_import_month_peak_kw", OBISCode(0, 0, 98, 1, 0), .monthLog,
        "Month peaks of earlier months; in Hungary, all registers at the end of last month (--history)"
      )
    ]
}
