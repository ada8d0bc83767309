import Telegrams
import TestValues
import Testing

/// What real meters and gateways send against the standards.
@Suite struct FramerQuirkTests {
  private static let lines = [
    "0-0:1.0.0(240630235959S)", "1-0:1.7.0(00.321*kW)", "0-0:96.13.0(test-/-test, /ABC5 too)",
  ]
  private static let oldLines = ["1-0:1.8.1(00512.345*kWh)", "0-0:96.13.0(test-/-test)"]
  private static let checked = checkedTelegram(lines)
  private static let old = telegram(oldLines)

  @Test(arguments: [
    "/HLY5/D545-METER", "/HLY5/ABC5-METER", "/NWA-WARMTELINK", "/KAM5", "/X", "/ADN9 6534",
    "/Ene5\\T2 ",
    #"/GRE5\\12341234_A"#, "/KFM5KAIFA-METER (a)",
  ])
  func headersOfMeters(_ header: String) {
    let checked = checkedTelegram(Self.lines, header: header)
    let old = telegram(Self.oldLines, header: header)
    let endless = telegram(Self.oldLines, header: header, end: "")
    for one in [checked, old, endless] {
      for next in [checked, old, endless] {
        #expect(found(one + next) == [taken(one), taken(next)])
      }
    }
  }

  @Test(arguments: ["", "\r\n\r\n", "\r\n\r\n\r\n", "\n\n"])
  func blankLinesAfterTheHeader(_ blank: String) {
    let lineEnd = blank.hasPrefix("\n") ? "\n" : "\r\n"
    for telegram in [Self.checked, Self.old] {
      let body = Array(
        telegram.prefix { $0 != "!" }.replacing("\r\n\r\n", with: lineEnd + blank).utf8)
      let changed =
        telegram == Self.old ? body + "!\r\n".utf8 : (body + "!".utf8).checked
      #expect(Framer.found(in: [changed]) == [taken(changed)])
    }
  }

  @Test func textAroundATelegramIsSkipped() {
    for telegram in [Self.checked, Self.old] {
      for before in ["\0\0\0", "\r\n", "\r\n\r\n", "\0\r\n", "\r\n\0"] {
        #expect(found(before + telegram) == [taken(telegram)])
      }
      // Text that a gateway adds.
      let added = "COM-1 1.04\r\nState: ".bytes + [0xFF, 0xFF] + " ok!\r\n".bytes
      let stream = telegram.bytes + added + telegram.bytes + added
      #expect(Framer.found(in: [stream]) == [taken(telegram), taken(telegram)])
      // A NUL after the telegram, before or after its line end.
      for end in ["\0\r\n", "\0\0\r\n"] {
        let changed = telegram.utf8.dropLast(2) + end.utf8
        #expect(
          Framer.found(in: [changed + changed]) == [taken(Array(changed)), taken(Array(changed))])
      }
      #expect(found(telegram + "\0" + telegram + "\0") == [taken(telegram), taken(telegram)])
    }
  }

  @Test func checksumCoversTheFillerOfAMessage() {
    let filler = [UInt8](repeating: 0xFF, count: 1024)
    let head = telegram(["0-0:1.0.0(240630235959S)"], end: "").bytes
    let telegram = (head + "0-0:96.13.0(".bytes + filler + ")\r\n!".bytes).checked
    #expect(Framer.found(in: [telegram + telegram]) == [taken(telegram), taken(telegram)])
  }

  @Test func telegramCutOffByTheNextAffectsNoOther() {
    let endless = telegram(Self.oldLines, end: "")
    for one in [Self.checked, Self.old, endless] {
      let cut = one.bytes.dropLast(20)
      for next in [Self.checked, Self.old, endless] {
        #expect(Framer.found(in: [cut + next.bytes]) == [.dropped(.cutShort), taken(next)])
      }
    }
  }

  /// Reading began in the middle of a telegram: that telegram is not accepted, even if a text in it
  /// looks like a header, unless reading began with that very byte.
  @Test func telegramWithoutHeaderIsDropped() {
    let old = telegram(["0-0:96.13.0(x/ABC5 y)", "1-0:1.8.1(00512.345*kWh)"])
    for telegram in [Self.checked, Self.old, old] {
      for count in 1..<telegram.utf8.count {
        let rest = telegram.bytes.dropFirst(count)
        guard !rest.starts(with: "/ABC5".utf8) else { continue }
        #expect(Framer.found(in: [rest + Self.checked.bytes]) == [taken(Self.checked)])
      }
    }
  }

  @Test func telegramOfSevenBitsCanBeCutOff() {
    let stream = Array(Self.old.utf8.prefix(50)) + Self.old.utf8
    #expect(
      Framer.found(in: [stream.withParity]) == [.dropped(.cutShort), taken(Self.old)])
  }
}
