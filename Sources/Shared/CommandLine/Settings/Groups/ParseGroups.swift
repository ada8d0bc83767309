import Records

/// The records that p1parse writes.
public struct RecordGroup: SettingGroup {
  public static let title = "Records"

  public let format = Setting(
    nil, option: "format", .choice(["lines", "json", "csv"], "format"), default: "lines",
    help: "Write records as lines (lines), as JSON (json) or as a table (csv).",
    manual: """
      .Cm lines
      is the format of
      .Xr p1record 5 ,
      which the sinks read.
      .Cm json
      is one JSON object per line, for example for
      .Xr jq 1 .
      .Cm csv
      is a table with one row per record, for example for a spreadsheet: see
      .Sx TABLES .
      """)
  public let columns: Setting<String?> = Setting(
    nil, option: "columns", .anything("keys"), isRepeatable: true,
    help: "With --format csv, write only these columns, separated by commas.",
    manual: """
      The name of a column is the key of its values:
      .Ql timestamp,power_import_kw,gas_m3 .
      The option may be repeated.
      .Sx TABLES
      tells which records are written.
      """)
  public let names = Setting(
    "P1_NAMES", option: "names",
    .choice(
      ["canonical", "obis", "classic", "esphome", "dsmr-reader", "dsmr_parser"], "names"),
    default: "canonical",
    help: "Name metrics as in p1record(5) (canonical), by OBIS code (obis) or like another tool.",
    manual: """
      Only the names change; the values and their units stay the same.
      .Cm obis
      names are OBIS codes such as
      .Ql 1-0:1.8.1 .
      The second value of a line has a name that ends in
      .Ql _2 .
      .Cm classic ,
      .Cm esphome ,
      .Cm dsmr-reader
      and
      .Cm dsmr_parser
      are for dashboards that were made for these tools: see
      .Sx NAMES OF OTHER TOOLS .
      """)
  public let net = Setting(
    "P1_NET", option: "net", .flag, default: false, isInvertible: true,
    help: "Add the net power: import minus export.",
    manual: """
      The metrics are
      .Cm power_net_kw
      and, for each phase with both values,
      .Cm power_net_l1_kw
      and so on.
      The net power is negative while the house exports more than it imports.
      Meters that print one power with a sign, such as Q3D, already have the net power in
      .Cm power_import_kw .
      """)
  public let all = Setting(
    "P1_ALL", option: "all", .flag, default: false, isInvertible: true,
    help: "Also write lines with unknown OBIS codes, named by their code.",
    manual: """
      For example,
      .Ql 1-0:94.7.0(00.85*%)
      becomes
      .Ql 1-0:94.7.0=0.85
      in the record of the electricity meter.
      A value that is not a number is written as the meter prints it, and several values with their
      parentheses:
      .Ql (1)(2) .
      A specification file gives such a line a name and a unit: see
      .Xr p1spec 5 .
      """)
  public let header = Setting(
    "P1_HEADER", option: "header", .flag, default: false, isInvertible: true,
    help: "Add the header of the telegram, with the manufacturer and the model.",
    manual: """
      The metric is
      .Cm identification ,
      such as
      .Ql ISK5\\e\\e2M550T-1012 .
      .Xr p1mqtt 1
      announces the manufacturer and the model to Home Assistant.
      .Fl -names Cm esphome
      always adds the header.
      """)
  public let history = Setting(
    "P1_HISTORY", option: "history", .flag, default: false, isInvertible: true,
    help: "Also write the records of earlier times that each telegram repeats.",
    manual: """
      These are each long power failure
      .Pq Cm power_failure_seconds , No at its end ,
      the month peaks of earlier months in Belgium
      .Pq Cm power_import_month_peak_kw , No at the time of the peak ,
      all registers at the end of the last month in Hungary,
      and the gas readings of the last hours of ACE4000 meters.
      Use the option to look at one telegram, or with
      .Xr p1influx 1 :
      InfluxDB keeps one copy of a repeated point.
      Do not use it with
      .Xr p1mqtt 1 ,
      which would publish old values as new ones.
      Do not use it with a sink that has its own
      .Fl -every :
      old records would end the periods of the sink too early.
      With
      .Fl -every
      of
      .Nm ,
      the old records are written once per period.
      """)

  public init() {}
}

/// The periods whose records p1parse combines. P1_EVERY is for the sinks alone: whoever set it has always got every
/// record of p1parse.
public struct PeriodGroup: SettingGroup {
  public static let title = "Periods"

  public let every = PeriodSettings.every("P1_PARSE_EVERY", ifUnset: "0")
  public let extremes = PeriodSettings.extremes("P1_PARSE_EXTREMES")

