import Telegrams
import TestValues
import Testing

@testable import p1cat

/// What the last bytes of a line look like.
@Suite struct RecentBytesTests {
  private let telegram = Array(SampleTelegram.numbered().utf8)
  private let frame =
    [0xDB, 0x08] + Array("TST12345".utf8) + [0x82, 0x01, 0x2C, 0x30, 0, 0, 0, 1] as [UInt8]

  /// While p1cat looks for the speed, it reads a few bytes at one speed, then at the other.
  @Test(arguments: [115_200, 9600])
  func bytesOfTheRightSpeedTell(_ rate: Int) {
    let signal = SerialSignal(telegram, rate: rate, isInverted: true)
    var recent = RecentBytes()
    let bytes = [115_200, 9600].map { signal.received(at: $0, isChecked: false) }
    for start in stride(from: 0, to: 256, by: 40) {
      for (speed, bytes) in zip([115_200, 9600], bytes) {
        recent.append(Array(bytes.dropFirst(start).prefix(40)).span, baudRate: speed)
      }
    }
    #expect(recent.kind == .invertedSignal)
  }

  /// Few bytes at the other speed may look like anything.
  @Test func fewBytesDoNotTell() {
    var recent = RecentBytes()
    recent.append([UInt8](repeating: 0, count: 200).span, baudRate: 115_200)
    recent.append(Array("ab".utf8).span, baudRate: 9600)
    #expect(recent.kind == .zeros)
  }

  @Test func lastBytesAreKept() {
    var recent = RecentBytes()
    #expect(recent.kind == .empty && recent.frameKind == nil)
    recent.append(frame.span, baudRate: nil)
    #expect(recent.frameKind == .encryptedTelegrams(SystemTitle(value: 0x5453543132333435)))
    #expect(recent.kind == recent.frameKind)
    for _ in 0..<StreamKind.length / telegram.count + 1 {
      recent.append(telegram.span, baudRate: nil)
    }
    #expect(recent.kind == .telegramLines && recent.frameKind == nil)
    recent.append([UInt8](repeating: 0, count: 3 * StreamKind.length).span, baudRate: nil)
    #expect(recent.kind == .zeros)
    recent.clear()
    #expect(recent.kind == .empty)
  }
}
