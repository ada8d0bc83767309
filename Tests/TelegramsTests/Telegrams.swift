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
  mutating func take(_ piece: [UInt8]) { fill(with: piece.span) }

  /// What is found now.
  mutating func found(atEnd: Bool, isTorn: Bool = false) -> [Found] {
    var found: [Found] = []
    while let event = next(atEnd: atEnd, isTorn: isTorn) {
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

  /// What a stream that comes in these pieces holds.
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

/// What a stream that comes in one piece holds.
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

  /// The bytes as a line of 7 bits and even parity shows them.
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

/// The same with its checksum, as since DSMR 4.
func checkedTelegram(_ lines: [String], header: String = #"/TST5\2T"#) -> String {
  Array(telegram(lines, header: header).utf8.dropLast(2)).checked.text
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
  ///   - checksums: whether they decide.
  ///   - files: the specification files that there are.
  /// - Throws: what the parser throws.
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
  /// One file, for one version or for all.
  init(_ text: String, version: String? = nil) throws {
    let entries = try SpecificationFile.entries(of: text.bytes)
    guard let version else {
      self.init(forAll: entries)
      return
    }
    self.init()
    self[version] = entries
  }
}
