import CommandLine
import Metrics
import Records
import SystemPackage
import Telegrams

/// The way from standard input to standard output: telegrams in, records out.
struct Translator {
  private let messages: Messages
  private let isStrict: Bool
  /// Telegrams stay in a pipe until their records are written: p1parse that is started again after a
  /// kill finds them there. Nil where the input is no pipe.
  private let pipe = PeekedPipe()
  private var framer: Framer
  private var parser: TelegramParser
  private var writer: RecordWriter
  private let specifications: SpecificationPath
  private var clockWarning: ClockWarning?
  private var byteCount = 0
  /// The first bytes of the input, until a telegram was found.
  private var firstBytes: [UInt8] = []
  private var telegramCount = 0
  private var droppedCount = 0
  private var unreadableCount = 0
  private var unknownCount = 0
  private var unknownVersionCount = 0
  /// The codes without a metric that were named.
  private var unknownCodes: Set<OBISCode> = []
  private var hasSaidUntimed = false

  /// So many bytes of records are written at once, at most a record more.
  private static let blockSize = 64 * 1024
  /// So many codes are told apart; a hostile input can name more than memory holds.
  private static let maximumUnknownCodes = 1024

  init(
    _ framer: Framer, _ parser: TelegramParser, _ writer: RecordWriter,
    _ specifications: SpecificationPath, isStrict: Bool, messages: Messages
  ) {
    self.specifications = specifications
    // With times of receipt, nothing depends on the clock.
    clockWarning = parser.options.timeSource == .meter ? ClockWarning() : nil
    self.framer = framer
    self.parser = parser
    self.writer = writer
    self.isStrict = isStrict
    self.messages = messages
  }

