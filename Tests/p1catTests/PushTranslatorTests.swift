import CommandLine
import DLMS
import Encryption
import Metrics
import Telegrams
import TestValues
import Testing

@testable import p1cat

/// Telegrams of the messages of DLMS meters, among other bytes.
@Suite struct PushTranslatorTests {
  private static let key = "404142434445464748494A4B4C4D4E4F"
  private static let otherKey = "606162636465666768696A6B6C6D6E6F"
  private static let title: [UInt8] = Array("KFMgP".utf8) + [0, 0, 1]
  private static let titleText = "4B464D6750000001"

  /// What comes of a stream.
  private struct Outcome: Equatable {
    var telegrams: [String] = []
    var noiseCount = 0
    var pushEvents: [PushEvent] = []
    var events: [DecryptionEvent] = []
    var received: [UInt8] = []
  }

  private func outcome(
    of pieces: [[UInt8]], keys: String? = nil, authentication: String? = nil,
    policy: DecryptionPolicy = DecryptionPolicy(), isSplit: (Int) -> Bool = { _ in false }
  ) throws -> Outcome {
    let decryptor = try keys.map { keys in
      Decryptor(
        MeterKeys(
          encryption: try KeyFile(Array(keys.utf8), path: "keys"),
          authentication: try authentication.map { try KeyFile(Array($0.utf8), path: "others") }
            ?? KeyFile()), policy)
    }
    var finder = TelegramFinder(Framer(), PushTranslator(), decryptor)
    var outcome = Outcome()
    func take(atEnd: Bool, isSourceLost: Bool = false) {
      while let event = finder.next(atEnd: atEnd, isSourceLost: isSourceLost) {
        guard case .telegram(let telegram) = event else { continue }
        outcome.telegrams.append(String(decoding: finder.bytes[telegram.range], as: UTF8.self))
      }
      outcome.pushEvents += finder.takePushEvents()
      outcome.events += finder.takeEvents()
    }
    for (index, piece) in pieces.enumerated() {
      finder.fill(with: piece)
      outcome.received += finder.newBytes
      take(atEnd: false)
      guard isSplit(index) else { continue }
      finder.finish(isLast: false)
      take(atEnd: true, isSourceLost: true)
      finder.restart()
    }
    finder.finish(isLast: true)
    take(atEnd: true)
    outcome.noiseCount = finder.noiseCount
    return outcome
  }

  private func pieces(_ stream: [UInt8], _ size: Int) -> [[UInt8]] {
    stride(from: 0, to: stream.count, by: size).map {
      Array(stream[$0..<min($0 + size, stream.count)])
    }
  }

  private func message(
    _ plain: [UInt8], control: UInt8, counter: UInt32 = 1, authentication: String = otherKey
  ) throws -> [UInt8] {
    let key = try #require(MeterKey(hexadecimal: Self.key))
    let authenticationKey = try #require(MeterKey(hexadecimal: authentication))
    let value = Self.title.reduce(0) { $0 << 8 | UInt64($1) }
    let vector = InitializationVector(title: SystemTitle(value: value), counter: counter)
    let tag = try key.tag(
      of: plain, vector, control: control, authenticationKey: authenticationKey)
    return FrameBuilder.encrypted(
      title: Self.title, control: control, counter: counter,
      cipherText: try key.applyKeystream(to: plain, vector), tag: control & 0x10 == 0 ? [] : tag)
  }

  /// The codes of a telegram with their values.
  private func values(_ telegram: String) -> [String] {
    telegram.split(separator: "\r\n").dropFirst().dropLast().map { String($0) }
  }

  /// Telegrams, noise and each kind of frame, in pieces of any size.
  @Test(arguments: [1, 2, 3, 7, 64, 1000, 100_000]) func mixedStream(_ size: Int) throws {
    let plain = SampleTelegram.numbered(1)
    let noise: [UInt8] = [0x7E, 0x81, 0x68, 0x05, 0x05, 0x68, 0x99, 0xE6, 0x7E, 0x68]
    let frames: [[UInt8]] = [
      Array(FrameBuilder.segments(SampleList.flat, length: 60).joined()),
      FrameBuilder.hdlc(SampleList.nested),
      Array(FrameBuilder.mbus(SampleList.withoutUnits, length: 100).joined()),
      FrameBuilder.blocks(SampleList.byPosition(13), length: 80).flatMap { FrameBuilder.hdlc($0) },
      FrameBuilder.hdlc(Array(plain.utf8)),
    ]
    var stream: [UInt8] = []
    for frame in frames { stream += Array(plain.utf8) + noise + frame + noise + [0x0A] }
    let outcome = try outcome(of: pieces(stream, size))
    #expect(outcome.telegrams.count == 10 && outcome.received == stream)
    #expect(outcome.telegrams.filter { $0 == plain }.count == 6)
    let headers = outcome.telegrams.filter { $0 != plain }.map { $0.prefix { $0 != "\r\n" } }
    #expect(headers == ["/DLM5", "/ADN56525", "/KAM56841121BN24", "/KFM5MA304H3E"])
    #expect(outcome.pushEvents.isEmpty)
    for keys in [Self.key, nil] {
      let other = try self.outcome(of: pieces(stream, size), keys: keys)
      #expect(other == outcome)
    }
  }

