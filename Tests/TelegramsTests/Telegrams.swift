import Metrics
import Records
import Telegrams
import TestValues

/// What a framer found, with the bytes of each telegram.
enum Found: Equatable {
  case telegram(String, receivedAt: Timestamp?)
  case dropped(Framer.Defect)

  var isTelegram: Bool {
    if case .telegram = self { true } else { false }
  }
}

extension [Found] {
  /// The telegrams alone.
  var telegrams: [Found] { filter(\.isTelegram) }
}

extension Framer {
  /// Takes in one piece.
  mutating func take(_ piece: [UInt8]) {
    _ = fill(capacity: piece.count) { room in
      for byte in piece { room.append(byte) }
    }
  }

  /// What is found now.
  mutating func found(atEnd: Bool) -> [Found] {
    var found: [Found] = []
    while let event = next(atEnd: atEnd) {
      switch event {
      case .telegram(let telegram):
        let latin1 = String(
          String.UnicodeScalarView(bytes[telegram.range].map { Unicode.Scalar($0) }))
        found.append(.telegram(latin1, receivedAt: telegram.receivedAt))
      case .dropped(let defect):
        found.append(.dropped(defect))
      }
    }
    return found
  }

  /// What a stream that comes in these pieces holds.
  static func found(in pieces: [[UInt8]]) -> [Found] {
    var framer = Framer()
    var found: [Found] = []
    for piece in pieces {
      framer.take(piece)
      found += framer.found(atEnd: false)
    }
    return found + framer.found(atEnd: true)
  }
}

/// A telegram of these lines, each ended by CR LF.
func telegram(
  _ lines: [String], header: String = #"/TST5\2T"#, end: String = "!"
) -> String {
  "\(header)\r\n\r\n" + lines.map { "\($0)\r\n" }.joined() + end
    + (end.isEmpty ? "" : "\r\n")
}

/// The same with its checksum, as since DSMR 4.
func checkedTelegram(_ lines: [String], header: String = #"/TST5\2T"#) -> String {
  let body = telegram(lines, header: header).dropLast(1)  // CR LF is one character.
  let checksum = CRC16.checksum(Array(body.utf8).span)
  let digits = String(checksum, radix: 16, uppercase: true)
  return body + String(repeating: "0", count: 4 - digits.count) + digits + "\r\n"
}

/// What telegrams became.
struct Parsed: Equatable {
  var records = ""
  /// What was found besides, but for what is `isUntimed`.
  var findings: [TelegramParser.Finding] = []
  /// Whether it was said that there are records without an instant.
  var isUntimed = false
  /// The telegrams that were dropped, and why.
  var dropped: [Framer.Defect] = []

  /// - Parameters:
  ///   - stream: telegrams, and what stands between them.
  ///   - options: what is wanted of them.
  ///   - format: how the records are written.
  ///   - verifies: whether checksums decide.
  ///   - lookup: the specification file of a version.
  /// - Throws: what the parser throws.
  init(
    _ stream: [UInt8], _ options: TelegramParser.Options = .init(), format: RecordFormat = .lines,
    verifies: Bool = true, lookup: @escaping TelegramParser.Lookup = { _ in nil }
  ) throws {
    var framer = Framer(verifies: verifies)
    framer.take(verifies ? stream : Parsed.withoutChecksums(stream))
    var parser = TelegramParser(options, lookup: lookup)
    var writer = RecordWriter(format)
    while let event = framer.next(atEnd: true) {
      switch event {
      case .telegram(let telegram):
        let bytes = framer.bytes
        try parser.parse(
          bytes.span.extracting(telegram.range), receivedAt: telegram.receivedAt, into: &writer)
        isUntimed = isUntimed || parser.findings.contains(.untimed)
        findings += parser.findings.filter { $0 != .untimed }
      case .dropped(let defect):
        dropped.append(defect)
      }
    }
    records = writer.text.text
  }

  /// Stands in for `Framer(verifiesChecksums: false)`, the one thing that is missing for it: takes
  /// the checksums away, as in a telegram of DSMR 2.2.
  private static func withoutChecksums(_ stream: [UInt8]) -> [UInt8] {
    var rest: [UInt8] = []
    var isChecksum = false
    for byte in stream {
      if isChecksum, Unicode.Scalar(byte).properties.isASCIIHexDigit { continue }
      isChecksum = byte == UInt8(ascii: "!") && rest.last == UInt8(ascii: "\n")
      rest.append(byte)
    }
    return rest.last == UInt8(ascii: "!") ? rest + "\r\n".bytes : rest
  }
}

extension TelegramParser.Options {
  /// The options with these names.
  static func names(_ names: NameSet) -> TelegramParser.Options {
    with { $0.names = names }
  }

  /// Options with some of them set.
  static func with(_ set: (inout TelegramParser.Options) -> Void) -> TelegramParser.Options {
    var options = TelegramParser.Options()
    set(&options)
    return options
  }
}
