import Console
import Records
import SystemPackage
import Telegrams

/// The way from standard input to standard output: telegrams in, records out.
struct Translator {
  private let messages: Messages
  private var parser: TelegramParser
  private var framer = Framer()
  private var writer = RecordWriter()
  private var unreadableCount = 0

  /// So many bytes of records are written at once, at most a record more.
  private static let blockSize = 64 * 1024

  init(_ parser: TelegramParser, messages: Messages) {
    self.parser = parser
    self.messages = messages
  }

  /// Translates what the input holds now, waiting for something where it holds nothing.
  ///
  /// - Returns: how many bytes it held, 0 at its end; nil where a signal came in between.
  /// - Throws: `Failure`, with everything before it written.
  mutating func translateNext() throws -> Int? {
    let count: Int
    do throws(Errno) {
      count = try framer.fill { room throws(Errno) in
        try FileDescriptor.standardInput.read(into: &room)
      }
    } catch .interrupted {
      return nil
    } catch {
      throw Failure("standard input", error)
    }
    try translate(atEnd: count == 0)
    return count
  }

  /// Translates what has come, and ends there.
  mutating func finish() throws {
    try translate(atEnd: true)
  }

  /// Says what was left out, at the end.
  func report() {
    if framer.noiseCount > 0 {
      messages.say(
        .info, "standard input", "\(counted(framer.noiseCount, "byte")) outside telegrams")
    }
    if unreadableCount > 0 {
      let lines = counted(unreadableCount, "line")
      messages.say(.warning, "standard input", "\(lines) dropped that could not be read")
    }
  }

  private mutating func translate(atEnd: Bool) throws {
    defer { writer.removeAll() }
    while let event = framer.next(atEnd: atEnd) {
      switch event {
      case .telegram(let telegram):
        let bytes = framer.bytes
        do {
          try parser.parse(
            bytes.span.extracting(telegram.range), receivedAt: telegram.receivedAt, into: &writer)
        } catch {
          try FileDescriptor.standardOutput.write(all: writer.text.span)
          throw error
        }
        say(parser.findings)
      case .dropped(let defect):
        messages.say(
          .warning, "standard input", "telegram dropped: \(defect)", repeating: "dropped")
      }
      if writer.text.count >= Translator.blockSize {
        try FileDescriptor.standardOutput.write(all: writer.text.span)
        writer.removeAll()
      }
    }
    if !writer.text.isEmpty { try FileDescriptor.standardOutput.write(all: writer.text.span) }
  }

  private mutating func say(_ findings: [TelegramParser.Finding]) {
    for finding in findings {
      switch finding {
      case .unknown(let code):
        messages.say(.notice, "standard input", "no metric for code \(code)")
      case .unreadable(let line):
        unreadableCount += 1
        messages.say(.info, "standard input", "line dropped: \(line)")
      }
    }
  }
}
