import Glibc
import TestValues
import Testing

@testable import DLMS

/// Messages in HDLC and M-Bus frames, in any pieces, among noise and damage.
@Suite struct PushFramerTests {
  /// Messages of the first kind that is asked for, each of its own bytes.
  private func message(_ number: UInt8, count: Int = 40) -> [UInt8] {
    [0x0F, number] + (2..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ Int(number)) }
  }

  /// The messages and defects in a stream that arrives in pieces of a size, and the bytes outside frames.
  private func found(
    in stream: [UInt8], by size: Int? = nil
  ) -> (messages: [[UInt8]], defects: [FrameDefect], other: [UInt8]) {
    var framer = PushFramer()
    var found = (messages: [[UInt8]](), defects: [FrameDefect](), other: [UInt8]())
    func take(atEnd: Bool) {
      while let event = framer.next(atEnd: atEnd) {
        switch event {
        case .message(let message): found.messages.append(message)
        case .dropped(let defect): found.defects.append(defect)
        case .other(let bytes): found.other += bytes
        }
      }
    }
    let size = size ?? max(1, stream.count)
    for start in stride(from: 0, to: stream.count, by: size) {
      framer.fill(with: stream[start..<min(start + size, stream.count)].span)
      take(atEnd: false)
    }
    take(atEnd: true)
    return found
  }

  /// The time of the processor that this thread has taken, in nanoseconds.
  private func processorTime() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  // MARK: - Whole messages

  /// Each way to send a message.
  private var ways: [(name: String, frames: [[UInt8]])] {
    let long = message(9, count: 260)
    return [
      ("HDLC", [FrameBuilder.hdlc(message(9))]),
      ("long addresses", [FrameBuilder.hdlc(message(9), addresses: [2, 4, 6, 1, 0x10, 0x21])]),
      ("HDLC segments", FrameBuilder.segments(long, length: 100)),
      ("M-Bus", FrameBuilder.mbus(message(9))),
      ("long M-Bus", FrameBuilder.mbus(message(9, count: 253), length: 253)),
      ("M-Bus, other control field", FrameBuilder.mbus(message(9), control: 0x73)),
      ("M-Bus segments", FrameBuilder.mbus(long, length: 120)),
      ("blocks", FrameBuilder.blocks(long, length: 90).map { FrameBuilder.hdlc($0) }),
      (
        "blocks, LLC in the first only",
        FrameBuilder.blocks(long, length: 130).enumerated().map {
          FrameBuilder.hdlc($1, hasLLC: $0 == 0)
        }
      ),
      ("blocks on M-Bus", FrameBuilder.blocks(long, length: 250).flatMap { FrameBuilder.mbus($0) }),
    ]
  }

  @Test(arguments: [1, 2, 3, 7, 64, 100_000])
  func piecesMakeNoDifference(_ size: Int) {
    let noise: [UInt8] = [
      0x55, 0x7E, 0x7E, 0x00, 0xA0, 0x68, 0x68, 0x05, 0x05, 0x68, 0x00, 0xDB, 0x2F, 0x0D,
    ]
    for (name, frames) in ways {
      let length = name == "long M-Bus" ? 253 : frames.count == 1 ? 40 : 260
      let stream = noise + frames.joined() + frames.joined() + noise + frames.joined()
      let found = found(in: stream, by: size)
      #expect(found.messages == Array(repeating: message(9, count: length), count: 3), "\(name)")
      #expect(found.defects.isEmpty, "\(name)")
      #expect(found.other == noise + noise, "\(name)")
    }
  }

  /// Telegrams between frames are passed on, byte by byte.
  @Test(arguments: [1, 7, 100_000]) func telegramsBetween(_ size: Int) {
    let telegram = SampleTelegram.with(["0-0:96.13.0(~~h~hh(hh)", "1-0:1.8.0(1*kWh)"]).bytes
    for (name, frames) in ways {
      let found = found(in: telegram + frames.joined() + telegram, by: size)
      #expect(found.messages.count == 1 && found.other == telegram + telegram, "\(name)")
    }
  }

  /// Two frames with one flag between them, and with many.
  @Test(arguments: [1, 100_000]) func flags(_ size: Int) {
    let (first, second) = (FrameBuilder.hdlc(message(1)), FrameBuilder.hdlc(message(2)))
    for stream in [first + second.dropFirst(), first + [0x7E, 0x7E, 0x7E] + second] {
      let found = found(in: stream, by: size)
      #expect(found.messages == [message(1), message(2)])
      #expect(found.other.isEmpty && found.defects.isEmpty)
    }
  }

  /// A flag inside a frame is no flag, as the length decides.
  @Test func flagInside() {
    let message: [UInt8] = [0x0F, 0x7E, 0xA0, 0x0A, 0x7E, 0x7E] + FrameBuilder.hdlc(message(3))
    #expect(found(in: FrameBuilder.hdlc(message)).messages == [message])
  }

  /// A message is known with its last byte, before the closing flag.
  @Test func lastByte() {
    for (name, frames) in ways {
      let bytes = Array(frames.joined())
      let end = bytes.last == 0x7E ? bytes.count - 1 : bytes.count
      var framer = PushFramer()
      let start = Array(bytes[..<(end - 1)])
      framer.fill(with: start.span)
      while let event = framer.next() { #expect(event == .other([]), "\(name)") }
      let last = [bytes[end - 1]]
      framer.fill(with: last.span)
      guard case .message = framer.next() else {
        Issue.record("\(name): no message")
        continue
      }
    }
  }

  // MARK: - Damage

  /// A frame that is damaged anywhere never gives another message, and the frames after it are found.
  @Test func flippedBits() {
    let next = FrameBuilder.hdlc(message(1)) + FrameBuilder.mbus(message(2)).joined()
    for (name, frames) in ways {
      let bytes = Array(frames.joined())
      let whole = found(in: bytes).messages
      for index in bytes.indices {
        // Every bit of a header, and one of each byte after it.
        for bit in index < 24 ? 0..<8 : index % 8..<(index % 8 + 1) {
          var damaged = bytes
          damaged[index] ^= 1 << UInt8(bit)
          let found = found(in: damaged + next)
          let before = found.messages.dropLast(2)
          #expect(
            found.messages.suffix(2) == [message(1), message(2)]
              && (before.isEmpty || before == whole[...]),
            "\(name), bit \(bit) of byte \(index)")
        }
      }
    }
  }

  /// A frame that is cut short anywhere never gives a message, and the frames after it are found.
  @Test func cuts() {
    let next = FrameBuilder.mbus(message(1)).joined() + FrameBuilder.hdlc(message(2))
    for (name, frames) in ways {
      let bytes = Array(frames.joined())
      let end = bytes.last == 0x7E ? bytes.count - 1 : bytes.count
      for length in 0..<end where length < 24 || length % 5 == 0 || length + 8 > end {
        let cut = found(in: bytes[..<length] + next)
        #expect(cut.messages == [message(1), message(2)], "\(name), \(length) bytes")
        let ended = found(in: Array(bytes[..<length]))
        #expect(ended.messages.isEmpty, "\(name), \(length) bytes at the end")
        let late = found(in: bytes[(length + 1)...] + next)
        #expect(
          late.messages.suffix(2) == [message(1), message(2)] && late.messages.count <= 3,
          "\(name), from byte \(length + 1)")
      }
    }
  }

  /// Each frame that is missing drops its message, once. HDLC does not number the segments of a message: without one in
  /// the middle it is shorter, and ends too early for its values or its tag.
  @Test func missingFrames() {
    for (name, frames) in ways where frames.count > 1 {
      for index in frames.indices {
        var rest = frames
        rest.remove(at: index)
        let found = found(in: (rest + frames).flatMap { $0 })
        if name == "HDLC segments", index == 1 {
          #expect(found.messages.map(\.count) == [160, 260] && found.defects.isEmpty)
          continue
        }
        #expect(found.messages == [message(9, count: 260)], "\(name) without frame \(index)")
        let defects: [FrameDefect] = index == 0 ? [] : [.missingPart]
        #expect(found.defects == defects, "\(name) without frame \(index)")
      }
    }
  }

  @Test func framesOfAnotherMeterBetween() {
    let frames = FrameBuilder.segments(message(9, count: 260), length: 130)
    let other = FrameBuilder.hdlc(message(1), addresses: [0x41, 0x23])
    let found = found(in: frames[0] + other + frames[1])
    #expect(found.messages == [message(1)] && found.defects == [.missingPart])
  }

  /// The first parts of a message and the last ones of another one, with something between them, are no message.
  @Test func partsOfTwoMessages() {
    let damaged = Array(FrameBuilder.hdlc(message(1)).dropLast(2)) + [0x00]
    let others: [(name: String, bytes: [UInt8])] = [
      ("noise", [0x00]), ("a damaged frame", damaged), ("a message", FrameBuilder.hdlc(message(1))),
      ("another protocol", FrameBuilder.mbusFrame([0x53, 0xF0, 0x5B, 1, 2, 3, 4])),
      (
        "the end of a message",
        FrameBuilder.hdlc(message(1), hasLLC: false, addresses: [0x41, 0x23])
      ),
      (
        "the beginning of a message",
        FrameBuilder.hdlc(message(1), isContinued: true, addresses: [0x41, 0x23])
      ),
    ]
    for (name, frames) in ways where frames.count > 1 {
      for (other, bytes) in others {
        for count in 1..<frames.count {
          let stream = frames[..<count].joined() + bytes + frames[count...].joined()
          let found = found(in: stream + frames.joined())
          let messages = found.messages.filter { $0 != message(1) }
          #expect(messages == [message(9, count: 260)], "\(name), \(other)")
          #expect(!found.defects.isEmpty, "\(name), \(other)")
        }
      }
    }
  }

  /// Blocks of two meters are no message.
  @Test func blocksOfTwoMeters() {
    let blocks = FrameBuilder.blocks(message(9, count: 260), length: 90)
    let stream = blocks.enumerated().map {
      FrameBuilder.hdlc($1, addresses: [$0 == 0 ? 0x21 : 0x41, 0x23])
    }
    let found = found(in: stream.flatMap { $0 })
    #expect(found.messages.isEmpty && found.defects == [.missingPart])
  }

  /// A pause ends a message.
  @Test func pauses() {
    for (name, frames) in ways {
      for count in 1..<frames.count {
        var framer = PushFramer()
        for part in [frames[..<count], frames[count...]] {
          let bytes = Array(part.joined())
          framer.fill(with: bytes.span)
          while let event = framer.next(atEnd: true) {
            #expect(event == .dropped(.missingPart), "\(name), \(count) frames")
          }
          #expect(!framer.isWaiting)
        }
      }
    }
  }

  @Test func defects() {
    var wrong = FrameBuilder.hdlc(message(1))
    wrong[20] ^= 1
    #expect(found(in: wrong).defects == [.wrongChecksum])
    #expect(found(in: Array(FrameBuilder.hdlc(message(1)).dropLast(2))).defects == [.cutShort])
    #expect(found(in: FrameBuilder.hdlc([0x61, 0x29])).defects == [.notAPush(0x61)])
    let oms = FrameBuilder.mbusFrame([0x53, 0xF0, 0x5B, 1, 2, 3, 4])
    #expect(found(in: oms).defects == [.notDLMS(length: oms.count)])
    #expect(found(in: FrameBuilder.hdlc([], hasLLC: false)).defects.isEmpty)
  }

  /// M-Bus frames of each length, also those that are too short for DLMS.
  @Test(arguments: [0x00, 0x01, 0x10, 0x1F, 0x7A] as [UInt8]) func lengths(_ control: UInt8) {
    let next = FrameBuilder.hdlc(message(1))
    for count in 3...258 {
      let message = [UInt8](repeating: 0x0F, count: max(0, count - 5))
      let content = [0x53, 0xFF, control, 0x01, 0x67].prefix(count) + message
      let found = found(in: FrameBuilder.mbusFrame(Array(content)) + next)
      let isWhole = control == 0x10 && count > 5
      #expect(found.messages == (isWhole ? [message] : []) + [self.message(1)], "\(count)")
      let isOther = control == 0x7A || count < 5
      #expect(found.defects.contains(.notDLMS(length: count + 6)) == isOther, "\(count)")
    }
  }

  @Test func textIsNoFrame() {
    let text = Array("hoohSister, hoohsister ~ hooh".utf8)
    for size in [1, 6, 100] {
      let found = found(in: text, by: size)
      #expect(found.defects.isEmpty && found.other == text)
    }
  }

  /// Segments and blocks without end keep no memory.
  @Test func endlessMessages() {
    let segment = FrameBuilder.hdlc(
      [UInt8](repeating: 1, count: 1000), isContinued: true, hasLLC: false)
    let first = FrameBuilder.hdlc(message(1), isContinued: true)
    #expect(found(in: first + (0..<40).flatMap { _ in segment }).defects == [.tooLong])
    let blocks = FrameBuilder.blocks([UInt8](repeating: 1, count: 40_000), length: 200)
    let frames = blocks.flatMap { FrameBuilder.hdlc($0) }
    #expect(found(in: frames).defects == [.tooLong])
  }

  /// Each byte is looked at a few times, even if a frame may begin at any of them: ten times as many bytes take ten
  /// times the work. The time of the processor for this thread measures it, whatever else runs.
  @Test(arguments: [[0x7E], [0x68], [0x7E, 0xA0, 0x0A, 0x02, 0x03, 0x13, 0, 0]] as [[UInt8]])
  func workGrowsWithLength(_ start: [UInt8]) {
    func work(_ count: Int) -> Int {
      let stream = Array(repeatElement(start, count: count / start.count).joined()) + [0x80]
      let before = processorTime()
      _ = PushFramer.possibleFrameStart(in: stream.span)
      #expect(found(in: stream).other == stream)
      return processorTime() - before
    }
    let few = work(5_000)
    #expect(work(50_000) < 30 * few)
  }

  /// Random bytes give no message.
  @Test func noise() {
    var generator = SeededGenerator(seed: 23)
    for _ in 0..<200 {
      let bytes = generator.bytes(
        0...400, from: [0x7E, 0xA0, 0xA8, 0x0A, 0x68, 0x05, 0x16, 0xE6, 0xE7, 0, 1, 0x0F, 0x53])
      let whole = found(in: bytes)
      let single = found(in: bytes, by: 1)
      #expect(whole.messages == single.messages && whole.defects == single.defects)
      #expect(whole.other == single.other && whole.messages.isEmpty)
    }
  }
}
