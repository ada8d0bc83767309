import Records
import Telegrams
import Metrics
import TestValues
import Testing

/// Records depend on the telegrams alone, not on the pieces in which they arrive or on the noise
/// between them.
@Suite struct PurityTests {
  private static let options = TelegramParser.Options.with {
    $0.includesHistory = true
    $0.includesUnknown = true
    $0.addsNetPower = true
  }

  /// The records of a stream that arrives in pieces.
  private func records(_ pieces: [[UInt8]]) throws -> String {
    var framer = Framer()
    var parser = TelegramParser(PurityTests.options)
    var writer = RecordWriter()
    for (index, piece) in pieces.enumerated() {
      framer.take(piece)
      while let event = framer.next(atEnd: index == pieces.count - 1) {
        guard case .telegram(let telegram) = event else { continue }
        let bytes = framer.bytes
        try parser.parse(
          bytes.span.extracting(telegram.range), receivedAt: telegram.receivedAt, into: &writer)
      }
    }
    return writer.text.text
  }

  @Test func thereIsEnoughToCompare() throws {
    #expect(GoldenFile.all.count > 40)
    let count = try records([GoldenFile.all.flatMap { $0 }]).split(separator: "\n\n").count
    #expect(count > 250)
  }

  @Test func recordsAreTheSameInAnyPieces() throws {
    var generator = SeededGenerator(seed: 60)
    for file in GoldenFile.all {
      let whole = try records([file])
      #expect(try records(file.map { [$0] }) == whole)
      for longest in [3, 17, 100, 1000] {
        #expect(try records(generator.pieces(of: file, longest: longest)) == whole)
      }
    }
  }

  /// So a year of captures can be parsed file by file, in parallel.
  @Test func recordsOfFilesAreThoseOfTheFilesInOne() throws {
    let apart = try GoldenFile.all.map { try records([$0]) }.joined()
    #expect(try records([GoldenFile.all.flatMap { $0 }]) == apart)
    #expect(try records([(GoldenFile.all + GoldenFile.all).flatMap { $0 }]) == apart + apart)
  }

  @Test func noiseBetweenTelegramsChangesNothing() throws {
    var generator = SeededGenerator(seed: 61)
    // After a telegram without `!`, noise cannot be told from its lines.
    let files = GoldenFile.all.filter { $0.contains(UInt8(ascii: "!")) }
    #expect(files.count == GoldenFile.all.count - 1)
    let apart = try files.map { try records([$0]) }.joined()
    for _ in 0..<5 {
      var stream: [UInt8] = []
      for file in files {
        // Noise that can neither begin nor continue a telegram.
        let noise = generator.bytes(0...200).filter { $0 & 0x7F != 0x2F && $0 != 0x21 }
        stream += "~".bytes + noise + "~\r\n".bytes + file
        if file.last != 0x0A { stream += "\r\n".bytes }
      }
      #expect(try records([stream]) == apart)
    }
  }

  /// With all options and all golden telegrams.
  @Test func noRecordHasAKeyTwice() throws {
    var generator = SeededGenerator(seed: 63)
    let lines = GoldenFile.all.flatMap { $0.split(separator: 0x0A) }.filter { $0.contains(0x28) }
    for names in NameSet.allCases {
      var parser = TelegramParser(
        .with {
          $0 = PurityTests.options
          $0.names = names
        }
      )
      for _ in 0..<800 {
        var telegram = "/TST5\n\n".bytes
        for _ in 0..<30 { telegram += (lines.randomElement(using: &generator) ?? []) + [0x0A] }
        telegram += "!\n".bytes
        var writer = RecordWriter()
        try? parser.parse(telegram.span, receivedAt: nil, into: &writer)
        for record in writer.text.text.split(separator: "\n\n") {
          let keys = record.split(separator: "\n").map { $0.prefix { $0 != "=" } }
          #expect(Set(keys).count == keys.count, "\(record)")
          for key in keys {
            let isKey = RecordKey.isValid(String(key).bytes.span)
            #expect(isKey, "\(key)")
          }
        }
      }
    }
  }
}
