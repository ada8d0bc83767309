import DLMS
import Delivery
import Encryption
import Records

@testable import Telegrams

/// The entry point of libFuzzer. The first byte of an input selects the reader for the rest.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
  switch input.first {
  case UInt8(ascii: "c"): findCheckedPushes(Array(input.dropFirst()))
  case UInt8(ascii: "d"): findPushes(Array(input.dropFirst()))
  case UInt8(ascii: "e"): decrypt(Array(input.dropFirst()))
  case UInt8(ascii: "f"): readFile(Array(input.dropFirst()))
  case UInt8(ascii: "l"): _ = try? ListDefinitionReader.definitions(of: Array(input.dropFirst()))
  case UInt8(ascii: "p"): match(Array(input.dropFirst()))
  case UInt8(ascii: "r"): readRecords(Array(input.dropFirst()))
  case UInt8(ascii: "s"): readSpool(Array(input.dropFirst()))
  case UInt8(ascii: "t"): readTelegram(Array(input.dropFirst()))
  case UInt8(ascii: "v"): readPush(Array(input.dropFirst()))
  default: break
  }
  return 0
}

/// Frames that a stream is made of, some of them without a system title.
private let frames: [[UInt8]] = {
  guard let key = MeterKey(hexadecimal: "000102030405060708090A0B0C0D0E0F") else { return [] }
  var encryption = FrameEncryption(key: key)
  var body = [UInt8]("/FUZ5\r\n\r\n1-0:1.7.0(00.321*kW)\r\n!".utf8)
  body += [UInt8](CRC16.checksum(body.span).hexadecimal.utf8) + [13, 10]
  return (0..<4).compactMap { _ in try? encryption.frame(of: body) } + [body]
}()

/// A stream that an input describes. Bytes from 0xF0 on stand for a frame, or for the beginning of one whose length
/// follows.
func stream(of frames: [[UInt8]], by input: [UInt8]) -> [UInt8] {
  var stream: [UInt8] = []
  var index = 0
  while index < input.count {
    let byte = input[index]
    index += 1
    guard byte >= 0xF0 else {
      stream.append(byte)
      continue
    }
    let frame = frames[Int(byte & 7) % frames.count]
    let isCut = byte & 8 != 0 && index < input.count
    stream += isCut ? frame.prefix(Int(input[index])) : frame[...]
    if isCut { index += 1 }
  }
  return stream
}

/// Decrypts a stream in one piece and byte by byte: both must give the same.
private func decrypt(_ input: [UInt8]) {
  let stream = stream(of: frames, by: input)
  guard let file = try? KeyFile([UInt8]("000102030405060708090A0B0C0D0E0F".utf8), path: "") else {
    preconditionFailure("there is a key")
  }
  let choice = input.first ?? 0
  let policy = DecryptionPolicy(
    requiresTag: choice & 1 != 0, rejectsReplays: choice & 2 != 0, acceptsDamage: choice & 4 != 0)
  func decrypted(by size: Int) -> (output: [UInt8], count: Int) {
    var decryptor = Decryptor(MeterKeys(encryption: file), policy)
    var output: [UInt8] = []
    for start in stride(from: 0, to: stream.count, by: size) {
      let piece = stream[start..<min(start + size, stream.count)]
      decryptor.add(piece.span, to: &output)
    }
    decryptor.finish(isLast: true, to: &output)
    return (output, decryptor.statistics.decrypted)
  }
  let whole = decrypted(by: max(1, stream.count))
  let single = decrypted(by: 1)
  precondition(whole.output == single.output && whole.count == single.count)
}

/// The telegram that specification files are applied to.
private let telegram = [UInt8](
  """
  /FUZ5\r
  \r
  1-3:0.2.8(50)\r
  0-0:1.0.0(240630235959S)\r
  1-0:1.8.1(001234.567*kWh)\r
  1-0:1.7.0(00.321*kW)\r
  0-0:96.13.0(4B38 and more)\r
  0-1:24.1.0(003)\r
  0-1:24.2.1(240630235502S)(00005.500*m3)\r
  0-1:24.3.0(110315140000)(00)(60)(1)(0-1:24.2.1)(m3)\r
  (00821.417)\r
  !\r

  """.utf8)

/// Reads a specification file, and parses a telegram by it twice, the second time by template.
private func readFile(_ text: [UInt8]) {
  guard let entries = try? SpecificationReader.entries(of: text) else { return }
  parse(telegram, by: SpecificationFiles(forAll: entries))
}

