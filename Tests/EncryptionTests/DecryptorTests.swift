import CommandLine
import Telegrams
import TestValues
import Testing

@testable import Encryption

/// Encrypted frames in a stream.
@Suite struct DecryptorTests {
  private let keyLine = "404142434445464748494A4B4C4D4E4F"
  private let meter = EncryptedMeter()
  private var polish: EncryptedMeter {
    var meter = EncryptedMeter()
    meter.hasTitle = false
    return meter
  }

  /// The telegrams in a text, by their minutes.
  private func minutes(_ output: String) -> [Int] {
    var framer = Framer()
    framer.fill(with: Array(output.utf8).span)
    var found: [Int] = []
    while let event = framer.next(atEnd: true) {
      guard case .telegram(let telegram) = event else { continue }
      let text = String(decoding: framer.bytes[telegram.range], as: UTF8.self)
      // The digits of a checksum may have another case.
      found.append(
        (0..<60).first { number in
          SampleTelegram.numbered(number).prefix { $0 != "!" } == text.prefix { $0 != "!" }
        } ?? -1)
    }
    return found
  }

  /// Computed with the cryptography package of Python.
  @Test func anotherImplementationAgrees() throws {
    let vector = InitializationVector(
      title: SystemTitle(value: 0x5453_5450_3100_0007), counter: 0x0102_0304)
    let text = Array("1-0:1.7.0(00.321*kW)".utf8)
    let cipherText = try EncryptedMeter.key.applyKeystream(to: text, vector)
    let tag = try EncryptedMeter.key.tag(
      of: text, vector, control: 0x30,
      authenticationKey: MeterKey((0x60..<0x70).map { UInt8($0) }))
    let expected: [UInt8] = [
      0x15, 0x72, 0xB4, 0x60, 0x69, 0x2A, 0x69, 0xBD, 0xF8, 0xD1, 0xFA, 0xB2,
      0x23, 0x89, 0x5F, 0xF1, 0x03, 0x67, 0x2E, 0xB8,
    ]
    let expectedTag: [UInt8] = [
      0x8F, 0xF3, 0xBF, 0x01, 0xA7, 0xFA, 0x8C, 0x1C, 0xD7, 0xFF, 0x78, 0xA2,
    ]
    #expect(cipherText == expected && tag == expectedTag)
    #expect(try EncryptedMeter.key.applyKeystream(to: cipherText, vector) == text)
  }