  public init() {}
}

/// How p1parse finds the timestamps.
public struct TimeGroup: SettingGroup {
  public static let title = "Times"

  public let source = Setting(
    "P1_TIME", option: "time", .choice(["meter", "receipt"], "source"), default: "meter",
    help: "Take the timestamp from the meter's clock (meter) or from the stamp (receipt).",
    manual: """
      Use
      .Cm receipt
      for a meter whose clock is wrong.
      .Nm p1cat Fl -stamp
      writes the stamp.
      A telegram without a stamp keeps the time of the meter.
      Readings of sub-meters, month peaks and records of
      .Fl -history
      keep their own times.
      """)
  public let utcOffset = Setting(
    "P1_UTC_OFFSET", option: "utc-offset", .utcOffset, ifUnset: "+01:00",
    help: "Read the meter's clock with this offset from UTC in winter.",
    manual: """
      The offset is hours, or hours and minutes:
      .Ql 2 ,
      .Ql +02:00
      or
      .Ql -3:30 .
      In summer (S), the offset is one hour more.
      Meters in Finland, Greece, Israel and Lithuania need
      .Ql +02:00 .
      Telegrams of the grid operator of Lithuania, which begin with
      .Ql /ESO ,
      have this offset without the option.
      """)
  public let summerTime = Setting(
    "P1_SUMMER_TIME", option: "summer-time", .flag, default: true, as: "True",
    isInvertible: true,
    help: "Read times without S or W as local time, with summer time.",
    manual: """
      .Fl -no-summer-time
      is for a clock that shows standard time all year.
      Swedish meters have such a clock if they print the time as
      .Ql 1-0:0.9.1
      and
      .Ql 1-0:0.9.2 .
      Belgian meters with these lines have local time.
      A stamp before the telegram takes precedence: see
      .Sx Times without a letter .
      """)

  public init() {}
}

/// The specification files of p1parse.
public struct SpecificationGroup: SettingGroup {
  public static let title = "Specification files"

  public let file: Setting<String?> = Setting(
    "P1_SPEC", option: "spec", .file,
    help: "Read all telegrams, of any version, with this specification file.",
    manual: """
      .Xr p1spec 5
      describes the file.
      .Nm
      reads no other specification file.
      .Fl -spec-dir
      takes precedence over
      .Ev P1_SPEC .
      """)
  public let directory: Setting<String?> = Setting(
    "P1_SPEC_DIR", option: "spec-dir", .directory,
    help: "Also search this directory for specification files of single versions.",
    manual: """
      The file for version
      .Ar NN
      is
      .Pa dsmr Ns Ar NN Ns Pa .py .
      .Xr p1spec 5
      lists all directories and their order.
      """)

  public init() {}
}

/// What p1parse can print instead of records.
public struct ListingGroup: SettingGroup {
  public static let title = "Lists"

  public let metrics = Setting(
    nil, option: "list", .flag, default: false,
    help: "Print all metrics and exit.",
    manual: "Each line has the name, the unit, the OBIS code and the description.")
  public let versions = Setting(
    nil, option: "list-specs", .flag, default: false,
    help: "Print all known versions of telegrams and exit.",
    manual: """
      Each line has the version, its specification file or
      .Ql built-in ,
      and the country or the standard.
      """)
  public let specification = Setting(
    nil, option: "print-spec", .anything("version"),
    help: "Print the built-in specification of a version as a file and exit.",
    manual: """
      Begin your own specification file with this text: see
      .Xr p1spec 5 .
      """)

  public init() {}
}

extension ValueForm<Int> {
  /// An offset from UTC in seconds, written as `2`, `+02:00` or `-3:30`.
  static var utcOffset: ValueForm {
    var form = ValueForm("offset") { text throws(InvalidValue) in
      guard let seconds = utcOffset(text) else {
        throw InvalidValue("\"\(text)\" is not an offset such as +02:00")
      }
      return seconds
    }
    form.takesDash = true
    return form
  }

  private static func utcOffset(_ text: String) -> Int? {
    let isNegative = text.hasPrefix("-")
    let isSigned = isNegative || text.hasPrefix("+")
    let parts = text.dropFirst(isSigned ? 1 : 0)
      .split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.count == 1 || parts[1].utf8.count == 2,
      parts.allSatisfy({
        (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { $0.decimalDigit != nil }
      }),
      let hours = Int(parts[0]), let minutes = parts.count == 1 ? 0 : Int(parts[1]), minutes < 60
    else {
      return nil
    }
    let seconds = (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
    // No time zone is outside UTC-12 to UTC+14.
    return (-12 * 3600...14 * 3600).contains(seconds) ? seconds : nil
  }
}
