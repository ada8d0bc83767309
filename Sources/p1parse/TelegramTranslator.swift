import CommandLine
import Metrics
import Records
import SystemPackage
import Telegrams

/// Reads telegrams from standard input and writes their records to standard output.
struct TelegramTranslator {
  private let messages: Messages
  private let isStrict: Bool
  /// Telegrams stay in a pipe until their records are written, so that p1parse finds them there when it
  /// is restarted after a kill. Nil if the input is not a pipe. The records of an unfinished period, and the rows of a
  /// table before its columns are known, are lost.
  private let pipe = PeekedPipe()
  private var framer: Framer
  private var parser: TelegramParser
  private var output: RecordOutput
  private let specifications: SpecificationSearchPath
  private var clockWarning: ClockWarning?
  /// What is counted here; ``Statistics/records`` and ``Statistics/noiseBytes`` are counted elsewhere.
  private var counts = Statistics()
  /// The first bytes of the input, until a telegram is found.
  private var firstBytes: [UInt8] = []
  /// The codes without a metric that were logged.
  private var unknownCodes: Set<OBISCode> = []
  private var hasLoggedMissingTime = false
  private var metricsFile: MetricsFile?
  /// `--metrics-readings`; nil without it.
  private var readings: LastReadings?

  /// Records are written in blocks of this size, plus at most a record.
  private static let blockSize = 64 * 1024
  /// Hostile input could name more codes than fit in memory.
  private static let maximumUnknownCodes = 1024

  init(
    _ framer: Framer, _ parser: TelegramParser, _ output: RecordOutput,
    _ specifications: SpecificationSearchPath, isStrict: Bool, metrics: MetricsFile?,
    keepsReadings: Bool, messages: Messages
  ) {
    metricsFile = metrics
    readings = keepsReadings ? LastReadings(messages) : nil
    self.specifications = specifications
    // The clock of the meter does not matter if timestamps come from the stamps.
    clockWarning = parser.options.timeSource == .meter ? ClockWarning() : nil
    self.framer = framer
    self.parser = parser
    self.output = output
    self.isStrict = isStrict
    self.messages = messages
  }

  /// Translates the telegrams that the input holds now; waits if it holds nothing.
  ///
  /// - Returns: the number of bytes read, 0 at the end; nil if a signal interrupted the call.
  /// - Throws: `Failure`, after the records before it are written.
  mutating func translateNext() throws -> Int? {
    let count: Int
    do throws(Errno) {
      count = try framer.fill { [pipe] room throws(Errno) in
        if let pipe {
          try pipe.peek(into: &room)
        } else {
          try FileDescriptor.standardInput.read(into: &room)
        }
      }
    } catch .interrupted, .wouldBlock {
      return nil
    } catch {
      throw Failure("standard input", error)
    }
    keepFirstBytes(count)
    try translate(atEnd: count == 0)
    do throws(Errno) {
      try pipe?.take(count)
    } catch {
      throw Failure("standard input", error)
    }
    if count > 0 { StartupCode.unmapAfterStart() } else { try checkWholeInput() }
    return count
  }

  private mutating func keepFirstBytes(_ count: Int) {
    counts.bytes += count
    guard counts.telegrams == 0, firstBytes.count < StreamKind.length else { return }
    firstBytes += framer.bytes.suffix(count).prefix(StreamKind.length - firstBytes.count)
  }

  private var streamKind: StreamKind { StreamKind(firstBytes.span) }

  /// Logs what an input without any telegram looks like.
  private func checkWholeInput() throws {
    let streamKind = streamKind
    // If every telegram was dropped, each has been logged.
    guard counts.bytes > 0, counts.telegrams == 0,
      counts.dropped == 0 || streamKind != .telegramLines
    else {
      return
    }
    let reason = "no telegram found; it looks like \(streamKind)"
    try failIfStrict(reason)
    messages.say(.warning, "standard input", reason)
  }

  /// The counters of a run, from its start.
  struct Statistics {
    var telegrams = 0
    var records = 0
    var bytes = 0
    var noiseBytes = 0
    var dropped = 0
    var unreadableLines = 0
    var unknownLines = 0
    var unknownVersions = 0

    /// What SIGUSR1 and `--metrics-file` report.
    var counters: [Counter] {
      [
        Counter("telegrams", .total(telegrams), "Telegrams read."),
        Counter("records", .total(records), "Records written."),
        Counter("bytes", .total(bytes), "Bytes read."),
        Counter("noise_bytes", .total(noiseBytes), "Bytes outside telegrams."),
        Counter("dropped", .total(dropped), "Telegrams dropped."),
        Counter("unreadable_lines", .total(unreadableLines), "Lines that could not be read."),
        Counter("unknown_lines", .total(unknownLines), "Lines with a code without a metric."),
        Counter("unknown_versions", .total(unknownVersions), "Telegrams of an unknown version."),
      ]
    }
  }

  private var statistics: Statistics {
    var statistics = counts
    statistics.records = output.count
    statistics.noiseBytes = framer.noiseCount
    return statistics
  }

  /// Logs the counters, for SIGUSR1.
  func reportCounters() {
    messages.answer("standard input", Counter.line(statistics.counters))
  }

  /// When ``writeMetrics()`` is due; nil for never.
  var metricsDeadline: ContinuousClock.Instant? { metricsFile?.deadline }
  var areMetricsDue: Bool { metricsFile?.isDue ?? false }