  /// Without frames, the framer reads all bytes itself.
  @Test func otherBytesStay() throws {
    var generator = SeededGenerator(seed: 5)
    let text = Array(SampleTelegram.numbered(1).utf8)
    for _ in 0..<50 {
      let noise = generator.bytes(0...300) + [0x0A]
      let stream = text + noise + text
      let result = try outcome(of: pieces(stream, 50))
      #expect(result.telegrams.count == 2 && result.pushEvents.isEmpty)
    }
  }

  @Test func valuesWithoutUnit() throws {
    let list = ValueBuilder.notification(
      ValueBuilder.structure([
        ValueBuilder.octets(Array("LGZ1030000000001".utf8)), ValueBuilder.code(1, 0, 1, 7, 0),
        ValueBuilder.uint32(512), ValueBuilder.code(1, 0, 32, 7, 0), ValueBuilder.uint16(2298),
      ]))
    let outcome = try outcome(of: [FrameBuilder.hdlc(list), FrameBuilder.hdlc(list)])
    #expect(outcome.telegrams.map(values) == [["1-0:1.7.0(0.512*kW)"], ["1-0:1.7.0(0.512*kW)"]])
    #expect(outcome.pushEvents == [.withoutUnit([OBISCode(1, 0, 32, 7, 0)])])
    #expect(
      outcome.pushEvents.map(\.description) == [
        "values without a known unit are left out: 1-0:32.7.0"
      ])
  }

  /// After a gap, another meter may be on the line: a short list waits for the next one that tells its meter.
  @Test func gap() throws {
    let other = ValueBuilder.notification(
      ValueBuilder.array([
        ValueBuilder.structure([ValueBuilder.code(1, 1, 0, 2, 129), ValueBuilder.text("KFM_001")]),
        ValueBuilder.structure([ValueBuilder.code(0, 0, 96, 1, 0), ValueBuilder.text("OTHER")]),
        ValueBuilder.structure([
          ValueBuilder.code(1, 0, 2, 7, 0), ValueBuilder.uint32(1), ValueBuilder.scale(0, 27),
        ]),
      ]))
    let (long, short) = (SampleList.byPosition(13), FrameBuilder.hdlc(SampleList.byPosition(1)))
    let half = Array(FrameBuilder.hdlc(long).prefix(60))
    let pieces = [FrameBuilder.hdlc(long), half, short, FrameBuilder.hdlc(other), half]
    let outcome = try outcome(of: pieces) { $0 == 1 }
    #expect(outcome.telegrams.count == 3)
    let number = "0-0:96.1.0(4F54484552)\r\n"
    #expect(outcome.telegrams[1].contains(number + "1-0:1.7.0(1.500*kW)\r\n!"))
    #expect(outcome.pushEvents == [.dropped(.cutShort), .dropped(.cutShort)])
  }

  @Test func listsThatAreNotRead() throws {
    let oms = FrameBuilder.mbusFrame([0x53, 0xF0, 0x5B, 1, 2, 3, 4])
    let unknown = ValueBuilder.notification(
      ValueBuilder.structure([ValueBuilder.text("KFM_002"), ValueBuilder.uint32(1)]))
    let texts = ValueBuilder.notification(
      ValueBuilder.structure([ValueBuilder.code(0, 0, 96, 1, 0), ValueBuilder.text("7")]))
    let outcome = try outcome(of: [
      oms, FrameBuilder.hdlc(unknown), FrameBuilder.hdlc(texts), FrameBuilder.hdlc([0x0F, 0xFF]),
    ])
    #expect(outcome.telegrams.isEmpty)
    #expect(
      outcome.pushEvents == [
        .dropped(.notDLMS(length: oms.count)),
        .unread(.unknownList(identifier: "KFM_002", maker: nil, count: 2)), .unread(.noValues),
        .unread(.unknownShape),
      ])
    #expect(
      outcome.pushEvents.map(\.description) == [
        "frame dropped: not DLMS; wmbusmeters reads other protocols of the M-Bus",
        "list dropped: unknown list of 2 values; to read it, define \"DLM KFM_002/2\" in a list file, see p1spec(5)",
        "list dropped: no value has a known code and unit; please report it with a file of --raw",
        "list dropped: unknown form; please report it with a file of --raw",
      ])
  }

  // MARK: - Encryption

  private static let policies: [(control: UInt8, key: String, isStrict: Bool, isRead: Bool)] = [
    (0x20, key, false, true), (0x21, key, false, true), (0x30, key, false, true),
    (0x31, key, false, true), (0x30, key, true, true), (0x20, key, true, false),
    (0x20, otherKey, false, false), (0x30, otherKey, false, false),
  ]

  @Test(arguments: policies)
  func encryptedLists(_ control: UInt8, _ key: String, _ isStrict: Bool, _ isRead: Bool) throws {
    let stream = try (1...3).flatMap { counter in
      FrameBuilder.mbus(try message(SampleList.flat, control: control, counter: counter)).joined()
    }
    let outcome = try outcome(
      of: pieces(stream, 50), keys: key, authentication: Self.otherKey,
      policy: DecryptionPolicy(requiresTag: isStrict))
    #expect(outcome.telegrams.count == (isRead ? 3 : 0) && outcome.pushEvents.isEmpty)
    let title = SystemTitle(value: 0x4B46_4D67_5000_0001)
    #expect(outcome.events == (isRead ? [] : [isStrict ? .noTag(title) : .wrongKey(title)]))
    for telegram in outcome.telegrams {
      #expect(telegram.hasPrefix("/KFM5\r\n\r\n"))
      #expect(values(telegram).contains("1-0:1.8.0(12345.678*kWh)"))
    }
  }

  /// A list has no checksum, so it needs the right tag; a telegram has one.
  @Test func wrongAuthenticationKey() throws {
    let title = SystemTitle(value: 0x4B46_4D67_5000_0001)
    let telegram = Array(SampleTelegram.numbered(4).utf8)
    for (plain, telegrams, event) in [
      (SampleList.flat, [], DecryptionEvent.rejectedTag(title)),
      (telegram, [SampleTelegram.numbered(4)], .wrongTag(title)),
    ] {
      let frame = FrameBuilder.mbus(try message(plain, control: 0x30)).flatMap { $0 }
      let outcome = try outcome(of: [frame], keys: Self.key)
      #expect(outcome.telegrams == telegrams && outcome.events == [event])
    }
  }

  @Test func replays() throws {
    let frame = FrameBuilder.hdlc(try message(SampleList.flat, control: 0x20))
    for isRejected in [true, false] {
      let outcome = try outcome(
        of: [frame, frame], keys: Self.key, policy: DecryptionPolicy(rejectsReplays: isRejected))
      #expect(outcome.telegrams.count == (isRejected ? 1 : 2) && outcome.events.count == 1)
    }
  }

  /// A meter whose key is not in the file, and no file.
  @Test func missingKeys() throws {
    let frame = FrameBuilder.hdlc(try message(SampleList.flat, control: 0x30))
    let outcome = try outcome(of: [frame], keys: "0011223344556677 \(Self.key)")
    #expect(outcome.telegrams.isEmpty)
    #expect(outcome.events == [.noKey(SystemTitle(value: 0x4B46_4D67_5000_0001))])
    let without = try self.outcome(of: [frame])
    #expect(without.telegrams.isEmpty && without.events.isEmpty && without.noiseCount > 100)
    let kind = StreamKind(frame.span)
    #expect(kind == .encryptedTelegrams(SystemTitle(value: 0x4B46_4D67_5000_0001)))
  }

  /// Encrypted telegrams whose last bytes may be the first ones of a frame are read when they arrive.
  @Test(arguments: [[1, 3], [20], [100_000]])
  func encryptedTelegramsEndLikeFramesBegin(_ lastPieces: [Int]) throws {
    let telegram = Array(SampleTelegram.numbered(1).utf8)
    let frames = try (1...3000).compactMap { counter -> [UInt8]? in
      let frame = try message(telegram, control: 0x30, counter: UInt32(counter))
      let isUncertain = frame.last == 0x7E || frame.last == 0x68
      return isUncertain ? frame : nil
    }
    #expect(frames.count > 20)
    var finder = TelegramFinder(
      Framer(), PushTranslator(),
      Decryptor(
        MeterKeys(
          encryption: try KeyFile(Array(Self.key.utf8), path: "keys"),
          authentication: try KeyFile(Array(Self.otherKey.utf8), path: "others")),
        DecryptionPolicy()))
    for frame in frames {
      var rest = frame[...]
      for count in lastPieces.reversed() {
        finder.fill(with: Array(rest.dropLast(count)))
        rest = rest.suffix(count)
        #expect(finder.next(atEnd: false, isSourceLost: false) == nil)
      }
      finder.fill(with: Array(rest))
      guard case .telegram = finder.next(atEnd: false, isSourceLost: false) else {
        Issue.record("no telegram")
        return
      }
      #expect(finder.next(atEnd: false, isSourceLost: false) == nil)
    }
    #expect(finder.noiseCount == 0 && finder.takePushEvents().isEmpty)
  }

  /// Encrypted bytes often begin like frames.
  @Test func encryptedTelegramsBeginLikeFrames() throws {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<100 {
      let bytes = generator.bytes(
        100...900, from: [0x7E, 0xA0, 0x21, 0x68, 0x05, 0x99, 0xDB, 0x11])
      let outcome = try outcome(of: [bytes], keys: Self.key)
      #expect(outcome.pushEvents.isEmpty && outcome.telegrams.isEmpty)
    }
  }
}
