import Telegrams
import TestValues
import Testing

/// One damaged byte in a telegram with a checksum: whichever byte it is and whatever its new value,
/// the telegram is dropped, and the next one is accepted.
@Suite struct FramerDamageTests {
  /// The form of a telegram, and of its checksum.
  enum Shape: CaseIterable {
    case slashes, belgian, shortChecksum, brackets, lineFeeds

    /// The telegram, without its checksum.
    private func body(_ number: Int) -> [UInt8] {
      let lines: [String] =
        switch self {
        case .slashes:
          [
            "1-3:0.2.8(50)", "0-0:1.0.0(240630235959S)",
            "0-0:96.13.0(test-/-test/ABC5 !A \(number))",
          ]
        case .belgian, .shortChecksum:
          [
            "0-0:96.1.4(50217)", "0-0:96.1.1(\(number))", "1-0:1.7.0(00.321*kW)",
            "0-0:1.0.0(240630235959S)",
          ]
        case .brackets:
          [
            "0-0:1.0.0(240630235959S)", "0-0:98.1.0", "(", "0-0:1.0.0(240601000000T)", ")",
            "0-0:96.13.0(####)", "1-0:1.7.0(\(number)*kW)", "",
          ]
        case .lineFeeds: ["0-0:1.0.0(240630235959S)", "1-0:1.7.0(\(number)*kW)"]
        }
      let header = self == .slashes ? "/HLY5/D545-METER" : #"/FLU5\2"#
      return telegram(lines, header: header).utf8.dropLast(2).map { $0 == 0x23 ? 0xFF : $0 }
    }

    private func suits(_ digits: [UInt8]) -> Bool {
      let letters = digits.count { $0 >= UInt8(ascii: "A") }
      let isPadded = digits.first == UInt8(ascii: "0")
      return switch self {
      case .slashes, .lineFeeds: letters > 1
      case .belgian, .shortChecksum: isPadded && letters == 1
      case .brackets: letters == 1 && !isPadded
      }
    }

    var whole: [UInt8]? {
      let found = (0..<1000).lazy.map { body($0).checked }.first { suits($0.suffix(6).dropLast(2)) }
      guard let found else { return nil }
      return switch self {
      case .slashes, .belgian, .brackets: found
      case .shortChecksum: found.dropLast(6) + found.suffix(5)
      case .lineFeeds: found.filter { $0 != UInt8(ascii: "\r") }
      }
    }
  }

  private static let next = checkedTelegram(["0-0:1.0.0(240701000000S)"], header: "/KAM5").bytes

