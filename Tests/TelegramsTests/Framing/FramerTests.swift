import Records
import Telegrams
import TestValues
import Testing

@Suite struct FramerTests {
  private static let first = checkedTelegram([
    "1-3:0.2.8(50)", "0-0:1.0.0(240630235959S)", "1-0:1.7.0(00.321*kW)", "0-0:96.13.0(2F414243)",
  ])
  private static let second = checkedTelegram(
    [
      "1-3:0.2.8(50)", "0-0:1.0.0(240701000000S)", "1-0:1.7.0(00.322*kW)",
      "0-1:24.2.1(240630235502S)(01987.654*m3)",
    ], header: #"/ISk5\2/MT-7"#)
  private static let old = telegram([
    "1-0:1.8.1(00512.345*kWh)", "0-1:24.3.0(110315140000)(00)(60)(1)(0-1:24.2.1)(m3)",
    "(00821.417)",
  ])

  // MARK: - Telegrams

  @Test func telegramIsFoundWithAndWithoutAChecksum() {
    for telegram in [FramerTests.first, FramerTests.second, FramerTests.old] {
      #expect(found(telegram) == [taken(telegram)])
    }
  }

  @Test(arguments: [
    (4, "395D", true), (4, "395d", true), (4, "395E", false), (4, "95D3", false),
    (4, "0395D", false), (4, "XYZW", false), (4, "395D\0", true), (4, "395", false),
  ])
  func checksumDecides(_ digits: Int, _ printed: String, _ isTaken: Bool) {
    let telegram = "/ABC5TEST\r\n\r\n1-0:1.7.0(00.123*kW)\r\n!\(printed)\r\n"
    #expect(found(telegram).map(\.isTelegram) == [isTaken])
  }

  @Test func checksumMayLackItsLeadingZeros() throws {
    for number in 0..<1000 {
      let telegram = checkedTelegram(["1-0:1.7.0(\(number)*kW)"])
      guard let mark = telegram.range(of: "!0") else { continue }
      let short = telegram.replacing("!0", with: "!")
      #expect(found(short) == [taken(short)], "\(telegram[mark.lowerBound...])")
      return
    }
    Issue.record("no checksum begins with 0")
  }

  @Test func lineEndsThatAnEditorChangedStillGiveTheChecksum() {
    let edited = FramerTests.first.replacing("\r\n", with: "\n")
    #expect(found(edited) == [taken(edited)])
    let wrong = edited.replacing("00.321", with: "00.322")
    #expect(found(wrong).telegrams.isEmpty)
  }

  @Test func telegramOfDSMR22MayHaveNoEnd() {
    let lines = ["1-0:1.8.1(00512.345*kWh)", "1-0:1.7.0(0000.43*kW)"]
    let endless = telegram(lines, end: "")
    #expect(found(endless + endless) == [taken(endless), taken(endless)])
    // A telegram with a time or version must have a checksum, so this one is incomplete.
    for line in ["0-0:1.0.0(240630235959S)", "1-3:0.2.8(50)"] {
      let cut = telegram(lines + [line], end: "")
      #expect(found(cut + endless) == [.dropped(.cutShort), taken(endless)])
    }
    #expect(found(telegram([], end: "")) == [.dropped(.cutShort)])
    #expect(found(endless.dropLast(3).description) == [.dropped(.cutShort)])
  }

  @Test func sevenBitsWithParityAreReadAsEight() {
    #expect(Framer.found(in: [FramerTests.old.bytes.withParity]) == [taken(FramerTests.old)])
    let endless = telegram(["1-0:1.8.1(00512.345*kWh)"], end: "")
    let twice = (endless + endless).bytes.withParity
    #expect(Framer.found(in: [twice]) == [taken(endless), taken(endless)])
    // The checksum covers characters of 7 bits; its own digits have parity bits too.
    let checked = FramerTests.first + FramerTests.second
    #expect(
      Framer.found(in: [checked.bytes.withParity])
        == [taken(FramerTests.first), taken(FramerTests.second)])
    let wrong = FramerTests.first.replacing("00.321", with: "00.322").bytes.withParity
    #expect(!Framer.found(in: [wrong]).contains { $0.isTelegram })
  }

