import Records

/// The records that p1parse writes.
public struct RecordGroup: SettingGroup {
  public static let title = "Records"

  public let format = Setting(
    nil, option: "format", .choice(["lines", "json", "csv"], "format"), default: "lines",
    help: "Write records as lines (lines), as JSON (json) or as a table (csv).",
    manual: """
      A record in
      .Cm lines
      is a line
      .Ar key Ns = Ns Ar value
      for each metric and an empty line; the sinks read this format.
      A record in
      .Cm json
      is one line with a JSON object, for example for
      .Xr jq 1 .
      A record in
      .Cm csv
      is a row of a table, for example for a spreadsheet: see
      .Sx TABLES .
      """)
  public let columns: Setting<String?> = Setting(
    nil, option: "columns", .anything("keys"), isRepeatable: true,
    help: "With --format csv, write these columns, separated by commas.",
    manual: """
      A column is named by the key of its values, such as
      .Ql timestamp,power_import_kw,gas_m3 .
      The option may be repeated.
      .Sx TABLES
      describes which records are written.
      """)
  public let names = Setting(
    "P1_NAMES", option: "names",
    .choice(
      ["canonical", "obis", "classic", "esphome", "dsmr-reader", "dsmr_parser"], "names"),
    default: "canonical",
    help: "Name metrics as in p1record(5) (canonical), by OBIS code (obis) or like another tool.",
    manual: """
      .Cm canonical
      names are those in
      .Xr p1record 5 .
      .Cm obis
      names are the codes of the telegram, such as
      .Ql 1-0:1.8.1 ;
      the second value of a line gets a name that ends in
      .Ql _2 .
      Their units are those of the canonical names.
      .Cm classic ,
      .Cm esphome ,
      .Cm dsmr-reader
      and
      .Cm dsmr_parser
      are for dashboards made for these tools: see
      .Sx NAMES OF OTHER TOOLS .
      The values are the same with all names.
      """)
  public let all = Setting(
    "P1_ALL", option: "all", .flag, default: false, isInvertible: true,
    help: "Include lines with unknown codes, named by their code.",
    manual: """
      These lines go to the record of the electricity meter.
      A number is written without its unit, any other value as the meter printed it, and several
      values with their parentheses:
      .Ql (1)(2) .
      """)
  public let net = Setting(
    "P1_NET", option: "net", .flag, default: false, isInvertible: true,
    help: "Add the net power: import minus export.",
    manual: """
      This is
      .Cm power_net_kw
      and, for each phase with both values,
      .Cm power_net_l1_kw
      and so on.
      It is negative while the house exports more than it imports.
      Meters that print one power with a sign, such as Q3D, already have the net power in
      .Cm power_import_kw .
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
      With
      .Fl -names Cm esphome
      it is always written.
      """)
  public let history = Setting(
    "P1_HISTORY", option: "history", .flag, default: false, isInvertible: true,
    help: "Also write the records of earlier times that each telegram repeats.",
    manual: """
      They are each long power failure
      .Pq Cm power_failure_seconds , No with the time of its end ,
      the month peaks of earlier months in Belgium
      .Pq Cm power_import_month_peak_kw , No with the time of the peak ,
      and in Hungary all registers at the end of the last month.
      Use it to look at one telegram, or with
      .Xr p1influx 1 ,
      where writing a point again changes nothing.
      Do not use it with
      .Xr p1mqtt 1 ,
      which would publish old values as new ones.
      With
      .Fl -every ,
      they are written once in each period.
      Do not use it with
      .Fl -every
      of a sink, whose periods it would end too early.
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
      writes the stamp; a telegram without one keeps the time of the meter.
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
      In summer (S) it is one hour more.
      Meters in Finland, Greece, Israel and Lithuania need
      .Ql +02:00 ;
      it is the default for telegrams that begin with
      .Ql /ESO ,
      those of Lithuania's grid operator.
      """)
  public let summerTime = Setting(
    "P1_SUMMER_TIME", option: "summer-time", .flag, default: true, as: "True",
    isInvertible: true,
    help: "Read times without S or W as civil time, with summer time.",
    manual: """
      With
      .Fl -no-summer-time ,
      such times are read as normal time all year.
      A stamp before the telegram takes precedence: see
      .Sx TIMES .
      Swedish meters that print the time as
      .Ql 1-0:0.9.1
      and
      .Ql 1-0:0.9.2
      have normal time; Belgian ones with the same lines have civil time.
      """)

  public init() {}
}

/// The specification files of p1parse.
public struct SpecificationGroup: SettingGroup {
  public static let title = "Specification files"

  public let file: Setting<String?> = Setting(
    "P1_SPEC", option: "spec", .file,
    help: "Read all telegrams, of any version, by this specification file.",
    manual: """
      No other specification file is read.
      .Ev P1_SPEC
      is ignored with
      .Fl -spec-dir .
      """)
  public let directory: Setting<String?> = Setting(
    "P1_SPEC_DIR", option: "spec-dir", .directory,
    help: "Also search this directory for the specification files of versions.",
    manual: """
      The files are named
      .Pa dsmr Ns Ar NN Ns Pa .py .
      .Nm
      searches the working directory, the directory of this option, the directory of
      .Ev P1_SPEC_DIR
      and
      .Pa /etc/p1
      in this order; the first file for a version is used.
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
    help: "Print all supported versions of telegrams and exit.",
    manual: "Each line has the version, the file that specifies it, and the country or standard.")
  public let specification = Setting(
    nil, option: "print-spec", .anything("version"),
    help: "Print the built-in specification of a version as a file and exit.",
    manual: "Use it as the start of a specification file of your own.")

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
