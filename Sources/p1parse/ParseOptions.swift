import CommandLine
import Glibc
import Metrics
import Records
import SystemPackage
import Telegrams

/// All of standard input as records on standard output. As it is made, it is what p1parse does
/// without options.
struct ParseOptions {
  var format = RecordFormat.lines
  /// What the telegrams are to become; nil, here and below, for what the environment says.
  var names: NameSet?
  var includesUnknown: Bool?
  var addsNetPower: Bool?
  var includesHistory: Bool?
  var timeSource: TelegramParser.TimeSource?
  /// How far the meter's clock is ahead of UTC in winter.
  var utcOffset: UTCOffset?
  /// Whether a clock that shows no letter changes to summer time.
  var changesInSummer: Bool?
  /// Whether the first thing that cannot be read is the end.
  var isStrict: Bool?
  /// Where the specification files are.
  var specifications = SpecificationSearchPath()
  var checksums = Framer.Checksums.verified

  /// Translates until the end of the input, or until a signal asks to stop.
  ///
  /// - Throws: `Failure`, with everything before it written.
  func run(_ messages: Messages) throws {
    let reload = try NoticeSignal(.reload)
    let request = try NoticeSignal(.report)
    let environment = Environment()
    let options = try options(environment)
    let isStrict = try isStrict ?? environment.flag(.strict) ?? false
    let path = specifications.completed(by: environment)
    var files = try path.files(messages)
    // Not before, as a file may be a pipe that nobody writes to.
    let stop = try StopSignal()
    let parser = TelegramParser(options, files: SpecificationFiles(files))
    var translator = TelegramTranslator(
      Framer(checksums: checksums), parser, RecordWriter(format), path, isStrict: isStrict,
      messages: messages)
    defer { translator.report() }
    try translate(with: &translator, until: stop, at: request, reload) {
      files = path.files(after: files, messages)
      return SpecificationFiles(files)
    }
  }

  /// What is wanted of a telegram, by the options and the environment behind them.
  private func options(_ environment: Environment) throws -> TelegramParser.Options {
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

  /// - Parameters:
  ///   - translator: takes the input.
  ///   - stop: when to end.
  ///   - request: when to tell the counters.
  ///   - reload: when to turn to other specification files.
  ///   - files: reads those.
  /// - Throws: `Failure`.
  private func translate(
    with translator: inout TelegramTranslator, until stop: StopSignal, at request: NoticeSignal,
    _ reload: NoticeSignal, _ files: () -> SpecificationFiles
  ) throws {
    // Asked to stop, it takes what the pipe still holds, and no more.
    var readable: Int?
    while true {
      let ready = try wait(
        for: [
          .reading(.standardInput), .reading(stop.descriptor), .reading(request.descriptor),
          .reading(reload.descriptor),
        ], until: readable == nil ? nil : .now)
      if readable == nil, ready.contains(.reading(stop.descriptor)) {
        readable = StopSignal.pipeSize
      }
      if ready.contains(.reading(request.descriptor)) {
        request.clear()
        translator.tellCounters()
      }
      if ready.contains(.reading(reload.descriptor)) {
        reload.clear()
        translator.use(files())
      }
      if ready.contains(.reading(.standardInput)), readable ?? 1 > 0 {
        guard let count = try translator.translateNext() else { continue }
        if count == 0 { return }
        readable = readable.map { $0 - count }
      } else if readable != nil {
        return
      }
    }
  }
}
