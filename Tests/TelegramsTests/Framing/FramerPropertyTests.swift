import Telegrams
import TestValues
import Testing

/// Properties of all streams, whatever pieces they come in and whatever is between the telegrams.
@Suite struct FramerPropertyTests {
  private static let checked = checkedTelegram(
    ["1-3:0.2.8(50)", "0-0:1.0.0(240630235959S)", "0-0:96.13.0(x/ABC5 y)"], header: "/HLY5/D545-X")
  private static let other = checkedTelegram(
    ["0-0:96.1.4(50217)", "0-0:1.0.0(240701000000S)", "1-0:1.7.0(00.322*kW)"], header: "/KAM5")
  private static let old = telegram(["1-0:1.8.1(00512.345*kWh)", "0-0:96.13.0()"])
  private static let bare = telegram(["0-0:1.0.0(240701000000S)", "1-0:1.7.0(00.322*kW)"])
  private static let telegrams = [checked, other, old]

  // MARK: - Pieces of any size

  @Test(arguments: [Framer.Checksums.verified, .ignored])
  func eventsAreTheSameInAnyPieces(_ checksums: Framer.Checksums) {
    var generator = SeededGenerator(seed: 34)
    for round in 0..<300 {
      var stream: [UInt8] = []
      for _ in 0..<6 {
        var part = ((Self.telegrams + [Self.bare]).randomElement(using: &generator) ?? "").bytes
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: part.removeLast(Int.random(in: 1..<part.count, using: &generator))
        case 1: part.removeFirst(Int.random(in: 1..<part.count, using: &generator))
        case 2: part[Int.random(in: part.indices, using: &generator)] = generator.bytes(1...1)[0]
        case 3: part += generator.bytes(0...80, from: "/!(\r\nAb5#0-:1.\0".bytes + [0xFF, 0xAF])
        case 4: part = part.withParity
        default: break
        }
        stream += part
      }
      let whole = Framer.found(in: [stream], checksums: checksums)
      let pieces = generator.pieces(of: stream, longest: [1, 7, 300][round % 3])
      if Framer.found(in: pieces, checksums: checksums) != whole { Issue.record("\(stream)") }
    }
  }

  // MARK: - Noise

  @Test(arguments: [Framer.Checksums.verified, .ignored])
  func noiseBetweenTelegramsChangesNothing(_ checksums: Framer.Checksums) {
    var generator = SeededGenerator(seed: 35)
    let alphabets: [[UInt8]] = [
      Array(0...255), "/!#\r\n\0".bytes + [0xFF, 0xAF], "/!#\r\nAbc5\0 ".bytes + [0xAF], [0xFF],
      "/ABC5".bytes,
    ]
    for round in 0..<300 {
      let longest = round.isMultiple(of: 20) ? 40_000 : 300
      let noises = (0...3).map { _ in
        // Without a bracket it holds no value, so it is not a telegram.
        generator.bytes(0...longest, from: alphabets[round % alphabets.count])
          .filter { $0 & 0x7F != UInt8(ascii: "(") } + "\r\n".utf8
      }
      let telegrams = Self.telegrams.shuffled(using: &generator)
      let stream =
        zip(noises, telegrams).flatMap { $0 + $1.utf8 } + noises[3]
      let found = Framer.found(
        in: generator.pieces(of: stream, longest: 5000), checksums: checksums)
      if found.telegrams != telegrams.map({ taken($0) }) { Issue.record("\(stream)") }
    }
  }

  // MARK: - Too long

  @Test(arguments: [Framer.Checksums.verified, .ignored])
  func tooLongTelegramAffectsNoOther(_ checksums: Framer.Checksums) {
    let most = Framer.maximumTelegramLength
    let line = "0-0:96.13.0(" + String(repeating: "20", count: 2000) + ")"
    let lie = line.replacing("2020)", with: "/QQQ5)")
    let expected = [taken(Self.checked), .dropped(.tooLong), taken(Self.other)]
    for lines in [
      Array(repeating: line, count: 5), [String(repeating: line, count: 5)],
      Array(repeating: lie, count: 5), [String(repeating: lie, count: 5)],
      Array(repeating: "1-0:1.7.0(1*kW)", count: 1000), Array(repeating: "", count: most),
      [String(repeating: "x", count: 3 * most)],
    ] {
      for header in ["/ABC5", "/HLY5/ABC5-X"] {
        let stream = (Self.checked + checkedTelegram(lines, header: header) + Self.other).bytes
        for size in [1000, most, most + 1, stream.count] {
          let pieces = stride(from: 0, to: stream.count, by: size).map {
            Array(stream[$0..<min(stream.count, $0 + size)])
          }
          #expect(Framer.found(in: pieces, checksums: checksums) == expected)
        }
      }
    }
    // An invalid header in the middle of a line.
    let lines = Array(repeating: "x/QQQ5 y", count: 4000)
    let found = found(Self.checked + checkedTelegram(lines) + Self.other, checksums: checksums)
    #expect(found.telegrams == [taken(Self.checked), taken(Self.other)])
    // The maximum length, and one byte more.
    let room = most - checkedTelegram([""]).utf8.count
    for (length, isTaken) in [(room, true), (room + 1, false)] {
      let telegram = checkedTelegram(["(" + String(repeating: "x", count: length - 1)])
      #expect(
        Framer.found(in: [telegram.bytes], checksums: checksums)
          == [isTaken ? taken(telegram) : .dropped(.tooLong)])
    }
  }

  @Test func telegramInsideATooLongOneIsFound() {
    let lines = Array(repeating: "1-0:1.7.0(1*kW)", count: 900)
    for cut in ["x", "1-0:1.8.1(00", "x/QQQ5\r\ny", "/QQQ5\r\nx/QQQ5\r\ny"] {
      let head = telegram(lines, header: "/ABC5", end: "") + cut
      for telegram in [Self.checked, Self.old] {
        let stream = head + telegram.replacing("!", with: lines.joined(separator: "\r\n") + "\r\n!")
        #expect(found(stream + telegram).last == taken(telegram))
        #expect(found(head + telegram).last == taken(telegram))
      }
    }
  }

  @Test func searchForAHeaderIsBounded() {
    for length in [10, 200, 300, 5000, 40_000] {
      let header = "/ABC5" + String(repeating: "x", count: length)
      let telegram = checkedTelegram(["1-0:1.7.0(1*kW)"], header: header)
      #expect(found(telegram).map(\.isTelegram) == (length > 255 ? [] : [true]))
      #expect(found(telegram + Self.checked).telegrams.last == taken(Self.checked))
    }
  }
}