/// Parses a telegram of arbitrary lines by a fixed specification file.
private func readTelegram(_ lines: [UInt8]) {
  let file = #"""
    {"1-0:1.8.1": ["d", "a", "^.*\((.*)\*kWh\)"], "1-0:1.7.0": ["d", "b", r"\((\d+)\.", "number"],
     "0-n:24.2.1": ["d", "c", r"^.*?\((.*)\)$", "built-in"], "0-0:96.13.0": ["d", "e", "((a|b)+)+x", "hex"],
     "0-0:1.0.0": ["d", "timestamp", "\((.*)\)"], "1-0:2.7.0": ["d", "f", "(.*)\*", "number W"],
     "0-0:96.14.0": ["d", "g", "\((.*)\)", "timestamp"]}
    """#
  guard let entries = try? SpecificationReader.entries(of: [UInt8](file.utf8)) else {
    preconditionFailure("the file is one")
  }
  parse([UInt8]("/FUZ5\r\n\r\n".utf8) + lines, by: SpecificationFiles(forAll: entries))
}

func parse(_ telegram: [UInt8], by files: SpecificationFiles) {
  var parser = TelegramParser(files: files)
  var first = RecordWriter()
  var second = RecordWriter()
  try? parser.parse(telegram.span, receivedAt: nil, into: &first)
  try? parser.parse(telegram.span, receivedAt: nil, into: &second)
  precondition(first.text == second.text)
}

/// Matches a line, which follows the pattern and a line feed: both matchers must find the same.
private func match(_ input: [UInt8]) {
  let parts = input.split(
    separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
  guard let pattern = String(validating: parts[0], as: UTF8.self),
    pattern.utf8.count <= LinePattern.maximumLength,
    let read = try? RegexParser.read(pattern)
  else {
    return
  }
  let line = (parts.count > 1 ? Array(parts[1]) : []).filter { $0 != 0x0A && $0 != 0x0D }
  var regexSteps = LinePattern.maximumSteps / 64
  let found = RegexMatcher(read.pattern).match(line.span, stepsLeft: &regexSteps)
  guard read.groupCount > 0, let direct = RunMatcher(read.pattern) else { return }
  var steps = LinePattern.maximumSteps
  let match = direct.match(line.span, digitsStart: 0, stepsLeft: &steps)
  precondition(regexSteps == 0 || steps == 0 || found == match.value)
}

/// Reads records in one chunk and byte by byte: both must give the same events.
private func readRecords(_ text: [UInt8]) {
  func events(in pieces: [ArraySlice<UInt8>]) -> [RecordReader.Event] {
    var reader = RecordReader()
    var events: [RecordReader.Event] = []
    for piece in pieces { reader.read(Array(piece).span) { events.append($0) } }
    reader.finish { events.append($0) }
    return events
  }
  let whole = events(in: [text[...]])
  precondition(events(in: text.indices.map { text[$0...$0] }) == whole)
  for case .record(let record) in whole {
    precondition(Record(record.text) == record)
    if let (one, two) = record.halved() {
      precondition(one.timestamp == record.timestamp && two.timestamp == record.timestamp)
    }
  }
}

/// Opens a spool whose segments are the parts of the text between bytes 0xFF. It must return only
/// valid records, and the one that was added.
private func readSpool(_ text: [UInt8]) {
  let parts = text.split(separator: 0xFF, omittingEmptySubsequences: false)
  let named = parts.enumerated().map { place, text in
    (String(repeating: "0", count: 15) + String(place % 10), Array(text))
  }
  let files = MemoryFiles(Dictionary(named) { first, _ in first })
  let now = ContinuousClock.now
  let limits = SpoolLimits(capacity: 1 << 20, memory: 16 << 20, sync: .seconds(5))
  guard var spool = try? Spool(files, limits, at: now),
    let added = Record([UInt8]("added=1\n".utf8))
  else {
    preconditionFailure("there is a spool")
  }
  spool.add(added, at: now)
  spool.store(at: now)
  var last: Record?
  while !spool.isEmpty {
    let batch = spool.batch(from: spool.first, count: 3, size: 1 << 16)
    precondition(!batch.records.isEmpty && batch.end > spool.first)
    for record in batch.records { precondition(Record(record.text) == record) }
    last = batch.records.last
    spool.remove(before: batch.end, rejected: 0)
  }
  precondition(last == added)
  spool.close(at: now)
  precondition(files.list(bad: false).isEmpty)
}