  /// Writes the file of `--metrics-file`.
  mutating func writeMetrics() {
    guard metricsFile != nil else { return }
    let counters = statistics.counters
    metricsFile?.write(counters, readings?.metrics() ?? [])
  }

  /// Changes the specification files for the telegrams that follow.
  mutating func use(_ files: SpecificationFiles) {
    parser.use(files)
  }

  /// Logs at the end how much of the input did not become records.
  func reportIgnored() {
    if framer.noiseCount > 0 {
      messages.say(
        .info, "standard input", "\(counted(framer.noiseCount, "byte")) outside telegrams")
    }
    if counts.unknownLines > 0 {
      let lines = counted(counts.unknownLines, "line")
      messages.say(
        .info, "standard input",
        "\(lines) ignored: no metric for the code; use --all to include them")
    }
    if counts.unreadableLines > 0 {
      let lines = counted(counts.unreadableLines, "line")
      messages.say(.warning, "standard input", "\(lines) dropped: cannot be read")
    }
  }

  private mutating func translate(atEnd: Bool) throws {
    do {
      while let event = framer.next(atEnd: atEnd) {
        try failIfStrict(noise: framer.noiseCount)
        switch event {
        case .telegram(let telegram): try translate(telegram)
        case .dropped(let defect):
          counts.dropped += 1
          try failIfStrict("telegram dropped: \(defect)")
          messages.say(
            .warning, "standard input", "telegram dropped: \(defect)", repeating: "dropped")
        }
        if output.text.count >= TelegramTranslator.blockSize { try flush() }
      }
      try failIfStrict(noise: framer.noiseCount)
    } catch {
      try flush()
      throw error
    }
    try flush()
  }

  /// Ends the periods at the end of the input, and writes their records.
  mutating func finish() throws {
    output.finish()
    try flush()
  }

  private mutating func flush() throws {
    defer { output.removeText() }
    if !output.text.isEmpty { try FileDescriptor.standardOutput.write(all: output.text.span) }
  }

  private mutating func translate(_ telegram: Framer.Telegram) throws {
    let bytes = framer.bytes
    let lengthBefore = output.writer.text.count
    do {
      try parser.parse(
        bytes.span.extracting(telegram.range), receivedAt: telegram.receivedAt,
        isDamaged: telegram.isDamaged, into: &output.writer)
    } catch {
      throw specifications.failure(error)
    }
    counts.telegrams += 1
    if readings != nil {
      let text = output.writer.text
      readings?.add(text.span.extracting(lengthBefore...))
    }
    if let lead = parser.clockLead, let warning = clockWarning?.update(lead: lead) {
      // With two meters in one stream, one clock may be right and the other one wrong.
      let kind = clockWarning?.isActive ?? false ? "clock wrong" : "clock right"
      messages.say(.warning, "standard input", warning, repeating: kind)
    }
    do {
      for finding in parser.findings { try log(finding) }
    } catch {
      output.writer.removeAll(after: lengthBefore)
      throw error
    }
    output.endTelegram(ofShape: parser.knownShape)
  }

  private mutating func log(_ finding: TelegramParser.Finding) throws {
    switch finding {
    case .unreadable(let line):
      try failIfStrict("line dropped: \(line)")
      counts.unreadableLines += 1
      messages.say(.info, "standard input", "line dropped: \(line)")
    case .repeated(let line):
      messages.say(.info, "standard input", "line with a repeated value dropped: \(line)")
    case .unknown(let code):
      counts.unknownLines += 1
      guard unknownCodes.count < TelegramTranslator.maximumUnknownCodes,
        unknownCodes.insert(code).inserted
      else {
        return
      }
      messages.say(
        .notice, "standard input",
        "no metric for code \(code); use --all to include it, or see p1spec(5)")
    case .patternTooSlow(let code):
      let reason = "line dropped: the pattern for code \(code) takes too long"
      try failIfStrict(reason)
      counts.unreadableLines += 1
      messages.say(.warning, "standard input", reason, repeating: "slow pattern \(code)")
    case .unknownVersion(let unknown):
      counts.unknownVersions += 1
      guard isStrict || counts.unknownVersions.isPowerOfTen else { return }
      let failure = specifications.failure(unknown)
      try failIfStrict(failure.reason)
      messages.say(.warning, nil, failure.reason)
      let telegrams = counted(counts.unknownVersions, "telegram")
      messages.say(
        .warning, nil, "\(telegrams) of an unknown version read with the built-in specification")
    case .untimed:
      guard !hasLoggedMissingTime else { return }
      hasLoggedMissingTime = true
      messages.say(
        .notice, "standard input",
        "telegrams have no time and no stamp, so records have no timestamp; use p1cat --stamp")
    }
  }

  private func failIfStrict(_ reason: String) throws {
    if isStrict { throw Failure("standard input", reason, .badData) }
  }

  private func failIfStrict(noise count: Int) throws {
    guard count > 0, isStrict else { return }
    let noise = "\(counted(count, "byte")) outside telegrams"
    try failIfStrict(counts.telegrams > 0 ? noise : "\(noise); it looks like \(streamKind)")
  }
}

extension Int {
  /// Whether this is 1, 10, 100 and so on.
  fileprivate var isPowerOfTen: Bool {
    var rest = self
    while rest > 1, rest.isMultiple(of: 10) { rest /= 10 }
    return rest == 1
  }
}
