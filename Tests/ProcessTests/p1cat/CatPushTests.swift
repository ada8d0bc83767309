import CommandLine
import Encryption
import Foundation
import Records
import Telegrams
import TestSupport
import TestValues
import Testing

/// Meters that push DLMS lists: p1cat makes telegrams of them.
@Suite struct CatPushTests {
  private static let key = "404142434445464748494A4B4C4D4E4F"
  private static let plain = SampleTelegram.numbered()
  private static let norwegian = FrameBuilder.hdlc(SampleList.byPosition(18))
  /// The short list of Aidon.
  private static let aidon = FrameBuilder.hdlc(
    ValueBuilder.notification(
      ValueBuilder.array([
        ValueBuilder.structure([
          ValueBuilder.code(1, 0, 1, 7, 0), ValueBuilder.uint32(1500), ValueBuilder.scale(0, 27),
        ])
      ])))
  private static let norwegianRecord = """
    timestamp=2026-11-30T09:20:05Z
    meter=6970000000000001
    list_version=KFM_001
    meter_type=MA304H3E
    power_import_kw=1.500
    power_export_kw=0.000
    power_reactive_import_kvar=0.020
    power_reactive_export_kvar=0.030
    current_l1_a=4.321
    current_l2_a=1.001
    current_l3_a=0.002
    voltage_l1_v=231.0
    voltage_l2_v=232.1
    voltage_l3_v=233.2
    energy_import_kwh=1234.567
    energy_export_kwh=0.089
    energy_reactive_import_kvarh=1.011
    energy_reactive_export_kvarh=1.213


    """
  private static let austrianRecord = """
    timestamp=2026-11-30T08:20:05Z
    meter=180000000077
    energy_import_kwh=12345.678
    energy_export_kwh=0.009
    power_factor=0.987


    """

  /// The frames of an Austrian meter: M-Bus, encrypted, without a tag.
  private static func austrian(_ counter: UInt32) throws -> [UInt8] {
    let title: [UInt8] = Array("KFMgP".utf8) + [0, 0, 1]
    let key = try #require(MeterKey(hexadecimal: Self.key))
    let vector = InitializationVector(
      title: SystemTitle(value: title.reduce(0) { $0 << 8 | UInt64($1) }), counter: counter)
    let message = FrameBuilder.encrypted(
      title: title, control: 0x20, counter: counter,
      cipherText: try key.applyKeystream(to: SampleList.flat, vector))
    return Array(FrameBuilder.mbus(message, length: 100).joined())
  }

  private func withKey(_ body: (TemporaryDirectory) async throws -> Void) async throws {
    try await TemporaryDirectory.with { directory in
      let path = try directory.write(Self.key, to: "key")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      try await body(directory)
    }
  }

  // MARK: - Files and pipes

  /// From a file, a pipe and the file of --raw, with noise between: the records of p1parse.
  @Test func recordsOfEachMeter() async throws {
    try await withKey { directory in
      let noise: [UInt8] = [0x00, 0x7E, 0x68, 0x68, 0xDB, 0x08, 0x0A]
      let encrypted = try Self.austrian(1) + noise + Self.austrian(2)
      for (stream, records, options) in [
        (Self.norwegian + noise + Self.norwegian, Self.norwegianRecord, ""),
        (encrypted, Self.austrianRecord, "--key-file key"),
      ] {
        let file = URL(filePath: directory.path("stream"))
        try Data(stream).write(to: file)
        for source in ["stream", "<(cat stream)", "- < stream", "--raw raw - < <(cat stream)"] {
          let result = try await Program.bash(
            "p1cat \(options) \(source) | p1parse -q", directory: directory.path
          ).run()
          #expect(result.text == records + records, "\(source)")
          #expect(result.errorText == "", "\(source)")
        }
        #expect(try Data(contentsOf: URL(filePath: directory.path("raw"))) == Data(stream))
        try FileManager.default.removeItem(atPath: directory.path("raw"))
      }
    }
  }

  /// The files of --capture hold the telegrams that were made.
  @Test func captures() async throws {
    try await TemporaryDirectory.with { directory in
      let result = try await Program("p1cat", ["--capture", directory.path]).run(
        input: Self.norwegian + Self.norwegian)
      let names = try directory.names()
      let name = try #require(names.count == 1 ? names.first : nil)
      let text = try directory.text(of: name)
      #expect(text.replacing(/#20\S+Z\n/, with: "") == result.text)
      let records = try await Program("p1parse", ["-q"]).run(input: Array(text.utf8))
      #expect(records.text == Self.norwegianRecord + Self.norwegianRecord)
    }
  }