  /// The setting of 7 bits works for meters that send 7 or 8 bits, and with a checksum over either.
  @Test(arguments: [true, false]) func settingOfSevenBitsReadsEveryMeter(_ hasParity: Bool) {
    for telegram in [FramerTests.first, FramerTests.old] {
      let sent = hasParity ? telegram.bytes.withParity : telegram.bytes
      #expect(
        Framer.found(in: [sent + sent], hasSevenBits: true) == [taken(telegram), taken(telegram)])
    }
  }

  /// With the setting of 7 bits, a telegram with bytes above 0x7F keeps them if its checksum covers them.
  /// Without a checksum the top bits are cleared.
  @Test func topBitIsClearedUnlessTheChecksumCoversIt() {
    let eight =
      Array(#"/TST5\2T"#.utf8) + Array("\r\n\r\n0-0:96.13.0(".utf8)
      + [0xFF, 0xFF, 0xB3] + Array(")\r\n1-0:1.7.0(00.321*kW)\r\n!".utf8)
    #expect(Framer.found(in: [eight.checked], hasSevenBits: true) == [taken(eight.checked)])
    let unchecked = eight + "\r\n".utf8
    #expect(Framer.found(in: [unchecked]) == [taken(unchecked)])
    #expect(
      Framer.found(in: [unchecked], hasSevenBits: true) == [taken(unchecked.map { $0 & 0x7F })])
  }

  /// No meter prints a zero; a break condition on the line is read as one.
  @Test func zeroIsDamage() {
    let zero = FramerTests.old.replacing("512", with: "5\02")
    #expect(found(zero) == [.dropped(.damagedByte)])
    #expect(found(zero.replacing("!\r\n", with: "")) == [.dropped(.damagedByte)])
    #expect(found(zero, checksums: .ignored) == [taken(zero)])
  }

  /// Without a checksum, parity is the only sign of damage.
  @Test func wrongParityIsDamage() {
    let next = FramerTests.old.replacing("821", with: "822")
    for end in [FramerTests.old, telegram(["1-0:1.8.1(00512.345*kWh)"], end: "")] {
      for index in end.utf8.indices.dropFirst() where end.utf8[index] > 0x20 {
        var damaged = end.bytes.withParity
        damaged[end.utf8.distance(from: end.startIndex, to: index)] ^= 1
        let found = Framer.found(in: [damaged + next.bytes.withParity])
        #expect(found.telegrams == [taken(next)], "\(index): \(found)")
      }
    }
    var damaged = FramerTests.old.bytes.withParity
    damaged[60] ^= 1
    #expect(Framer.found(in: [damaged]) == [.dropped(.damagedByte)])
    #expect(Framer.found(in: [damaged], checksums: .ignored).contains { $0.isTelegram })
  }

  /// A source that fails leaves an incomplete telegram, which may end with a complete line.
  @Test func telegramOfDSMR22ThatWasTornOffIsNone() {
    let lines = ["1-0:1.8.1(00512.345*kWh)", "1-0:1.7.0(0000.43*kW)"]
    let endless = telegram(lines, end: "")
    for rest in [endless, String(endless.dropLast(3))] {
      var framer = Framer()
      framer.take((FramerTests.old + rest).bytes)
      #expect(
        framer.found(atEnd: true, isSourceLost: true) == [
          taken(FramerTests.old), .dropped(.cutShort),
        ])
    }
    // If checksums are ignored, it is accepted.
    var lenient = Framer(checksums: .ignored)
    lenient.take(endless.bytes)
    #expect(lenient.found(atEnd: true, isSourceLost: true) == [taken(endless)])
    // With its `!` it is complete.
    var framer = Framer()
    framer.take(FramerTests.old.bytes)
    #expect(framer.found(atEnd: true, isSourceLost: true) == [taken(FramerTests.old)])
  }

  @Test func headerMayFollowAnotherHeader() {
    let run = FramerTests.first.dropLast(1) + FramerTests.second
    #expect(
      found(String(run)) == [
        taken(String(FramerTests.first.dropLast(1))), taken(FramerTests.second),
      ])
  }

  // MARK: - The time of receipt

  @Test func stampIsTheTimeOfReceipt() {
    let instant = Timestamp(seconds: 1_795_428_000, nanoseconds: 123_000_000)
    let stamp = "#2026-11-23T10:00:00.123Z\n"
    #expect(found(stamp + FramerTests.old) == [taken(FramerTests.old, instant)])
    #expect(found(stamp + "\r\n" + FramerTests.old) == [taken(FramerTests.old, instant)])
    #expect(
      found(stamp + FramerTests.old + FramerTests.old) == [
        taken(FramerTests.old, instant), taken(FramerTests.old),
      ])
    #expect(found(stamp + "noise\n" + FramerTests.old) == [taken(FramerTests.old)])
    #expect(found("#yesterday\n" + FramerTests.old) == [taken(FramerTests.old)])
    // The stamp of a dropped telegram does not apply to the next one.
    let wrong = FramerTests.first.replacing("00.321", with: "00.322")
    #expect(found(stamp + wrong + FramerTests.old).last == taken(FramerTests.old))
  }

  /// Stamped telegrams without `!`, as p1cat writes them.
  @Test func stampEndsATelegramWithoutMark() {
    let instant = Timestamp(seconds: 1_795_428_000)
    let stamp = "#2026-11-23T10:00:00Z\n"
    let endless = telegram(["1-0:1.8.1(00512.345*kWh)"], end: "")
    #expect(
      found(stamp + endless + stamp + endless) == [
        taken(endless, instant), taken(endless, instant),
      ])
    let long = telegram(["0-0:1.0.0(240630235959S)"], end: "")
    #expect(found(long + stamp + endless) == [.dropped(.cutShort), taken(endless, instant)])
    // Only a valid stamp counts.
    let other = telegram(["1-0:1.8.1(00512.345*kWh)", "#1", "1-0:1.7.0(1*kW)"], end: "")
    #expect(found(other) == [taken(other)])
  }

  @Test func noiseIsCounted() {
    var framer = Framer()
    framer.take("noise\r\n#2026-11-23T10:00:00Z\n\n\(FramerTests.first)\r\nxx".bytes)
    _ = framer.found(atEnd: true)
    #expect(framer.noiseCount == 9)
  }

  // MARK: - Pieces of any size

  private static let noisyStream =
    ("tail)\r\n!12\r\n#2026-11-23T10:00:00Z\n" + first + "\0\0 \n/\nnoise / and [/ABC] \u{1}\n"
    + second
    + "!\r\n" + old + "half 0-0:1.0.0(" + first.prefix(70)).bytes

  @Test func eventsAreTheSameAtEverySplit() {
    let stream = FramerTests.noisyStream
    let whole = Framer.found(in: [stream])
    #expect(whole.telegrams.count == 3)
    for split in stream.indices {
      let found = Framer.found(in: [Array(stream[..<split]), Array(stream[split...])])
      if found != whole { Issue.record("at \(split): \(found)") }
    }
  }

  @Test func longNoiseWithoutALineEndCostsNoTelegram() {
    let most = Framer.maximumTelegramLength
    for length in [most - 60, most - 3, most - 2, most - 1, most, most + 1, 2 * most, 40_000] {
      let noise = [UInt8](repeating: UInt8(ascii: "~"), count: length)
      let stream = noise + FramerTests.first.bytes
      for size in [997, most - 1, most, most + 1, most + 3, stream.count] {
        let pieces = stride(from: 0, to: stream.count, by: size).map {
          Array(stream[$0..<min(stream.count, $0 + size)])
        }
        #expect(Framer.found(in: pieces) == [taken(FramerTests.first)], "\(length) by \(size)")
      }
    }
  }

  // MARK: - Damage

  @Test func prefixOfATelegramIsDropped() {
    for telegram in [FramerTests.first, FramerTests.second] {
      let bytes = telegram.bytes
      for end in 0..<(bytes.count - 2) {
        let found = Framer.found(in: [Array(bytes[..<end])])
        #expect(found.telegrams.isEmpty, "of \(end) bytes")
        #expect(found.count == (end == 0 ? 0 : 1))
      }
      // It is complete without its line end.
      #expect(Framer.found(in: [bytes.dropLast(2)]).map(\.isTelegram) == [true])
    }
  }

  @Test func noiseDoesNotGrowMemory() {
    var generator = SeededGenerator(seed: 32)
    var framer = Framer()
    var most = 0
    var total = 0
    // By turns, each after a header: random lines, no line end, one line, lines without end.
    let kinds: [[UInt8]] = [
      generator.bytes(4000...4000), Array(repeating: UInt8(ascii: "x"), count: 4000),
      "/".bytes + Array(repeating: UInt8(ascii: "("), count: 3999),
      Array(repeating: 0x0A, count: 4000),
    ]
    while total < 2_000_000 {
      let piece = kinds[total / 100_000 % kinds.count]
      framer.take(total.isMultiple(of: 100_000) ? "\n/ABC5\r\n".bytes + piece : piece)
      while framer.next() != nil {}
      most = max(most, framer.bytes.count)
      total += piece.count
    }
    #expect(most <= Framer.maximumTelegramLength + 4000 + 16)
    framer.take("\r\n".bytes + FramerTests.first.bytes)
    #expect(framer.found(atEnd: true).last == taken(FramerTests.first))
  }

  /// Random bytes are framed alike however they arrive.
  @Test func randomBytesAreTelegramsOrNone() {
    var generator = SeededGenerator(seed: 33)
    for _ in 0..<1000 {
      for alphabet in [Array(0...255), "/!A5()\r\n#Z\u{0}".bytes + [0xAF]] {
        let bytes = generator.bytes(0...200, from: alphabet)
        #expect(
          Framer.found(in: generator.pieces(of: bytes, longest: 9)) == Framer.found(in: [bytes]))
      }
    }
  }

  @Test func defectsHaveMessages() {
    let words: [(Framer.Defect, String)] = [
      (
        .wrongChecksum(printed: 0x2F, computed: 0xABCD),
        "wrong checksum: 002F printed, ABCD computed"
      ),
      (.wrongChecksum(printed: nil, computed: 1), "unreadable checksum"),
      (.cutShort, "incomplete"), (.tooLong, "more than 16384 bytes"),
    ]
    for (defect, text) in words { #expect(defect.description == text) }
  }
}
