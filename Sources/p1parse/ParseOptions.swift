import CommandLine
import Glibc
import Metrics
import Records
import SystemPackage
import Telegrams

/// The options of p1parse, and its work with them. A value of nil means that the environment decides.
struct ParseOptions {
  var format = RecordFormat.lines
  var names: NameSet?
  var includesUnknown: Bool?
  var addsNetPower: Bool?
  var includesHistory: Bool?
  var timeSource: TelegramParser.TimeSource?
  var utcOffset: UTCOffset?
  /// Whether times without a letter for summer or winter follow civil time.
  var changesInSummer: Bool?
  var isStrict: Bool?
  var specifications = SpecificationSearchPath()
  var checksums = Framer.Checksums.verified

  /// Translates standard input until its end, or until SIGTERM or SIGINT.
  ///
  /// - Throws: `Failure`, after the records before it are written.
  func run(_ messages: Messages) throws {
    let reload = try NoticeSignal(.reload)
    let report = try NoticeSignal(.report)
    let environment = Environment()
    let options = try parserOptions(environment)
    let isStrict = try isStrict ?? environment.flag(.strict) ?? false
    let path = specifications.completed(by: environment)
    var files = try path.load(messages)
    // A signal that comes before this ends the process: a file may be a pipe without a writer.
    let stop = try StopSignal()
    let parser = TelegramParser(options, files: SpecificationFiles(files))
    var translator = TelegramTranslator(
      Framer(checksums: checksums), parser, RecordWriter(format), path, isStrict: isStrict,
      messages: messages)
    defer { translator.reportIgnored() }
    try translate(
      with: &translator, until: stop, reportingAt: report, reloadingAt: reload
    ) {
      files = path.reload(files, messages)
      return SpecificationFiles(files)
    }
  }

  private func parserOptions(_ environment: Environment) throws -> TelegramParser.Options {
    var options = TelegramParser.Options()
    options.names = try names ?? environment.value(.names, of: NameSet.self) ?? options.names
    options.includesUnknown = try includesUnknown ?? environment.flag(.all) ?? false
    options.addsNetPower = try addsNetPower ?? environment.flag(.net) ?? false
    options.includesHistory = try includesHistory ?? environment.flag(.history) ?? false
    options.timeSource =
      try timeSource ?? environment.value(.time, of: TelegramParser.TimeSource.self) ?? .meter
    options.winterOffset = try (utcOffset ?? UTCOffset(environment))?.seconds
    options.changesInSummer = try changesInSummer ?? environment.flag(.summerTime) ?? true
    return options
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
        ], until: remaining == nil ? nil : .now)
      if remaining == nil, ready.contains(.reading(stop.descriptor)) {
        remaining = StopSignal.pipeSize
      }
      if ready.contains(.reading(report.descriptor)) {
        report.clear()
        translator.reportCounters()
      }
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
