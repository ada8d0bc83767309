import TestValues
import Testing

@testable import Records
@testable import Telegrams

/// Known shapes: the fast path finds the same telegrams as the slow path.
@Suite struct FramerShapeTests {
  private static let lines = [
    "1-3:0.2.8(50)", "0-0:1.0.0(240630235959S)", "1-0:1.7.0(00.322*kW)", "0-0:96.13.0(x/ABC5 y)",
    "1-0:99.97.0(2)(0-0:96.7.19)(230115083210W)(0000000240*s)(241102151004W)(0000000301*s)",
  ]
  private static let telegrams = [
    checkedTelegram(lines, header: "/HLY5/D545-X"), checkedTelegram(lines, header: "/KAM5"),
    checkedTelegram(Array(lines.dropFirst(2)), header: #"/ISK5\2M550T-1012"#),
    telegram(["1-0:1.8.1(00512.345*kWh)", "0-0:96.13.0()"]),
    telegram(["0-0:1.0.0(240701000000S)", "1-0:1.7.0(00.322*kW)"]),
  ].map(\.bytes)

  @Test(arguments: [Framer.Checksums.verified, .ignored])
  func bothWaysFindTheSameEvents(_ checksums: Framer.Checksums) {
    var generator = SeededGenerator(seed: 70)
    for round in 0..<400 {
      var stream: [UInt8] = []
      var telegram = Self.telegrams.randomElement(using: &generator) ?? []
      for _ in 0..<12 { stream += next(after: &telegram, by: &generator) }
      var short = Framer(checksums: checksums)
      var long = short
      long.shapes = PredictiveCache(capacity: 0)
      var found: (short: [Found], long: [Found]) = ([], [])
      let pieces = generator.pieces(of: stream, longest: [50, 400, 5000][round % 3])
      for (index, piece) in pieces.enumerated() {
        short.take(piece)
        long.take(piece)
        let isLast = index == pieces.count - 1
        found.short += short.found(atEnd: isLast)
        found.long += long.found(atEnd: isLast)
      }
      #expect(found.short == found.long)
      #expect(short.noiseCount == long.noiseCount)
    }
  }

  /// The next telegram of a meter, or a damaged one.
  private func next(
    after telegram: inout [UInt8], by generator: inout SeededGenerator
  ) -> [UInt8] {
    var next = telegram
    let digits = next.indices.filter { next[$0].decimalDigit != nil }
    for index in digits where Int.random(in: 0..<20, using: &generator) == 0 {
      next[index] = UInt8.random(in: 0x30...0x39, using: &generator)
    }
    if next.contains(UInt8(ascii: "!")), Int.random(in: 0..<6, using: &generator) > 0 {
      next = next.rechecked
    }
    switch Int.random(in: 0..<14, using: &generator) {
    case 0: telegram = Self.telegrams.randomElement(using: &generator) ?? []
    case 1: next.removeLast(Int.random(in: 1..<next.count, using: &generator))
    case 2: next.removeFirst(Int.random(in: 1..<next.count, using: &generator))
    case 3: next[Int.random(in: next.indices, using: &generator)] = generator.bytes(1...1)[0]
    case 4: next += generator.bytes(0...80, from: "/!(\r\nAb5#0-:1.\0".bytes + [0xFF, 0xAF])
    case 5: next = next.withParity
    case 6: next = "#2026-11-23T10:00:00Z\n".bytes + next
    case 7: next = next.filter { $0 != UInt8(ascii: "\r") }
    case 8: next = "1-0:1.8".bytes + next
    case 9: next = next.latin1.lowercased().bytes
    default: break
    }
    return next
  }

  /// A stamp ends a telegram; a line that differs from it in one digit does not. In the middle of a line
  /// a header needs more letters than at the start.
  @Test func telegramThatDigitsDecideTakesTheSlowPath() {
    let text = checkedTelegram(["1-0:1.7.0(00.322*kW)", "#2026-13-23T10:00:00Z"])
    let stamp = checkedTelegram(["1-0:1.7.0(00.322*kW)", "#2026-12-23T10:00:00Z"])
    let short = checkedTelegram(["1-0:1.7.0(00.322*kW)"], header: "/K")
    for stream in [text + text + stamp, short + short + "1-0:1.8" + short] {
      var long = Framer()
      long.shapes = PredictiveCache(capacity: 0)
      long.take(stream.bytes)
      #expect(found(stream) == long.found(atEnd: true))
    }
  }

  @Test func anotherTelegramOfTheSameMeterIsFoundByItsShape() {
    var framer = Framer()
    let first = Self.telegrams[0]
    let second = first.latin1.replacing("00.322", with: "12.918").bytes.rechecked
    framer.take(first + second)
    #expect(framer.next() != nil)
    #expect(framer.endByKnownShape() == first.count + second.count)
    var damaged = second
    damaged[second.count - 12] ^= 1
    framer.take(damaged)
    #expect(framer.next() != nil)
    #expect(framer.endByKnownShape() == nil)
  }
}

extension [UInt8] {
  /// The telegram with the checksum of its bytes.
  fileprivate var rechecked: [UInt8] {
    (prefix { $0 != UInt8(ascii: "!") } + [UInt8(ascii: "!")]).checked
  }
}