  /// Translates what the input holds now, waiting for something where it holds nothing.
  ///
  /// - Returns: how many bytes it held, 0 at its end; nil where a signal came in between.
  /// - Throws: `Failure`, with everything before it written.
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
    noteFirst(count)
    try translate(atEnd: count == 0)
    pipe?.take(count)
    if count > 0 { StartMemory.giveBackOnceRunning() } else { try judgeWhole() }
    return count
  }

  /// Keeps the first bytes of the input, as they tell what it is where it holds no telegram.
  private mutating func noteFirst(_ count: Int) {
    byteCount += count
    guard telegramCount == 0, firstBytes.count < StreamKind.length else { return }
    firstBytes += framer.bytes.suffix(count).prefix(StreamKind.length - firstBytes.count)
  }

  /// What the input looks like.
  private var kind: StreamKind { StreamKind(firstBytes.span) }

  /// Says at the end of the input that there was no telegram in it.
  private func judgeWhole() throws {
    let kind = kind
    // Of telegrams that were all dropped, each was said already.
    guard byteCount > 0, telegramCount == 0, droppedCount == 0 || kind != .telegramLines else {
      return
    }
    let reason = "no telegram found; it looks like \(kind)"
    try refuse(reason)
    messages.say(.warning, "standard input", reason)
  }

  /// Tells the counters, as somebody asked for them.
  func tellCounters() {
    messages.answer(
      "standard input",
      """
      telegrams=\(telegramCount) records=\(writer.count) bytes=\(byteCount) \
      noise_bytes=\(framer.noiseCount) dropped=\(droppedCount) unreadable_lines=\(unreadableCount) \
      unknown_lines=\(unknownCount) unknown_versions=\(unknownVersionCount)
      """)
  }

  /// Turns to other specification files, for the telegrams that follow.
  mutating func use(_ files: SpecificationFiles) { parser.use(files) }

  /// Says what was left out, at the end.
  func report() {
    if framer.noiseCount > 0 {
      messages.say(
        .info, "standard input", "\(counted(framer.noiseCount, "byte")) outside telegrams")
    }
    if unknownCount > 0 {
      let lines = counted(unknownCount, "line")
      messages.say(
        .info, "standard input", "\(lines) with a code that there is no metric for (--all)")
    }
    if unreadableCount > 0 {
      let lines = counted(unreadableCount, "line")
      messages.say(.warning, "standard input", "\(lines) dropped that could not be read")
    }
  }

  private mutating func translate(atEnd: Bool) throws {
    do {
      while let event = framer.next(atEnd: atEnd) {
        try refuse(noise: framer.noiseCount)
        switch event {
        case .telegram(let telegram): try translate(telegram)
        case .dropped(let defect):
          droppedCount += 1
          try refuse("telegram dropped: \(defect)")
          messages.say(
            .warning, "standard input", "telegram dropped: \(defect)", repeating: "dropped")
        }
        if writer.text.count >= Translator.blockSize { try flush() }
      }
      try refuse(noise: framer.noiseCount)
    } catch {
      try flush()
      throw error
    }
    try flush()
  }

  private mutating func flush() throws {
    defer { writer.removeAll() }
    if !writer.text.isEmpty { try FileDescriptor.standardOutput.write(all: writer.text.span) }
  }

  private mutating func translate(_ telegram: Framer.Telegram) throws {
    let bytes = framer.bytes
    let before = writer.text.count
    do {
      try parser.parse(
        bytes.span.extracting(telegram.range), receivedAt: telegram.receivedAt,
        isDamaged: telegram.isDamaged, into: &writer)
    } catch {
      throw specifications.failure(error)
    }
    telegramCount += 1
    if let lead = parser.clockLead, let warning = clockWarning?.note(lead) {
      // Of two meters in one stream, one may be right all the time.
      let kind = clockWarning?.isOff ?? false ? "clock off" : "clock right"
      messages.say(.warning, "standard input", warning, repeating: kind)
    }
    do {
      for finding in parser.findings { try say(finding) }
    } catch {
      writer.removeAll(after: before)
      throw error
    }
  }

  private mutating func say(_ finding: TelegramParser.Finding) throws {
    switch finding {
    case .unreadable(let line):
      try refuse("line dropped: \(line)")
      unreadableCount += 1
      messages.say(.info, "standard input", "line dropped: \(line)")
    case .repeated(let line):
      messages.say(.info, "standard input", "line dropped, as its value was there before: \(line)")
    case .unknown(let code):
      unknownCount += 1
      guard unknownCodes.count < Translator.maximumUnknownCodes,
        unknownCodes.insert(code).inserted
      else {
        return
      }
      messages.say(.notice, "standard input", "no metric for code \(code)")
    case .patternTooSlow(let code):
      try refuse("the pattern for code \(code) takes too long on a line")
      unreadableCount += 1
      messages.say(
        .warning, "standard input",
        "line dropped: the pattern for code \(code) takes too long on it",
        repeating: "slow pattern \(code)")
    case .unknownVersion(let unknown):
      unknownVersionCount += 1
      guard isStrict || unknownVersionCount.isPowerOfTen else { return }
      let failure = specifications.failure(unknown)
      try refuse(failure.reason)
      messages.say(.warning, nil, failure.reason)
      messages.say(
        .warning, nil,
        """
        \(counted(unknownVersionCount, "telegram")) of such a version read by the built-in specification
        """)
    case .untimed:
      guard !hasSaidUntimed else { return }
      hasSaidUntimed = true
      messages.say(
        .notice, "standard input",
        "the telegrams do not say their time, and have no stamp: records without a timestamp")
    }
  }

  /// Ends where nothing may be left out.
  private func refuse(_ defect: String) throws {
    if isStrict { throw Failure("standard input", defect, .badData) }
  }

  private func refuse(noise count: Int) throws {
    guard count > 0, isStrict else { return }
    let noise = "\(counted(count, "byte")) outside telegrams"
    try refuse(telegramCount > 0 ? noise : "\(noise); it looks like \(kind)")
  }
}

extension Int {
  /// Whether it is 1, 10, 100 and so on.
  fileprivate var isPowerOfTen: Bool {
    var rest = self
    while rest > 1, rest.isMultiple(of: 10) { rest /= 10 }
    return rest == 1
  }
}