  /// The port of a meter may be switched from lists to telegrams.
  @Test func telegramsBetweenFrames() async throws {
    let stream = Array(Self.plain.utf8) + Self.norwegian + Array(Self.plain.utf8)
    let result = try await Program("p1cat").run(input: stream)
    #expect(result.text.hasPrefix(Self.plain + "/KFM5MA304H3E\r\n"))
    #expect(result.text.hasSuffix("\r\n" + Self.plain) && result.errorText == "")
  }

  @Test func whatIsNotReadIsLogged() async throws {
    let unknown = ValueBuilder.notification(
      ValueBuilder.structure([ValueBuilder.text("KFM_002"), ValueBuilder.uint32(1)]))
    let oms = FrameBuilder.mbusFrame([0x53, 0xF0, 0x5B, 1, 2, 3, 4])
    var damaged = Self.norwegian
    damaged[40] ^= 1
    for (stream, message) in [
      (
        FrameBuilder.hdlc(unknown),
        "list dropped: unknown list of 2 values; to read it, define \"DLM KFM_002/2\" in a list file, see p1spec(5)"
      ),
      (oms, "frame dropped: not DLMS; wmbusmeters reads other protocols of the M-Bus"),
      (damaged, "frame dropped: wrong checksum"),
      (Self.norwegian.dropLast(9), "frame dropped: incomplete"),
    ] {
      let result = try await Program("p1cat").run(input: Array(stream))
      #expect(result.text == "" && result.status == .success)
      #expect(
        result.messages == [
          "p1cat: standard input: \(message)",
          "p1cat: standard input: no telegram found",
        ])
      let strict = try await Program("p1cat", ["--strict"]).run(input: Array(stream))
      #expect(strict.status == .exited(65))
    }
  }

  @Test func encryptedListsNeedTheKey() async throws {
    let frames = try Self.austrian(1) + Self.austrian(2)
    let without = try await Program("p1cat").run(input: frames)
    #expect(
      without.messages == [
        "p1cat: standard input: no telegram found; it looks like encrypted telegrams with system title "
          + "4B464D6750000001; ask the grid operator for the key, and set SER_KEY_FILE of p1cat"
      ])
    try await withKey { directory in
      let path = try directory.write(String(Self.key.reversed()), to: "wrong")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      let wrong = try await Program("p1cat", ["--key-file", path]).run(input: frames)
      #expect(wrong.text == "")
      #expect(
        wrong.messages == [
          "p1cat: standard input: the telegrams of the meter with system title 4B464D6750000001 "
            + "cannot be decrypted: the key is wrong, or bytes are lost; compare the key with that of the grid operator",
          "p1cat: standard input: no telegram found",
        ])
    }
  }

  // MARK: - Lines

  /// Bytes at the speed of the line, and what p1cat counts of them.
  @Test func lineAt2400Baud() async throws {
    let line = try PseudoTerminal()
    let program = Program("p1cat", [line.path], environment: ["SER_BAUDRATE": "2400"])
    try await program.whileRunning { reader in
      try await line.waitUntilRaw()
      #expect(try line.settings().speed == speed_t(B2400))
      let stream = Array(Self.norwegian.suffix(50)) + Self.norwegian
      // A busy machine may pause for so long that the frame ends: then the meter sends it again.
      let isRead = try await Deadline(in: .seconds(60)).poll {
        // 8E1 has 11 bits a byte.
        let start = ContinuousClock.now
        for index in stride(from: 0, to: stream.count, by: 11) {
          try await Task.sleep(until: start + .milliseconds(50) * (index / 11), clock: .continuous)
          try await line.write(Array(stream[index..<min(index + 11, stream.count)]))
        }
        return try await Deadline(in: .seconds(10)).poll { reader.text.hasSuffix("\r\n") }
      }
      #expect(isRead)
      #expect(reader.text.contains("/KFM5MA304H3E\r\n"))
      try await reader.waitForCounters("telegrams=1")
    }
  }

  /// The first message shows that the line is slow, and the next one is read.
  @Test func speedIsFound() async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", ["-v", line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      let meter = FakeMeter(line, rate: 2400, hasParityBit: true)
      for speed in [B9600, B2400] {
        try await meter.send(Self.norwegian)
        try await reader.wait(for: "another speed") { _ in
          try line.settings().speed == speed_t(speed)
        }
      }
      try await meter.send(Self.norwegian)
      try await reader.waitForOutput("/KFM5MA304H3E\r\n")
      try await reader.waitForError("telegrams at 2400 baud\n")
    }
  }

  /// The first block of a message and the last one of the next message, whose others are lost, are no list.
  @Test func pauseEndsAMessage() async throws {
    let blocks = FrameBuilder.blocks(SampleList.byPosition(13), length: 80)
    let frames = blocks.map { FrameBuilder.hdlc($0) }
    let server = try TCPServer()
    try await Program("p1cat", ["tcp://127.0.0.1:\(server.port)"]).whileRunning { reader in
      let connection = try await server.accept()
      try await connection.write(frames[0])
      try await reader.waitForError("frame dropped: another frame of its message is missing\n")
      try await connection.write(frames[1...].flatMap { $0 } + frames.flatMap { $0 })
      try await reader.waitForOutput("/KFM5MA304H3E\r\n")
      // The next list does not wait for the rest of a frame that was cut short.
      let short = FrameBuilder.hdlc(SampleList.byPosition(1))
      try await connection.write(Array(Self.norwegian.prefix(40)) + short)
      try await reader.waitForCounters("telegrams=2")
    }
  }

  /// The check of a connection finds the speed within its time.
  @Test func connectionIsChecked() async throws {
    let line = try PseudoTerminal()
    let program = Program("p1cat", ["--check", "--connect", line.path])
    try await program.whileRunning { reader in
      try await line.waitUntilRaw()
      let meter = FakeMeter(line, rate: 2400, hasParityBit: true)
      let isDone = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
        try await meter.send(Self.norwegian)
        return reader.text.contains("which begins with /KFM5MA304H3E")
      }
      #expect(isDone)
    }
  }

  /// Lists of 9600 and 115200 baud without parity, also if none is known.
  @Test(arguments: [9600, 115_200]) func fasterLines(_ rate: Int) async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", [line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      let meter = FakeMeter(line, rate: rate)
      let isRead = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
        try await meter.send(Self.norwegian)
        return reader.errorText.contains("telegrams at \(rate) baud\n")
      }
      #expect(isRead)
      try await reader.waitForOutput("/KFM5MA304H3E\r\n")
    }
  }

  /// Another meter may be behind the new connection, so a short list waits until its meter is told.
  @Test func connectionThatIsLost() async throws {
    let server = try TCPServer()
    try await Program("p1cat", ["tcp://127.0.0.1:\(server.port)"]).whileRunning { reader in
      let connection = try await server.accept()
      try await connection.write(Self.norwegian + Self.norwegian.prefix(60))
      try await reader.waitForOutput("/KFM5MA304H3E\r\n")
      connection.close()
      try await reader.waitForError("frame dropped: incomplete\n")
      let next = try await server.accept()
      try await next.write(FrameBuilder.hdlc(SampleList.byPosition(1)) + Self.norwegian)
      // The time does not tell summer from winter, so each telegram has a stamp.
      try await reader.wait(for: "the telegrams") {
        $0.text.split(separator: "#20").count == 3 && $0.text.hasSuffix("\r\n")
      }
      try await reader.waitForOutput(
        "/KFM5MA304H3E\r\n\r\n0-0:1.0.0(261130102005)\r\n0-0:96.1.0(36393730303030303030303030303031)\r\n"
          + "1-0:1.7.0(1.500*kW)\r\n!")
    }
  }

  /// The short list of Aidon has no time, and no number of the meter.
  @Test func listWithoutTimeGetsAStamp() async throws {
    let short = Self.aidon
    let file = try await Program("p1cat").run(input: short)
    #expect(file.text.hasPrefix("/DLM5\r\n\r\n1-0:1.7.0(1.500*kW)\r\n!"))
    let server = try TCPServer()
    let script = "p1cat -n 2 tcp://127.0.0.1:$1 | p1parse"
    try await Program.bash(script, ["\(server.port)"]).whileRunning { pipe in
      let connection = try await server.accept()
      try await connection.write(FrameBuilder.hdlc(SampleList.nested) + short)
      let result = try await pipe.waitForExit(within: .seconds(20))
      let records = result.text.split(separator: "\n\n")
      #expect(records.count == 2 && result.errorText == "")
      for record in records {
        #expect(record.hasPrefix("timestamp=20"), "\(record)")
        #expect(record.contains("\nmeter=7000000000000001\n"), "\(record)")
      }
    }
  }

  /// The short lists before the first one of the meter get its number, and are not taken for unknown ones.
  @Test func shortListsWaitForTheMeter() async throws {
    let kaifa = FrameBuilder.hdlc(SampleList.byPosition(1))
    for (short, long, number) in [
      (Self.aidon, FrameBuilder.hdlc(SampleList.nested), "7000000000000001"),
      (kaifa, Self.norwegian, "6970000000000001"),
    ] {
      let result = try await Program.bash("p1cat --strict - | p1parse -q").run(
        input: short + short + long + short)
      let records = result.text.split(separator: "\n\n")
      #expect(records.count == 4 && result.errorText == "")
      #expect(records.allSatisfy { $0.contains("meter=\(number)\n") }, "\(result.text)")
      #expect(records.map { $0.contains("power_import_kw=1.500") }[0...1] == [true, true])
    }
    // A meter that never tells its number is read all the same.
    let alone = try await Program("p1cat").run(
      input: Array((0..<20).map { _ in Self.aidon }.joined()))
    #expect(alone.text.split(separator: "!").count == 21)
  }

  /// They are no records of another meter if the connection is lost, or reading is stopped, before the number comes. A
  /// list that cannot be read does not end the wait.
  @Test func shortListsOfAnUnknownMeterAreDropped() async throws {
    let server = try TCPServer()
    try await Program("p1cat", ["tcp://127.0.0.1:\(server.port)"]).whileRunning { reader in
      let connection = try await server.accept()
      try await connection.write(Self.aidon)
      connection.close()
      try await reader.waitForError(
        "1 list dropped: reading ended before the meter told its number\n")
      let next = try await server.accept()
      let unreadable = FrameBuilder.hdlc([0x0F, 0xFF])
      let nested = FrameBuilder.hdlc(SampleList.nested)
      try await next.write(Self.aidon + unreadable + nested + Self.aidon)
      try await reader.wait(for: "the telegrams") {
        $0.text.split(separator: "/").count == 4 && $0.text.hasSuffix("\r\n")
      }
      let text = String(decoding: reader.output(from: 0), as: UTF8.self)
      #expect(text.components(separatedBy: "0-0:96.1.0(").count == 4)
      next.close()
      let last = try await server.accept()
      try await last.write(Self.aidon + Self.aidon + Array(Self.plain.utf8))
      try await reader.waitForOutput(text + Self.plain)
      reader.send(signal: SIGTERM)
      let result = try await reader.waitForExit(within: .seconds(20))
      #expect(result.text == text + Self.plain && result.status == .exited(0))
      #expect(
        result.errorText.hasSuffix(
          "2 lists dropped: reading ended before the meter told its number\n"))
    }
  }

  /// A meter that never tells its number is read all the same, with the times of receipt.
  @Test func waitForTheNumberEnds() async throws {
    let server = try TCPServer()
    let arguments = ["-n", "2", "--stamp", "tcp://127.0.0.1:\(server.port)"]
    try await Program("p1cat", arguments).whileRunning { reader in
      let connection = try await server.accept()
      let (start, begin) = (Timestamp.now, ContinuousClock.now)
      try await connection.write(Self.aidon + Self.aidon)
      let result = try await reader.waitForExit(within: .seconds(40))
      let stamps = result.text.matches(of: /#(\S+)\n/).compactMap {
        Timestamp(Array($0.1.utf8).span)
      }
      #expect(stamps.count == 2 && stamps.allSatisfy { $0.seconds < start.seconds + 10 })
      #expect(.now - begin > .seconds(14))
    }
  }

  @Test func ownListsAreRead() async throws {
    try await TemporaryDirectory.with { directory in
      let unknown = FrameBuilder.hdlc(
        ValueBuilder.notification(
          ValueBuilder.structure([ValueBuilder.text("KFM_002"), ValueBuilder.uint32(1)])))
      try directory.write(
        #"{"KFM KFM_002/2": [["List", None, "text"], ["Power", "1-0:1.7.0", "10 W"]]}"#,
        to: "lists.py")
      let settings = ["P1_LIST_FILE": "lists.py"]
      let read = Program("p1cat", environment: settings, directory: directory.path)
      let result = try await read.run(input: unknown)
      #expect(result.text.hasPrefix("/KFM5\r\n\r\n1-0:1.7.0(0.01*kW)\r\n!"))
      #expect(result.errorText == "")
      try directory.write(#"{"KFM": [["Power", "1.7", "W"]]}"#, to: "lists.py")
      let wrong = try await read.run(input: unknown)
      #expect(wrong.status == .exited(78))
      #expect(
        wrong.errorText
          == "p1cat: lists.py:1:20: \"1.7\" is not an OBIS code such as 1-0:1.8.1\n")
      let print = Program(
        "p1cat", ["--print-lists"], environment: settings, directory: directory.path)
      let printed = try await print.run()
      #expect(printed.status == .success)
      try directory.write(printed.text, to: "lists.py")
      #expect(try await read.run(input: Self.norwegian).text.hasPrefix("/KFM5MA304H3E\r\n"))
    }
  }
}
