import TestValues
import Testing

@testable import p1cat

/// When p1cat tries the other speed.
@Suite struct BaudRateSearchTests {
  private let start = ContinuousClock.now

  @Test func eachSpeedIsTriedForLongerThanAMeterPauses() {
    var search = BaudRateSearch(at: start)
    #expect(search.rate == 115_200 && search.deadline == start + .seconds(11))
    search.tryNextRate(at: start + .seconds(11))
    #expect(search.rate == 9600 && search.deadline == start + .seconds(22))
    search.tryNextRate(at: start + .seconds(22))
    #expect(search.rate == 115_200)
  }

  @Test func whatCannotBeTextEndsATry() {
    var search = BaudRateSearch(at: start)
    search.received([UInt8](repeating: 0, count: 31).span, at: start)
    #expect(search.deadline == start + .seconds(11))
    search.received([0x80].span, at: start)
    #expect(search.deadline == start)
    search.tryNextRate(at: start + .seconds(1))
    #expect(search.deadline == start + .seconds(12))
  }

  /// Telegrams received at a wrong speed, whether or not the driver replaces bytes with wrong
  /// stop bits.
  @Test(arguments: [true, false])
  func telegramAtAnotherSpeedCannotBeText(_ isChecked: Bool) {
    for (sent, read) in [(115_200, 9600), (9600, 115_200)] {
      for hasParity in [true, false] {
        for number in 0..<60 {
          let signal = SerialSignal(
            Array(SampleTelegram.numbered(number).utf8), rate: sent, hasParity: hasParity)
          let received = signal.received(at: read, isChecked: isChecked)
          var search = BaudRateSearch(at: start)
          search.received(received.span, at: start)
          search.received(received.span, at: start)
          #expect(search.deadline == start, "\(sent) \(hasParity) \(number)")
        }
      }
    }
  }

  /// The text may be a part of a telegram, but not for ever.
  @Test func textExtendsATry() {
    var search = BaudRateSearch(at: start)
    search.received(Array(SampleTelegram.numbered().utf8.prefix(100)).span, at: start)
    #expect(search.deadline == start + .seconds(22))
  }

  /// Encrypted telegrams, if there is a key.
  @Test func anyBytesExtendATryWithKeys() {
    var search = BaudRateSearch(at: start, mayBeBinary: true)
    search.received([UInt8](repeating: 0x9B, count: 100).span, at: start)
    #expect(search.deadline == start + .seconds(22))
  }

  /// Text in 7 bits with parity, a burst of noise, and what Hungarian meters fill a message with.
  @Test func textDoesNotEndATry() {
    var search = BaudRateSearch(at: start)
    let text = SampleTelegram.numbered().utf8.map { $0 | ($0 % 3 == 0 ? 0x80 : 0) }
    search.received([UInt8](repeating: 0xFF, count: 1024).span, at: start)
    search.received(text.span, at: start)
    search.received([UInt8](repeating: 0, count: 10).span, at: start)
    #expect(search.deadline == start + .seconds(22))
  }

  // MARK: - DLMS

  private static let list = FrameBuilder.hdlc(SampleList.byPosition(1))

  /// The first message of a meter with 2400 baud ends the tries of both other speeds, with keys, too.
  @Test(arguments: [true, false], [true, false])
  func slowLine(_ hasKeys: Bool, _ isChecked: Bool) {
    let signal = SerialSignal(Self.list, rate: 2400, hasParityBit: true)
    var search = BaudRateSearch(at: start, mayBeBinary: hasKeys)
    for rate in [115_200, 9600] {
      let bytes = signal.received(at: rate, isChecked: isChecked)
      #expect(search.rate == rate && search.deadline == start + .seconds(11))
      // The second try begins in the middle of the message.
      search.received(Array(bytes.suffix(40)), at: start)
      #expect(search.deadline == start, "\(rate)")
      search.tryNextRate(at: start)
    }
    #expect(search.rate == 2400 && signal.received(at: 2400, hasParityBit: true) == Self.list)
    search.received(Array(Self.list.suffix(35)), at: start)
    #expect(search.deadline == start + .seconds(22))
    search.tryNextRate(at: start)
    #expect(search.rate == 115_200)
  }

  /// Neither telegrams nor frames at a higher speed look like a slower line.
  @Test func fastLine() {
    for bytes in [Array(SampleTelegram.numbered().utf8), FrameBuilder.hdlc(SampleList.nested)] {
      for isChecked in [true, false] {
        let signal = SerialSignal(bytes + bytes + bytes, rate: 115_200)
        var search = BaudRateSearch(at: start)
        search.tryNextRate(at: start)
        search.received(signal.received(at: 9600, isChecked: isChecked), at: start)
        #expect(search.deadline == start)
        search.tryNextRate(at: start)
        #expect(search.rate == 115_200)
      }
    }
  }

  /// Frames extend a try, but not their middle, unless the try began there.
  @Test func framesExtendATry() {
    let frame = FrameBuilder.hdlc(SampleList.byPosition(13))
    var search = BaudRateSearch(at: start)
    search.received(Array(frame.suffix(60)), at: start)
    #expect(search.deadline == start)
    search.tryNextRate(at: start)
    search.received(Array(frame.suffix(60)), at: start)
    #expect(search.rate == 9600 && search.deadline == start + .seconds(22))
    search.received(Array(frame.prefix(60)), at: start + .seconds(1))
    #expect(search.deadline == start + .seconds(22))
    search.tryNextRate(at: start + .seconds(2))
    search.received(Array(frame.suffix(60)), at: start + .seconds(3))
    #expect(search.rate == 115_200 && search.deadline == start + .seconds(2))
  }

  @Test func speedOfATelegramIsKept() {
    var search = BaudRateSearch(at: start)
    search.tryNextRate(at: start + .seconds(11))
    search.receivedTelegram(at: start + .seconds(15))
    #expect(search.isFound && search.rate == 9600)
    // The speed stays, however long the silence is.
    #expect(search.deadline == nil)
    // Bytes without a telegram may come from another meter.
    let odd = start + .seconds(1000)
    search.received([UInt8](repeating: 0, count: 1000).span, at: odd)
    search.received([UInt8](repeating: 0, count: 1000).span, at: odd + .seconds(1))
    #expect(search.deadline == odd + .seconds(60))
    search.tryNextRate(at: odd + .seconds(60))
    #expect(search.rate == 115_200 && !search.isFound)
  }
}

extension BaudRateSearch {
  fileprivate mutating func received(_ bytes: [UInt8], at now: ContinuousClock.Instant) {
    received(bytes.span, at: now)
  }
}
