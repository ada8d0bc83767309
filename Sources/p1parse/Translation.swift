import Console
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
  var specifications = SpecificationDirectory(path: ".")
  var checksums = Framer.Checksums.verified
  /// Whether the first thing that cannot be read is the end.
  var isStrict = false

  /// Translates until the end of the input, or until a signal asks to stop.
  ///
  /// - Throws: `Failure`, with everything before it written.
  func run(_ messages: Messages) throws {
    let stop = try StopSignal()
    var options = options
    if let offset = try utcOffset ?? UTCOffset(Environment()) { options.clock = offset.clock }
    let parser = TelegramParser(options, lookup: specifications.entries(of:))
    var translator = Translator(
      Framer(checksums: checksums), parser, RecordWriter(format), isStrict: isStrict,
      messages: messages)
    defer { translator.report() }
    do {
      try translate(with: &translator, until: stop)
    } catch let unknown as TelegramParser.UnknownVersion {
      throw specifications.failure(unknown)
    }
  }

  private func translate(with translator: inout Translator, until stop: StopSignal) throws {
    // Asked to stop, it takes what the pipe still holds, and no more.
    var readable: Int?
    while true {
      let ready = try wait(
        for: [.reading(.standardInput), .reading(stop.descriptor)],
        until: readable == nil ? nil : .now)
      if readable == nil, ready.contains(.reading(stop.descriptor)) {
        readable = StopSignal.pipeSize
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
