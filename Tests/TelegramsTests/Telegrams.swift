import Metrics
import Records
import Telegrams
import TestValues

/// An event of a framer, with the bytes of the telegram.
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
  /// Takes in a piece.
  mutating func take(_ piece: [UInt8]) { fill(with: piece.span) }

  /// The events that the bytes so far make.
  mutating func found(atEnd: Bool, isSourceLost: Bool = false) -> [Found] {
    var found: [Found] = []
    while let event = next(atEnd: atEnd, isSourceLost: isSourceLost) {
      switch event {
      case .telegram(let telegram):
        found.append(
          .telegram(Array(bytes[telegram.range]).latin1, receivedAt: telegram.receivedAt))
      case .dropped(let defect):
        found.append(.dropped(defect))
      }
    }
    return found
  }

  /// The events of a stream that arrives in pieces.
  static func found(
    in pieces: [[UInt8]], checksums: Checksums = .verified, hasSevenBits: Bool = false
  ) -> [Found] {
    var framer = Framer(checksums: checksums, hasSevenBits: hasSevenBits)
    var found: [Found] = []
    for piece in pieces {
      framer.take(piece)
      found += framer.found(atEnd: false)
    }
    return found + framer.found(atEnd: true)
  }
}

/// The events of a stream that arrives in one piece.
func found(_ stream: String, checksums: Framer.Checksums = .verified) -> [Found] {
  Framer.found(in: [stream.bytes], checksums: checksums)
}

func taken(_ telegram: String, _ receivedAt: Timestamp? = nil) -> Found {
  .telegram(telegram, receivedAt: receivedAt)
}

func taken(_ telegram: [UInt8]) -> Found { taken(telegram.latin1) }

extension [UInt8] {
  /// The bytes as characters, one for each.
  var latin1: String { String(String.UnicodeScalarView(map { Unicode.Scalar($0) })) }

  /// The bytes up to a `!` with the checksum of them, and the line end.
  var checked: [UInt8] {
    let digits = String(CRC16.checksum(span), radix: 16, uppercase: true)
    return self + (String(repeating: "0", count: 4 - digits.count) + digits + "\r\n").utf8
  }

  /// The bytes with even parity bits: sent as 7E1, read as 8N1.
  var withParity: [UInt8] {
    map { $0.nonzeroBitCount.isMultiple(of: 2) ? $0 : $0 | 0x80 }
  }
}

/// A telegram of these lines, each ended by CR LF.
func telegram(
  _ lines: [String], header: String = #"/TST5\2T"#, end: String = "!"
) -> String {
  "\(header)\r\n\r\n" + lines.map { "\($0)\r\n" }.joined() + end
    + (end.isEmpty ? "" : "\r\n")
}

/// A telegram with its checksum, as since DSMR 4.
func checkedTelegram(_ lines: [String], header: String = #"/TST5\2T"#) -> String {
  Array(telegram(lines, header: header).utf8.dropLast(2)).checked.text
}

/// The result of parsing a stream.
struct Parsed: Equatable {
  var records = ""
  /// Without ``TelegramParser/Finding/untimed``.
  var findings: [TelegramParser.Finding] = []
  /// Whether ``TelegramParser/Finding/untimed`` was among the findings.
  var isUntimed = false
  /// The defects of the dropped telegrams.
  var dropped: [Framer.Defect] = []

  init(
    _ stream: [UInt8], _ options: TelegramParser.Options = .init(), format: RecordFormat = .lines,
    checksums: Framer.Checksums = .verified,
    files: SpecificationFiles = SpecificationFiles()
  ) throws {
    var framer = Framer(checksums: checksums)
    framer.take(stream)
    var parser = TelegramParser(options, files: files)
    var writer = RecordWriter(format)
    while let event = framer.next(atEnd: true) {
      switch event {
      case .telegram(let telegram):
        let bytes = framer.bytes
        try parser.parse(
          bytes.span.extracting(telegram.range), receivedAt: telegram.receivedAt,
          isDamaged: telegram.isDamaged, into: &writer)
        isUntimed = isUntimed || parser.findings.contains(.untimed)
        findings += parser.findings.filter { $0 != .untimed }
      case .dropped(let defect):
        dropped.append(defect)
      }
    }
    records = writer.text.text
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

extension SpecificationFiles {
  /// The file with this text, for one version or for all.
  init(_ text: String, version: String? = nil) throws {
    let entries = try SpecificationReader.entries(of: text.bytes)
    guard let version else {
      self.init(forAll: entries)
      return
    }
    self.init()
    self[version] = entries
  }
}
