import Foundation
import Records
import Telegrams
import TestValues
import Testing

/// Records are a function of the telegrams: not of how these come, nor of what stands between them.
@Suite struct PurityTests {
  /// The golden telegrams, a file each.
  private static let files: [[UInt8]] = {
    let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.filter { $0.hasSuffix(".p1") }.sorted().compactMap {
      (try? Data(contentsOf: directory.appending(path: $0))).map { [UInt8]($0) }
    }
  }()

  private static let options = TelegramParser.Options.with {
    $0.includesHistory = true
    $0.includesUnknown = true
    $0.addsNetPower = true
  }

  /// The records of a stream that comes in these pieces.
  private func records(_ pieces: [[UInt8]]) throws -> String {
    var framer = Framer()
    var parser = TelegramParser(PurityTests.options) { _ in nil }
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
    #expect(PurityTests.files.count > 40)
    let count = try records([PurityTests.files.flatMap { $0 }]).split(separator: "\n\n").count
    #expect(count > 250)
  }

  @Test func recordsAreTheSameInAnyPieces() throws {
    var generator = SeededGenerator(seed: 60)
    for file in PurityTests.files {
      let whole = try records([file])
      #expect(try records(file.map { [$0] }) == whole)
      for longest in [3, 17, 100, 1000] {
        #expect(try records(generator.pieces(of: file, longest: longest)) == whole)
      }
    }
  }

  /// So a year of captures can be parsed file by file, on as many cores as there are.
  @Test func recordsOfFilesAreThoseOfTheFilesInOne() throws {
    let apart = try PurityTests.files.map { try records([$0]) }.joined()
    #expect(try records([PurityTests.files.flatMap { $0 }]) == apart)
    #expect(try records([(PurityTests.files + PurityTests.files).flatMap { $0 }]) == apart + apart)
  }

  @Test func noiseBetweenTelegramsChangesNothing() throws {
    var generator = SeededGenerator(seed: 61)
    // Behind a telegram without `!` nothing tells what is noise.
    let files = PurityTests.files.filter { $0.contains(UInt8(ascii: "!")) }
    #expect(files.count == PurityTests.files.count - 1)
    let apart = try files.map { try records([$0]) }.joined()
    for _ in 0..<5 {
      var stream: [UInt8] = []
      for file in files {
        // Nothing that could begin a telegram, or be the rest of one.
        let noise = generator.bytes(0...200).filter { $0 & 0x7F != 0x2F && $0 != 0x21 }
        stream += "~".bytes + noise + "~\r\n".bytes + file
        if file.last != 0x0A { stream += "\r\n".bytes }
      }
      #expect(try records([stream]) == apart)
    }
  }

  /// A telegram that has a checksum is taken as it is, or not at all.
  @Test func damagedByteYieldsNoRecord() throws {
    var generator = SeededGenerator(seed: 62)
    let belgian = checkedTelegram(
      [
        "0-0:96.1.4(50217)", "0-0:1.0.0(230714183007S)", "1-0:1.6.0(230709191500S)(05.068*kW)",
        "1-0:1.7.0(00.212*kW)", "0-1:24.1.0(003)", "0-1:24.2.3(230714182503S)(01618.033*m3)",
      ], header: "/FLU5/X"
    ).bytes
    let mark = try #require(belgian.lastIndex(of: UInt8(ascii: "!")))
    let whole = try records([belgian])
    #expect(whole.split(separator: "\n\n").count == 3)
    for index in 0..<(mark + 1) {
      for _ in 0..<12 {
        var damaged = belgian
        damaged[index] ^= UInt8.random(in: 1...255, using: &generator)
        let records = try records([damaged])
        #expect(records == "", "byte \(index): \(damaged[index])")
      }
    }
  }
}