  /// The example of the standard (DLMS UA 1000-2, edition 10, 9.2.7.2.4).
  @Test func theStandardAgrees() throws {
    let key = try #require(MeterKey(hexadecimal: "000102030405060708090A0B0C0D0E0F"))
    let vector = InitializationVector(
      title: SystemTitle(value: 0x4D4D_4D00_00BC_614E), counter: 0x0123_4567)
    let text = try #require([UInt8](hexadecimal: "C0010000080000010000FF0200".utf8))
    #expect(
      try key.applyKeystream(to: text, vector)
        == [UInt8](hexadecimal: "411312FF935A47566827C467BC".utf8))
    let tag = try key.tag(
      of: text, vector, control: 0x30,
      authenticationKey: MeterKey((0xD0...0xDF).map { UInt8($0) }))
    #expect(tag == [UInt8](hexadecimal: "7D825C3BE4A77C3FCC056B6B".utf8))
  }

  /// Frames between plain telegrams, as the port may be switched, and with false starts of frames.
  @Test(arguments: [1, 2, 3, 7, 13, 64, 700, 100_000])
  func piecesMakeNoDifference(_ size: Int) throws {
    let noise: [UInt8] = [
      0xDB, 0xDB, 8, 1, 2, 0xDB, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0x99, 0x2F, 0x0D,
    ]
    let plain = Array(SampleTelegram.numbered(3).utf8)
    let stream =
      noise + (try meter.frame(SampleTelegram.numbered(1), counter: 1)) + noise
      + (try meter.frame(SampleTelegram.numbered(2), counter: 2)) + plain
      + (try polish.polishTelegram(4, counter: 3)) + plain
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: stream, by: size)) == [1, 2, 3, 4, 3])
    #expect(decryptor.statistics.decrypted == 3 && decryptor.problem == nil)
  }

  /// What looks like a header behind a frame, and before the next one.
  @Test(arguments: [1, 7, 100_000])
  func slashBetweenFrames(_ size: Int) throws {
    let stream =
      try meter.frame(SampleTelegram.numbered(1)) + [0x2F, 0xDB, 0x40, 8, 0x19]
      + meter.frame(SampleTelegram.numbered(2), counter: 2)
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: stream, by: size)) == [1, 2])
  }

  /// A frame whose tag is cut short, then a plain telegram.
  @Test(arguments: [1, 7, 100_000])
  func plainTelegramBehindACutTag(_ size: Int) throws {
    let frame = try meter.frame(SampleTelegram.numbered(1))
    let stream =
      Array(frame.dropLast(11)) + [0xDB, 8] + Array("\r\n\(SampleTelegram.numbered(2))".utf8)
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: Array(stream), by: size)) == [1, 2])
  }

  /// Telegrams that lose their last bytes, and noise, before a Polish telegram and before a plain one.
  @Test(arguments: [1, 7, 100_000])
  func intactTelegramsAfterDamage(_ size: Int) throws {
    let telegrams = [
      (1, try meter.frame(SampleTelegram.numbered(1))), (2, try polish.polishTelegram(2)),
      (3, Array(SampleTelegram.numbered(3).utf8)),
    ]
    for (_, telegram) in telegrams {
      for lost in Array(0...20) + [100, telegram.count - 1] {
        for (number, next) in telegrams {
          let stream = telegram[..<(telegram.count - lost)] + next + telegrams[2].1
          var decryptor = try Decryptor.with(keyLine)
          let found = minutes(decryptor.output(of: Array(stream), by: size))
          #expect(found.suffix(2) == [number, 3], "\(lost) bytes lost")
        }
      }
    }
  }

  @Test func withoutFramesAllBytesStay() throws {
    var generator = SeededGenerator(seed: 1)
    let bytes = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for size in [1, 100, 100_000] {
      var decryptor = try Decryptor.with(keyLine)
      var output: [UInt8] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        decryptor.add(bytes[start..<(start + size)].span, to: &output)
      }
      decryptor.finish(isLast: true, to: &output)
      #expect(output == bytes)
    }
  }

  /// A frame whose text has a length of each form: one byte, 0x81 and 0x82.
  @Test(arguments: [1, 6, 20])
  func lengthsOfEachForm(_ lines: Int) throws {
    let text = SampleTelegram.with(Array(repeating: "1-0:1.7.0(00.321*kW)", count: lines))
    let frame = try meter.frame(text)
    #expect([1: 0..<0x80, 6: 0x81..<0x82, 20: 0x82..<0x83][lines]?.contains(frame[10]) == true)
    var decryptor = try Decryptor.with(keyLine)
    #expect(decryptor.output(of: frame) == text)
  }

  // MARK: - Damage

  /// A flipped bit makes no other record. In the tag it changes nothing, as the checksum of the telegram decides.
  @Test func everyFlippedBit() throws {
    let telegram = SampleTelegram.numbered(1)
    let frame = try meter.frame(telegram)
    let tagStart = frame.count - EncryptedFrame.tagLength
    for isStrict in [false, true] {
      for bit in 0..<(8 * frame.count) {
        var damaged = frame
        damaged[bit / 8] ^= 1 << (bit % 8)
        var decryptor = try Decryptor.with(keyLine, DecryptionPolicy(requiresTag: isStrict))
        let found = minutes(decryptor.output(of: damaged))
        #expect(!found.contains(-1), "bit \(bit)")
        if isStrict { #expect(found == [], "bit \(bit)") }
        // The tag, the lowest bit of the control byte, and the line of the checksum.
        if bit / 8 < tagStart - 6, bit != 8 * 13 { #expect(found == [], "bit \(bit)") }
      }
    }
  }

  @Test func everyFlippedBitOfAPolishTelegram() throws {
    let telegram = try polish.polishTelegram(1)
    var intact = try Decryptor.with(keyLine)
    #expect(minutes(intact.output(of: telegram)) == [1])
    for bit in 0..<(8 * telegram.count) {
      var damaged = telegram
      damaged[bit / 8] ^= 1 << (bit % 8)
      var decryptor = try Decryptor.with(keyLine)
      let found = minutes(decryptor.output(of: damaged))
      #expect(found.allSatisfy { $0 == 1 }, "bit \(bit)")
      // The tag, and the line of the checksum.
      if bit / 8 < telegram.count - 19, bit / 8 != 23 { #expect(found == [], "bit \(bit)") }
    }
  }

  /// The line of the checksum then seems to be that of a plain telegram.
  @Test func tagThatEndsWithALineFeed() throws {
    let telegrams = try (1...5000).map { try polish.polishTelegram(1, counter: $0) }
    let telegram = try #require(telegrams.first { $0.dropLast(7).last == UInt8(ascii: "\n") })
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: telegram)) == [1])
  }

  /// At the end of a file, the line end of the last telegram may be missing.
  @Test func endOfAPolishTelegram() throws {
    let telegram = try polish.polishTelegram(1)
    for missing in 0...2 {
      var decryptor = try Decryptor.with(keyLine)
      #expect(minutes(decryptor.output(of: telegram.dropLast(missing))) == [1])
    }
  }

  /// A checksum over the plain text is right, too.
  @Test func checksumOfThePlainText() throws {
    let plain = SampleTelegram.numbered(1)
    let digits = plain.suffix(5).prefix(4)
    let telegram = try polish.polishTelegram(1).dropLast(6) + Array("\(digits)\r\n".utf8)
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: Array(telegram))) == [1])
  }

  /// Damage at the end of a file is no wrong key.
  @Test func damageAtTheEnd() throws {
    let good = try meter.frame(SampleTelegram.numbered(1), counter: 1)
    var damaged = try meter.frame(SampleTelegram.numbered(2), counter: 2)
    damaged[40] ^= 1
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: good + damaged)) == [1])
    #expect(decryptor.takeEvents() == [.damaged(meter.title)] && decryptor.problem == nil)
    var other = try meter.frame(SampleTelegram.numbered(2), counter: 2)
    other[5] ^= 1
    var second = try Decryptor.with(keyLine)
    #expect(minutes(second.output(of: good + other)) == [1])
    #expect(second.takeEvents() == [] && second.problem == nil)
  }

  /// With --no-check, a damaged telegram is passed on, but not what a wrong key gives.
  @Test func damageMayBeAccepted() throws {
    let policy = DecryptionPolicy(acceptsDamage: true)
    var damaged = try meter.frame(SampleTelegram.numbered(2), counter: 2)
    damaged[40] ^= 1
    var decryptor = try Decryptor.with(keyLine, policy)
    #expect(decryptor.output(of: damaged).hasPrefix("/TST5"))
    let frames = try (1...1000).flatMap {
      try meter.frame(SampleTelegram.numbered(1), counter: UInt32($0))
    }
    var wrong = try Decryptor.with("707172737475767778797A7B7C7D7E7F", policy)
    var output: [UInt8] = []
    wrong.add(frames.span, to: &output)
    wrong.finish(isLast: true, to: &output)
    #expect(output == frames && wrong.problem == .wrongKey(meter.title))
    // A telegram without a right tag is no better for it.
    var strict = try Decryptor.with(
      keyLine, DecryptionPolicy(requiresTag: true, acceptsDamage: true))
    #expect(!strict.output(of: damaged).contains("/TST5"))
  }

  /// Bytes that were lost anywhere cost one telegram, and the next one comes as soon as it is complete.
  @Test func everyTruncation() throws {
    let frame = try meter.frame(SampleTelegram.numbered(1), counter: 1)
    let next = try meter.frame(SampleTelegram.numbered(2), counter: 2)
    for length in 0..<frame.count {
      var decryptor = try Decryptor.with(keyLine)
      var output: [UInt8] = []
      let cut = frame[..<length] + next
      decryptor.add(cut.span, to: &output)
      let isComplete = length >= frame.count - EncryptedFrame.tagLength
      #expect(
        minutes(String(decoding: output, as: UTF8.self)) == (isComplete ? [1, 2] : [2]),
        "\(length)")
      // Attached in the middle of a frame.
      decryptor = try Decryptor.with(keyLine)
      output = []
      let rest = frame[(length + 1)...] + next
      decryptor.add(rest.span, to: &output)
      #expect(minutes(String(decoding: output, as: UTF8.self)) == [2], "\(length)")
    }
  }

  @Test func randomDamage() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      var stream: [UInt8] = []
      for number in 0..<8 {
        var frame = try meter.frame(SampleTelegram.numbered(number), counter: UInt32(number + 1))
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
          let index = Int.random(in: 0..<frame.count, using: &generator)
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: frame[index] = UInt8.random(in: 0...255, using: &generator)
          case 1: frame.remove(at: index)
          default: frame.insert(0xDB, at: index)
          }
        }
        stream += frame
      }
      stream += try meter.frame(SampleTelegram.numbered(20), counter: 20)
      var decryptor = try Decryptor.with(keyLine)
      let found = minutes(decryptor.output(of: stream, by: 50))
      #expect(found.last == 20 && found == found.sorted() && !found.contains(-1), "\(found)")
    }
  }

  /// A frame whose length is damaged does not hold back plain telegrams.
  @Test func plainTelegramsAreNotHeldBack() throws {
    let start: [UInt8] = [0xDB, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x82, 0x3F, 0xFF, 0x30, 0, 0, 0, 1]
    for size in [1, 50, 10_000] {
      var decryptor = try Decryptor.with(keyLine)
      var output: [UInt8] = []
      let stream = start + Array("\r\n\(SampleTelegram.numbered(1))".utf8)
      for start in stride(from: 0, to: stream.count, by: size) {
        decryptor.add(stream[start..<min(start + size, stream.count)].span, to: &output)
      }
      #expect(minutes(String(decoding: output, as: UTF8.self)) == [1])
    }
  }

  @Test func randomTitlesDoNotFillTheLog() throws {
    var decryptor = try Decryptor.with("5349 4D00 0000 0001 \(keyLine)")
    var count = 0
    for number in 0..<500 {
      var other = EncryptedMeter()
      other.title = SystemTitle(value: UInt64(number + 100))
      let frame = try other.frame("/TST5")
      _ = decryptor.output(of: frame + frame)
      count += decryptor.takeEvents().count
    }
    #expect(count == 64)
  }

  /// Each of them in a false frame, which could hold the telegram back.
  @Test func manyEndsBeforeATelegram() throws {
    let start: [UInt8] = [0xDB, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x82, 0x3F, 0xFF, 0x30, 0, 0, 0, 1]
    let ends = Array(String(repeating: "/\n!\n", count: 3000).utf8)
    var decryptor = try Decryptor.with(keyLine)
    var output: [UInt8] = []
    let stream = start + [0x0A] + ends + Array("/\n/\n\(SampleTelegram.numbered(1))".utf8)
    decryptor.add(stream.span, to: &output)
    #expect(minutes(String(decoding: output, as: UTF8.self)).last == 1)
  }

  /// The start of a frame in a line that begins like the end of a telegram.
  @Test func startOfAFrameInALastLine() throws {
    let start: [UInt8] = [
      0x21, 0xDB, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x82, 1, 0, 0x30, 0, 0, 0, 1, 0x0A,
    ]
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: start + Array(SampleTelegram.numbered(1).utf8))) == [1])
  }

  /// Starts of frames without end hold back no more than a frame.
  @Test func heldBytesAreBounded() throws {
    let start: [UInt8] = [0xDB, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x82, 0x3F, 0xFF, 0x30, 0, 0, 0, 1]
    var decryptor = try Decryptor.with(keyLine)
    var output: [UInt8] = []
    for _ in 0..<4000 { decryptor.add(start.span, to: &output) }
    #expect(output.count >= 4000 * start.count - 0x4000 - 64)
  }

  // MARK: - Keys

  @Test func aWrongKeyIsLoggedOnce() throws {
    let frames = try (1...5).flatMap {
      try meter.frame(SampleTelegram.numbered($0), counter: UInt32($0))
    }
    var decryptor = try Decryptor.with("707172737475767778797A7B7C7D7E7F")
    #expect(minutes(decryptor.output(of: frames)) == [])
    #expect(decryptor.takeEvents() == [.wrongKey(meter.title)])
    #expect(decryptor.problem == .wrongKey(meter.title) && decryptor.statistics.failures == 5)
  }

  /// Also of a file with one frame.
  @Test func aMissingKeyIsLoggedOnce() throws {
    let frame = try meter.frame(SampleTelegram.numbered(1))
    for count in [1, 3] {
      var decryptor = try Decryptor.with("5349 4D00 0000 0001 \(keyLine)")
      #expect(
        minutes(decryptor.output(of: Array(repeating: frame, count: count).flatMap(\.self))) == [])
      #expect(decryptor.takeEvents() == [.noKey(meter.title)])
    }
    // A frame that is cut short needs the key as well.
    var decryptor = try Decryptor.with("5349 4D00 0000 0001 \(keyLine)")
    let cut = frame.dropLast(40)
    _ = decryptor.output(of: frame + cut + frame + cut + frame)
    #expect(decryptor.takeEvents() == [.noKey(meter.title)])
  }

  /// Also after years of noise, in which some frames in a row were damaged now and then.
  @Test func aKnownMeterIsAlwaysLogged() throws {
    var decryptor = try Decryptor.with(keyLine)
    var changed = meter
    changed.key = EncryptedMeter.otherKey
    let wrong = try changed.frame(SampleTelegram.numbered(2))
    for number in 1...100 {
      let good = try meter.frame(SampleTelegram.numbered(1), counter: UInt32(number))
      _ = decryptor.output(of: good + Array(repeating: wrong, count: 5).flatMap(\.self))
      #expect(decryptor.takeEvents().contains(.wrongKey(meter.title)))
    }
  }

  @Test func eachMeterHasItsKey() throws {
    var other = EncryptedMeter()
    other.title = SystemTitle(value: 0x5453_5450_3100_0008)
    other.key = EncryptedMeter.otherKey
    let keys = """
      # in the attic
      5453545031000008: 70717273 74757677 78797A7B 7C7D7E7F

      40-41-42-43-44-45-46-47-48-49-4a-4b-4c-4d-4e-4f\r
      """
    var decryptor = try Decryptor.with(keys)
    let stream =
      try meter.frame(SampleTelegram.numbered(1)) + other.frame(SampleTelegram.numbered(2))
      + meter.frame(SampleTelegram.numbered(3), counter: 2)
    #expect(minutes(decryptor.output(of: stream)) == [1, 2, 3])
    #expect(decryptor.takeEvents() == [])
  }

  @Test(arguments: [
    ("40414243", "keys:1: 8 hexadecimal digits; a key has 32, and a system title before it 16"),
    (
      "5453545031000009 404142434445464748494A4B4C4D4E4F\n404142434445464748494A4B4C4D4E4F 5453545031000008",
      "keys:2: a key before a system title; write the system title first"
    ),
    ("\nSecret!", "keys:2: a key has only hexadecimal digits, 0 to 9 and A to F"),
    ("# none\n", "keys: it has no key; write the key of the meter there"),
    (
      "404142434445464748494A4B4C4D4E4F\n404142434445464748494A4B4C4D4E4F",
      "keys:2: a second key without system title; write that of its meter before each key"
    ),
    (
      "5453545031000008 404142434445464748494A4B4C4D4E4F\n5453545031000008 707172737475767778797A7B7C7D7E7F",
      "keys:2: a second key for the same system title; remove one"
    ),
  ])
  func linesThatAreNoKey(_ text: String, _ message: String) {
    let failure = #expect(throws: Failure.self) {
      try KeyFile(Array(text.utf8), path: "keys")
    }
    #expect(failure.map { "\($0.subject ?? ""): \($0.reason)" } == message)
    #expect(failure?.exitStatus == .configuration)
  }

  // MARK: - Tags and counters

  @Test func aWrongTagIsLoggedOnce() throws {
    var austrian = meter
    austrian.authenticationKey = EncryptedMeter.otherKey
    let frames = try (1...3).flatMap {
      try austrian.frame(SampleTelegram.numbered($0), counter: UInt32($0))
    }
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: frames)) == [1, 2, 3])
    #expect(decryptor.takeEvents() == [.wrongTag(meter.title)])
    #expect(decryptor.statistics.wrongTags == 3 && decryptor.problem == nil)

    var strict = try Decryptor.with(keyLine, DecryptionPolicy(requiresTag: true))
    #expect(minutes(strict.output(of: frames)) == [])
    #expect(strict.takeEvents() == [.rejectedTag(meter.title)] && strict.problem != nil)

    var right = try Decryptor.with(
      keyLine, authentication: "707172737475767778797A7B7C7D7E7F",
      DecryptionPolicy(requiresTag: true))
    #expect(minutes(right.output(of: frames)) == [1, 2, 3] && right.takeEvents() == [])
  }

  /// A frame without a tag is accepted for the checksum of its telegram.
  @Test func framesWithoutTag() throws {
    var untagged = meter
    untagged.control = 0x20
    let frame = try untagged.frame(SampleTelegram.numbered(1))
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: frame)) == [1] && decryptor.takeEvents() == [])
    var strict = try Decryptor.with(keyLine, DecryptionPolicy(requiresTag: true))
    #expect(minutes(strict.output(of: frame + frame)) == [])
    #expect(strict.takeEvents() == [.noTag(meter.title)])
  }

  @Test func oldFramesAreLogged() throws {
    let frames = try [5, 6, 6, 4, 7].flatMap { (number: Int) in
      try meter.frame(SampleTelegram.numbered(number), counter: UInt32(number))
    }
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: frames)) == [5, 6, 6, 4, 7])
    #expect(decryptor.statistics.replays == 2)
    var strict = try Decryptor.with(keyLine, DecryptionPolicy(rejectsReplays: true))
    #expect(minutes(strict.output(of: frames)) == [5, 6, 7])
    // Until a counter grows again, one message is enough.
    let replay = DecryptionEvent.replay(meter.title, 6, after: 6, isRejected: true)
    #expect(strict.takeEvents() == [replay] && strict.problem == nil)
    _ = strict.output(of: frames)
    #expect(strict.problem == .replay(meter.title, 5, after: 7, isRejected: true))
  }

  /// Other data of DLMS, with a right tag, with the tag of another authentication key, and without one.
  @Test func framesWithoutTelegram() throws {
    var (other, untagged) = (meter, meter)
    other.authenticationKey = EncryptedMeter.otherKey
    untagged.control = 0x20
    for meter in [meter, other, untagged] {
      let frames = try (1...2).flatMap { try meter.frame("\u{F}\0\0\0\u{1}\u{C}data", counter: $0) }
      var decryptor = try Decryptor.with(keyLine)
      #expect(minutes(decryptor.output(of: frames)) == [])
      #expect(decryptor.takeEvents() == [.noTelegram(meter.title)])
    }
  }

  /// After some telegrams, damage is no wrong key; a key that the operator has changed is.
  @Test func damageIsNoWrongKey() throws {
    var stream = try meter.frame(SampleTelegram.numbered(1), counter: 1)
    var damaged = try meter.frame(SampleTelegram.numbered(2), counter: 2)
    damaged[40] ^= 1
    stream += damaged
    stream += try meter.frame(SampleTelegram.numbered(3), counter: 3)
    var decryptor = try Decryptor.with(keyLine)
    #expect(minutes(decryptor.output(of: stream)) == [1, 3])
    #expect(decryptor.takeEvents() == [.damaged(meter.title)])
    var changed = meter
    changed.key = EncryptedMeter.otherKey
    let others = try (1...6).flatMap { try changed.frame(SampleTelegram.numbered(4), counter: $0) }
    #expect(minutes(decryptor.output(of: others)) == [])
    #expect(decryptor.takeEvents().last == .wrongKey(meter.title))
    #expect(
      minutes(decryptor.output(of: try meter.frame(SampleTelegram.numbered(5), counter: 9))) == [5])
    #expect(decryptor.takeEvents() == [.decrypting(meter.title)] && decryptor.problem == nil)
  }
}