  @Test(arguments: Shape.allCases)
  func damagedByteDropsTheTelegramAndNoOther(_ shape: Shape) throws {
    let whole = try #require(shape.whole)
    let mark = try #require(whole.lastIndex(of: UInt8(ascii: "!")))
    let lineEnd = try #require(
      whole[mark...].firstIndex { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") })
    let digits = whole[(mark + 1)..<lineEnd]
    #expect(telegrams(in: whole + Self.next) == [whole, Self.next])
    var stream = whole + Self.next
    for index in 0..<lineEnd {
      for other in UInt8.min...UInt8.max where other != whole[index] {
        stream[index] = other
        let taken = telegrams(in: stream)
        // If the checksum has one letter, the other case of that letter is the same checksum.
        let isSame =
          index > mark && other == whole[index] ^ 0x20 && other >= UInt8(ascii: "a")
          && digits.count { $0 >= UInt8(ascii: "A") } == 1
        if taken != (isSame ? [Array(stream[..<whole.count]), Self.next] : [Self.next]) {
          Issue.record("byte \(index) became \(other): \(taken.map(\.latin1))")
        }
      }
      stream[index] = whole[index]
    }
  }

  private func telegrams(in stream: [UInt8]) -> [[UInt8]] {
    var framer = Framer()
    framer.take(stream)
    var telegrams: [[UInt8]] = []
    while let event = framer.next(atEnd: true) {
      if case .telegram(let telegram) = event {
        telegrams.append(Array(framer.bytes[telegram.range]))
      }
    }
    return telegrams
  }

  // MARK: - The checksum

  @Test func lettersOfAChecksumAreOfOneCase() {
    let (body, digits) = (Array(FramerDamageTests.lettered.dropLast(6)), FramerDamageTests.digits)
    #expect(digits.count { $0.isLetter } > 1)
    for printed in [digits, digits.lowercased()] {
      let telegram = body + "\(printed)\r\n".utf8
      #expect(Framer.found(in: [telegram]) == [taken(telegram)])
    }
    let mixed = digits.replacing(/[A-F]/, maxReplacements: 1) { $0.output.lowercased() }
    let found = Framer.found(in: [body + "\(mixed)\r\n".utf8])
    #expect(found.map(\.isTelegram) == [false])
  }

  private static let lettered =
    (0..<100).lazy.map {
      checkedTelegram(["0-0:1.0.0(240630235959S)", "1-0:1.7.0(\($0)*kW)"]).bytes
    }
    .first { $0.suffix(6).count { $0 >= UInt8(ascii: "A") } > 2 } ?? []
  private static let digits = Array(lettered.suffix(6).dropLast(2)).text

  /// A `!` without checksum, in a telegram that should have one.
  @Test(arguments: [
    // The meter prints no checksum.
    ("\r\n", "", true), ("\n", "", true), ("\r\n", "\r\n", true), ("\r\n", "noise\r\n", true),
    ("\r\n", "12345\r\n", true), ("\r\n", "12 V\r\n", true), ("\r\n", "\0", true),
    // The first digit of the checksum became a line end.
    ("\n", "95D\r\n", false), ("\n", "5\r\n", false), ("\n", "395d\n", false),
    ("\n", "95D\0\r\n", false), ("\n", "95D", false), ("\n", "9", false), ("\r", "95D\r\n", false),
    // A byte of another line became the `!`.
    ("\r\n", "0-0:1.0.0(1)\r\n", false), ("\r\n", "(1)\r\n", false), ("\r\n", "!395D\r\n", false),
  ])
  func telegramWithoutChecksumIsAcceptedUnlessDamaged(
    _ lineEnd: String, _ rest: String, _ isTaken: Bool
  ) {
    for line in ["0-0:1.0.0(240630235959S)", "1-3:0.2.8(50)", "0-0:96.1.4(50217)"] {
      let telegram = telegram([line, "1-0:1.7.0(1*kW)"]).utf8.dropLast(2) + lineEnd.utf8
      let next = "\r\n" + checkedTelegram(["0-0:1.0.0(240701000000S)"])
      let streams = rest.isEmpty || rest.hasSuffix("\n") ? [rest, rest + next] : [rest]
      for stream in streams.map({ telegram + $0.utf8 }) {
        let found = Framer.found(in: [stream])
        #expect(found == Framer.found(in: stream.map { [$0] }))
        #expect(found.contains(taken(Array(telegram))) == isTaken)
        #expect(!isTaken || found.first == taken(Array(telegram)))
        if stream.count > telegram.count + rest.utf8.count {
          #expect(found.last?.isTelegram == true)
        }
      }
    }
  }

  /// Only for a telegram that should have a checksum are the next bytes needed.
  @Test func telegramOfDSMR22IsThereAtOnce() {
    for (line, isAtOnce) in [
      ("1-0:1.8.1(1*kWh)", true), ("0-0:1.0.0(240630235959S)", false),
      ("0-0:96.1.4(50217)", false),
    ] {
      var framer = Framer()
      framer.take(telegram([line, "1-0:1.7.0(1*kW)"]).bytes)
      #expect(framer.found(atEnd: false).count == (isAtOnce ? 1 : 0))
      framer.take("/".bytes)
      #expect(framer.found(atEnd: false).count == (isAtOnce ? 0 : 1))
    }
  }

  /// Polish meters encrypt the lines between the header and the checksum, which is right.
  @Test func encryptedLinesAreNoTelegram() {
    let whole = checkedTelegram(["1-0:1.7.0(1*kW)"])
    let encrypted = checkedTelegram(["\0\u{1}0(1*kW)"])
    #expect(found(encrypted + whole) == [.dropped(.encrypted), taken(whole)])
    #expect(found(whole + encrypted) == [taken(whole), .dropped(.encrypted)])
  }

  // MARK: - Without checksums

  @Test func checksumsCanBeIgnored() {
    let whole = checkedTelegram(["0-0:1.0.0(240630235959S)", "1-0:1.7.0(1*kW)"])
    let body = String(whole.utf8.dropLast(6)) ?? ""
    for printed in ["FFFF", "XYZW", "aB12", "", "12"] {
      let telegram = body + printed + "\r\n"
      #expect(found(telegram + whole, checksums: .ignored) == [taken(telegram), taken(whole)])
    }
    let endless = String(whole.utf8.dropLast(7)) ?? ""
    #expect(found(endless + whole, checksums: .ignored) == [taken(endless), taken(whole)])
    #expect(found(whole + endless, checksums: .ignored) == [taken(whole), taken(endless)])
    // No value in it, too long, or the next telegram in it.
    let empty = telegram([], end: "!FFFF")
    #expect(
      found(empty + whole, checksums: .ignored).map(\.isTelegram) == [false, true])
    let long = telegram(["0-0:96.13.0(" + String(repeating: "20", count: 9000) + ")"], end: "!FFFF")
    #expect(found(long + whole, checksums: .ignored) == [.dropped(.tooLong), taken(whole)])
    for inner in [whole, body + "FFFF\r\n", body + "\r\n", endless] {
      #expect(
        found(endless.dropLast(10) + inner + whole, checksums: .ignored)
          == [.dropped(.cutShort), taken(inner), taken(whole)])
    }
    // Text is not a telegram.
    let text = telegram(["0-0:96.13.0(x/ABC5 y)"], end: "!FFFF")
    #expect(found(text, checksums: .ignored) == [taken(text)])
  }
}
