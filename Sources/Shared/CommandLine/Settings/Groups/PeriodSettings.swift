import Records

/// The settings of periods, which p1parse and each sink have under a name of its own.
enum PeriodSettings {
  static func every(_ name: String, ifUnset: String) -> Setting<Int?> {
    Setting(
      name, option: "every", .number(0...86_400, "seconds"), ifUnset: ifUnset,
      help: "Combine the records of each period of this length into one record.",
      manual: """
        The period is 0 to 86400 seconds; 0 keeps every record.
        The combined record has the mean of power, voltage, current and frequency, and the last
        value of counters and texts.
        Its timestamp is that of the last record of the period.
        A period begins at a whole multiple of its length since 1970: with 300, at 12:00, 12:05
        and so on.
        The period ends when a record of a later time arrives, or at the end of the input.
        If
        .Nm
        is killed, the means of the unfinished period are lost.
        The energy counters of the meter lose nothing.
        """)
  }

  static func extremes(_ name: String, ifUnset: String? = nil) -> Setting<Bool?> {
    Setting(
      name, option: "extremes", .flag, ifUnset: ifUnset, isInvertible: true,
      help: "With --every, add the minimum and the maximum to each mean.",
      manual: """
        For example,
        .Ql power_import_kw
        gets
        .Ql power_import_min_kw
        and
        .Ql power_import_max_kw .
        """)
  }
}

extension Settings {
  /// The length of the periods, in seconds, and what makes a record of each; 0 and nil for none.
  ///
  /// - Parameter both: the settings for both sinks, which apply where those of the tool are not set.
  /// - Throws: ``Failure`` for a setting that cannot be used.
  public func periods(
    _ every: Setting<Int?>, _ extremes: Setting<Bool?>, else both: BothSinksGroup? = nil
  ) throws -> (seconds: Int, summary: Summary?) {
    let ownSeconds = try self[every]
    let seconds = try ownSeconds ?? both.flatMap { try self[$0.every] } ?? 0
    let ownExtremes = try self[extremes]
    // With --every 0, the extremes of p1.conf have no period on purpose.
    let isMeant = isOption(extremes) || ownSeconds == nil
    guard seconds > 0 || ownExtremes != true || !isMeant || ignoresWrongValues else {
      throw failure(extremes, "it needs a period; set \(every.text)")
    }
    let withExtremes = try ownExtremes ?? both.flatMap { try self[$0.extremes] } ?? false
    return (seconds, seconds > 0 ? Summary(every: seconds, withExtremes: withExtremes) : nil)
  }
}
