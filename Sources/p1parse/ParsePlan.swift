import CommandLine
import Glibc
import Metrics
import Records
import SystemPackage
import Telegrams

/// What p1parse does, with all settings checked.
struct ParsePlan: ToolPlan {
  private enum Work {
    case translate
    case list(metrics: Bool)
    case printSpecification(KnownVersion)
  }

  let subject = "standard input"
  private let work: Work
  private let format: OutputFormat
  /// Of a table; nil for those of the first records.
  private let columns: [[UInt8]]?
  private let summary: Summary?
  private let options: TelegramParser.Options
  private let specifications: SpecificationSearchPath
  private let checksums: Framer.Checksums
  private let isStrict: Bool
  private let metricsPlace: MetricsPlace?
  private let keepsReadings: Bool

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ settings: Settings) throws {
    work = try ParsePlan.work(settings)
    format = try settings.value(RecordGroup().format, of: OutputFormat.self)
    columns = try ParsePlan.columns(settings, format)
    summary = try settings.periods(PeriodGroup().every, PeriodGroup().extremes).summary
    options = try ParsePlan.options(settings)
    specifications = try SpecificationSearchPath(settings)
    checksums = try settings[DamageGroup().noCheck] ? .ignored : .verified
    isStrict = try settings[DamageGroup().strict]
    metricsPlace = try MetricsPlace(settings, of: "p1parse")
    keepsReadings = try ParsePlan.keepsReadings(settings, metricsPlace)
  }

  private static func work(_ settings: Settings) throws -> Work {
    let group = ListingGroup()
    if try settings[group.metrics] { return .list(metrics: true) }
    if try settings[group.versions] { return .list(metrics: false) }
    guard let name = try settings[group.specification] else { return .translate }
    guard let version = KnownVersion(named: name) else {
      let names = KnownVersion.all.map(\.name).joined(separator: ", ")
      throw settings.failure(group.specification, "unknown version \"\(name)\"; use \(names)")
    }
    return .printSpecification(version)
  }

  private static func columns(_ settings: Settings, _ format: OutputFormat) throws -> [[UInt8]]? {
    let setting = RecordGroup().columns
    guard try settings[setting] != nil else { return nil }
    let names = try settings.list(setting).flatMap { $0.split(separator: ",") }.map(String.init)
    guard !names.isEmpty else { throw settings.failure(setting, "it names no column") }
    guard format == .csv else { throw settings.failure(setting, "it needs --format csv") }
    if let name = names.first(where: { !RecordKey.isValid($0.utf8.span) }) {
      throw settings.failure(setting, "\"\(name)\" is not a key of a record")
    }
    guard Set(names).count == names.count else {
      throw settings.failure(setting, "a column occurs twice")
    }
    return names.map(\.utf8Bytes)
  }

  private static func keepsReadings(_ settings: Settings, _ place: MetricsPlace?) throws -> Bool {
    let setting = ReadingsGroup().readings
    let isWanted = try settings[setting]
    // In p1.conf, it may be for a pipe whose file an option names.
    guard !isWanted || place != nil || !settings.isOption(setting) else {
      throw settings.failure(setting, "it needs a file; set \(MetricsGroup().file.text)")
    }
    return isWanted && place != nil
  }

  private static func options(_ settings: Settings) throws -> TelegramParser.Options {
    let (records, times) = (RecordGroup(), TimeGroup())
    var options = TelegramParser.Options()
    options.names = try settings.value(records.names, of: NameSet.self)
    options.includesUnknown = try settings[records.all]
    options.addsNetPower = try settings[records.net]
    options.includesHeader = try settings[records.header]
    options.includesHistory = try settings[records.history]
    options.timeSource = try settings.value(times.source, of: TelegramParser.TimeSource.self)
    options.winterOffset = try settings[times.utcOffset]
    options.hasSummerTime = try settings[times.summerTime]
    return options
  }

  func checkFiles(_ messages: Messages) throws { try specifications.check(messages) }

  func run(_ messages: Messages) throws {
    let text: String
    switch work {
    case .translate: return try translate(messages)
    case .list(metrics: true): text = Listing.metrics
    case .list(metrics: false): text = Listing.versions(try specifications.load(messages))
    case .printSpecification(let version): text = version.specification
    }
    try FileDescriptor.standardOutput.write(all: text.utf8Bytes.span)
  }

  /// Translates standard input until its end, or until SIGTERM or SIGINT.
  ///
  /// - Throws: `Failure`, after the records before it are written.
  private func translate(_ messages: Messages) throws {
    let reload = try NoticeSignal(.reload)
    let report = try NoticeSignal(.report)
    var files = try specifications.load(messages)
    // A signal that comes before this ends the process: a file may be a pipe without a writer.
    let stop = try StopSignal()
    let parser = TelegramParser(options, files: SpecificationFiles(files))
    var translator = TelegramTranslator(
      Framer(checksums: checksums), parser,
      RecordOutput(format, summary, columns: columns, needsLines: keepsReadings, messages),
      specifications,
      isStrict: isStrict, metrics: MetricsFile(metricsPlace, of: subject, messages),
      keepsReadings: keepsReadings, messages: messages)
    defer {
      translator.reportIgnored()
      translator.writeMetrics()
    }
    let result = Result {
      try translate(
        with: &translator, until: stop, reportingAt: report, reloadingAt: reload
      ) {
        files = specifications.reload(files, messages)
        return SpecificationFiles(files)
      }
    }
    try translator.finish()
    try result.get()
  }

  private func translate(
    with translator: inout TelegramTranslator, until stop: StopSignal,
    reportingAt report: NoticeSignal, reloadingAt reload: NoticeSignal,
    _ reloadFiles: () -> SpecificationFiles
  ) throws {
    // After a signal to stop, p1parse still reads what a pipe can hold, and no more.
    var remaining: Int?
    while true {
      let ready = try wait(
        for: [
          .reading(.standardInput), .reading(stop.descriptor), .reading(report.descriptor),
          .reading(reload.descriptor),
        ], until: remaining == nil ? translator.metricsDeadline : .now)
      if remaining == nil, ready.contains(.reading(stop.descriptor)) {
        remaining = StopSignal.pipeSize
      }
      if ready.contains(.reading(report.descriptor)) {
        report.clear()
        translator.reportCounters()
      }
      if translator.areMetricsDue { translator.writeMetrics() }
      if ready.contains(.reading(reload.descriptor)) {
        reload.clear()
        translator.use(reloadFiles())
      }
      if ready.contains(.reading(.standardInput)), remaining ?? 1 > 0 {
        guard let count = try translator.translateNext() else { continue }
        if count == 0 { return }
        remaining = remaining.map { $0 - count }
      } else if remaining != nil {
        return
      }
    }
  }
}
