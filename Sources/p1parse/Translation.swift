import Console
import Glibc
import Records
import SystemPackage
import Telegrams

/// All of standard input as records on standard output. As it is made, it is what p1parse does
/// without options.
struct Translation {
  var format = RecordFormat.lines
  var options = TelegramParser.Options()
  /// How far the meter's clock is ahead of UTC in winter; nil for what the environment says.
  var utcOffset: UTCOffset?
  /// Where the specification files are.
  var specifications = SpecificationPath()
  var checksums = Framer.Checksums.verified
  /// Whether the first thing that cannot be read is the end.
  var isStrict = false

  /// Translates until the end of the input, or until a signal asks to stop.
  ///
  /// - Throws: `Failure`, with everything before it written.
  func run(_ messages: Messages) throws {
    let reload = try NoticeSignal(.reload)
    let environment = Environment()
    var options = options
    if let offset = try utcOffset ?? UTCOffset(environment) { options.clock = offset.clock }
    let path = specifications.completed(by: environment)
    var files = try path.files(messages)
    // Not before, as a file may be a pipe that nobody writes to.
    let stop = try StopSignal()
    let parser = TelegramParser(options, files: SpecificationFiles(files))
    var translator = Translator(
      Framer(checksums: checksums), parser, RecordWriter(format), isStrict: isStrict,
      messages: messages)
    defer { translator.report() }
    do {
      try translate(with: &translator, until: stop, at: reload) {
        files = path.files(after: files, messages)
        return SpecificationFiles(files)
      }
    } catch let unknown as TelegramParser.UnknownVersion {
      throw path.failure(unknown)
    }
  }

  /// - Parameters:
  ///   - translator: takes the input.
  ///   - stop: when to end.
  ///   - reload: when to turn to other specification files.
  ///   - files: reads those.
  /// - Throws: `Failure`, or `TelegramParser.UnknownVersion`.
  private func translate(
    with translator: inout Translator, until stop: StopSignal, at reload: NoticeSignal,
    _ files: () -> SpecificationFiles
  ) throws {
    // Asked to stop, it takes what the pipe still holds, and no more.
    var readable: Int?
    while true {
      let ready = try wait(
        for: [.reading(.standardInput), .reading(stop.descriptor), .reading(reload.descriptor)],
        until: readable == nil ? nil : .now)
      if readable == nil, ready.contains(.reading(stop.descriptor)) {
        readable = StopSignal.pipeSize
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
