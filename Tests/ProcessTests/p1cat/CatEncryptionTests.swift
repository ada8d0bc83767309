import Foundation
import TestSupport
import TestValues
import Testing

/// Telegrams of encrypted ports, from the simulated meter.
@Suite struct CatEncryptionTests {
  private static let key = "000102030405060708090A0B0C0D0E0F"
  private static let wrongKey = "F0E0D0C0B0A090807060504030201000"
  private static let options = "start=2026-01-01T12:00:00Z,rate=max"

  /// A directory with the keys, and with the frames of three telegrams.
  private func withFrames(
    _ body: (TemporaryDirectory, _ frames: [UInt8], _ plain: String) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      for (name, text) in [("key", Self.key), ("wrong", Self.wrongKey), ("short", "0011")] {
        try secret(text + "\n", name, directory)
      }
      let source = "sim:count=3,key=\(Self.key),\(Self.options)"
      try await Program("p1cat", ["--raw", directory.path("frames.raw"), source]).run()
      let frames = try Data(contentsOf: URL(filePath: directory.path("frames.raw")))
      let plain = try await Program("p1cat", ["sim:count=3,\(Self.options)"]).run()
      try await body(directory, Array(frames), plain.text)
    }
  }

  private func secret(_ text: String, _ name: String, _ directory: TemporaryDirectory) throws {
    let path = try directory.write(text, to: name)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  @Test func framesBecomeTelegrams() async throws {
    try await withFrames { directory, frames, plain in
      let key = directory.path("key")
      let results = [
        try await Program("p1cat", ["--key-file", key, directory.path("frames.raw")]).run(),
        try await Program("p1cat", environment: ["SER_KEY_FILE": key]).run(input: frames),
        try await Program("p1cat", ["--key-file", key]).run(
          input: frames.reduce(into: []) { $0 += $1 == 0xDB ? [0xDB, $1] : [$1] } + frames),
      ]
      for result in results { #expect(result.status == .success) }
      #expect(results.map(\.text).prefix(2) == [plain, plain])
      #expect(results[0].errorText == "" && results[2].text.hasSuffix(plain))
    }
  }

  /// A credential of systemd has the name of the setting.
  @Test func keyMayBeACredential() async throws {
    try await withFrames { directory, frames, plain in
      try secret(Self.key, "SER_KEY_FILE", directory)
      let result = try await Program(
        "p1cat", environment: ["CREDENTIALS_DIRECTORY": directory.path]
      ).run(input: frames)
      #expect(result.status == .success && result.text == plain)
    }
  }

  /// What can be known at the start ends p1cat, and shows nothing of a key.
  @Test func keysThatCannotBeUsed() async throws {
    try await withFrames { directory, _, _ in
      let short = directory.path("short")
      let open = try directory.write(Self.key, to: "open")
      for (arguments, status, message) in [
        (
          ["--key-file", short], 78,
          "\(short):1: 4 hexadecimal digits; a key has 32, and a system title before it 16"
        ),
        (["--key-file", open], 77, "\(open): others can read this secret; use chmod o= \(open)"),
        (["--key-file", "none"], 78, "none: No such file or directory"),
        (
          ["--auth-key-file", short], 64,
          "--auth-key-file: the encryption key is missing; set --key-file or SER_KEY_FILE"
        ),
      ] {
        let result = try await Program("p1cat", arguments + ["sim:count=1"]).run()
        #expect(result.status == .exited(Int32(status)))
        #expect(result.errorText == "p1cat: \(message)\n" && result.text == "")
      }
      let check = try await Program(
        "p1cat", ["--check"], environment: ["SER_KEY_FILE": directory.path("key")]
      ).run()
      #expect(check.status == .success && !check.text.contains(Self.key))
    }
  }

  /// A pipe may never end.
  @Test func aPipeWithoutAKeyIsLogged() async throws {
    try await withFrames { _, frames, _ in
      try await Program("p1cat").whileRunning { reader in
        while reader.errorText.isEmpty { try await reader.write(frames) }
        try await reader.waitForError(
          "p1cat: standard input: no telegram in the first 4096 bytes; they look like encrypted telegrams with system "
            + "title 53494D0000000001; ask the grid operator for the key, and set SER_KEY_FILE of p1cat\n"
        )
        reader.closeInput()
        try await reader.waitForError("p1cat: standard input: no telegram found\n")
      }
    }
  }

  @Test func aWrongKeyMakesNoTelegram() async throws {
    try await withFrames { directory, frames, _ in
      let result = try await Program(
        "p1cat", ["--key-file", directory.path("wrong"), "--stats", "60"]
      ).run(input: frames)
      #expect(result.text == "")
      #expect(
        result.messages == [
          "p1cat: standard input: the telegrams of the meter with system title 53494D0000000001 "
            + "cannot be decrypted: the key is wrong, or bytes are lost; compare the key with that of the grid operator",
          "p1cat: standard input: no telegram found",
        ])
      let strict = try await Program(
        "p1cat", ["--key-file", directory.path("wrong"), "--strict"]
      ).run(input: frames)
      #expect(strict.status == .exited(65))
      var damaged = frames
      damaged[frames.count / 2] ^= 1
      let lost = try await Program(
        "p1cat", ["--key-file", directory.path("key"), "--strict"]
      ).run(input: damaged)
      #expect(lost.status == .exited(65))
      #expect(
        lost.messages == [
          "p1cat: standard input: telegram dropped: damaged encrypted frame",
          "p1cat: standard input: 1 telegram dropped",
        ])
    }
  }

  @Test func theStatusTellsOfAWrongKey() async throws {
    try await withFrames { directory, _, _ in
      let status = try directory.write("", to: "status")
      let source = "sim:key=\(Self.key),rate=100"
      try await Program(
        "p1cat", ["-q", "--key-file", directory.path("wrong"), source],
        environment: ["P1_STATUS": status]
      ).whileRunning { reader in
        try await reader.wait(for: "the problem") { _ in
          try directory.text(of: "status")
            == "p1cat: sim:key=(secret),rate=100: the telegrams of the meter with system title 53494D0000000001 "
            + "cannot be decrypted: the key is wrong, or bytes are lost; compare the key with that of the grid operator\n"
        }
      }
    }
  }

  /// Attached in the middle of a frame, with bytes in pieces, as a serial line brings them.
  @Test func aSerialLineIsRead() async throws {
    try await withFrames { directory, frames, plain in
      let line = try PseudoTerminal()
      let arguments = ["--key-file", directory.path("key"), line.path]
      try await Program("p1cat", arguments).whileRunning { reader in
        try await line.waitUntilRaw()
        let stream = Array(frames[200...] + frames)
        for start in stride(from: 0, to: stream.count, by: 62) {
          try await line.write(Array(stream[start..<min(start + 62, stream.count)]))
        }
        try await reader.wait(for: "the telegrams") { $0.text.hasSuffix(plain) }
        #expect(try line.settings().speed == speed_t(B115200))
        reader.send(signal: SIGUSR1)
        try await reader.waitForError(" replays=3\n")
        #expect(reader.errorText.contains(" decrypted=5 decryption_failures=0 wrong_tags=0 "))
      }
    }
  }

  @Test func policies() async throws {
    try await withFrames { directory, frames, plain in
      let key = ["--key-file", directory.path("key")]
      let replay = try await Program("p1cat", key + ["--reject-replay"]).run(input: frames + frames)
      #expect(replay.text == plain)
      #expect(
        replay.errorText
          == "p1cat: standard input: the meter with system title 53494D0000000001: frame counter 1 follows 3; "
          + "the telegram may have been recorded before; rejecting it; if the key was changed, restart p1cat\n"
      )
      let otherKey = ["--auth-key-file", directory.path("wrong")]
      let strict = try await Program("p1cat", key + otherKey + ["--strict-tag"]).run(input: frames)
      #expect(strict.text == "")
      #expect(
        strict.messages == [
          "p1cat: standard input: rejecting telegrams of the meter with system title 53494D0000000001 "
            + "with a wrong authentication tag; check the key in SER_AUTH_KEY_FILE",
          "p1cat: standard input: no telegram found",
        ])
    }
  }

  /// The problem is the failure, and is not logged as well.
  @Test func aWrongKeyFailsTheCheckOfAConnection() async throws {
    try await withFrames { directory, frames, _ in
      let line = try PseudoTerminal()
      let arguments = ["--check", "--connect", "-t", "2", "--key-file", directory.path("wrong")]
      try await Program("p1cat", arguments + [line.path]).whileRunning { reader in
        try await line.waitUntilRaw()
        try await line.write(frames)
        let result = try await reader.waitForExit()
        #expect(result.status == .exited(78))
        #expect(
          result.errorText
            == "p1cat: \(line.path): the telegrams of the meter with system title 53494D0000000001 "
            + "cannot be decrypted: the key is wrong, or bytes are lost; compare the key with that of the grid operator\n"
        )
      }
    }
  }

  /// The same records as without encryption, in the files of --capture and of p1capture.
  @Test func capturesArePlain() async throws {
    try await withFrames { directory, frames, plain in
      let key = directory.path("key")
      try FileManager.default.createDirectory(
        atPath: directory.path("captures"), withIntermediateDirectories: false)
      let captures = directory.path("captures")
      try await Program("p1cat", ["--key-file", key, "--capture", captures]).run(input: frames)
      let file = "captures/telegrams-2026-01-01.p1"
      let captured = try directory.text(of: file)
      #expect(captured.replacing(/#20\S+Z\n/, with: "") == plain)
      try await Program(
        Repository.path("scripts/p1capture"), ["-d", captures, directory.path("frames.raw")],
        environment: ["SER_KEY_FILE": key, "P1_BIN": ToolPaths.directory]
      ).run()
      let added = try directory.text(of: file).dropFirst(captured.count)
      #expect(added.contains("/SIM5") && plain.hasPrefix(added.replacing(/#20\S+Z\n/, with: "")))
    }
  }

  /// The source of p1capture can be that of SER_PORT, whose key is in no message. The files of p1cat do not matter.
  @Test func encryptedSimulationIsCaptured() async throws {
    try await withFrames { directory, _, _ in
      try await Program(
        Repository.path("scripts/p1capture"), ["-d", directory.path],
        environment: [
          "SER_KEY_FILE": directory.path("key"), "SER_PORT": "sim:key=\(Self.key),rate=100",
          "P1_CAPTURE": "/no/such", "P1_RAW": "/no/such", "P1_BIN": ToolPaths.directory,
        ]
      ).run()
      #expect(try directory.names().contains { $0.hasPrefix("telegrams-") })
    }
  }

  /// A service reads its meter also if the directory of the file is missing.
  @Test func missingRawDirectoryInAService() async throws {
    let service = ["NOTIFY_SOCKET": "/nonexistent", "P1_RAW": "/no/such"]
    let result = try await Program("p1cat", ["--check", "sim:"], environment: service).run()
    #expect(result.status == .exited(0))
    #expect(
      result.errorText
        == "p1cat: /no/such: No such file or directory; received bytes are not written to it\n")
  }

  /// A file of an earlier day is set aside, and p1capture compresses it.
  @Test func rawBytesOutliveAKeyThatComesLate() async throws {
    try await withFrames { directory, frames, plain in
      let file = directory.path("frames.raw")
      let yesterday = Date.now.addingTimeInterval(-86_400)
      try FileManager.default.setAttributes([.modificationDate: yesterday], ofItemAtPath: file)
      try await Program("p1cat", ["--raw", file]).run(input: frames)
      try directory.write("a photograph", to: "IMG-2020-01-01.raw")
      let day = yesterday.formatted(.iso8601.year().month().day())
      #expect(try directory.names().contains("frames-\(day).raw"))
      #expect(try Data(contentsOf: URL(filePath: file)) == Data(frames))
      try await Program(
        Repository.path("scripts/p1capture"), ["-z"],
        environment: ["P1_BIN": ToolPaths.directory, "P1_RAW": file]
      ).run()
      let names = try directory.names()
      #expect(
        names.contains("frames.raw") && names.contains("IMG-2020-01-01.raw")
          && names.contains("frames-\(day).raw.gz"))
      let script = "gzip -dc frames-*.gz | cat - frames.raw | p1cat --key-file key"
      let result = try await Program.bash(script, directory: directory.path).run()
      #expect(result.text == plain + plain)
    }
  }

  @Test func rawFileThatCannotBeWritten() async throws {
    let result = try await Program("p1cat", ["--raw", "/no/such", "sim:count=1"]).run()
    #expect(result.status == .exited(73))
    #expect(result.errorText == "p1cat: /no/such: No such file or directory\n")
  }

  /// Frames of other projects, in a folder beside the package.
  @Test func framesOfOthers() async throws {
    let folder = Repository.path("../shared/telegrams")
    guard FileManager.default.fileExists(atPath: folder) else {
      print("skipped: there is no \(folder)")
      return
    }
    try await TemporaryDirectory.with { directory in
      try secret("0123456789abcdef0123456789abcdef", "lu", directory)
      try secret("FFEEDDCCBBAA99887766554433221100", "auth", directory)
      try secret(String(repeating: "AA", count: 16), "at", directory)
      // The telegrams of the specification of Luxembourg have a wrong checksum.
      for (name, options) in [
        ("at-5.0-esphomelibs-enc-1", ["--key-file", "at"]),
        (
          "lu-42spec-nodedsmr-enc-withaad",
          ["--no-check", "--key-file", "lu", "--auth-key-file", "auth", "--strict-tag"]
        ),
        ("lu-42spec-nodedsmr-enc-withoutaad", ["--no-check", "--key-file", "lu"]),
      ] {
        let result = try await Program(
          "p1cat", options + ["\(folder)/\(name).bin"], directory: directory.path
        ).run()
        let plain = try String(contentsOfFile: "\(folder)/\(name).plain.p1", encoding: .utf8)
        #expect(result.text == (plain.hasSuffix("\r\n") ? plain : plain + "\r\n"), "\(name)")
      }
    }
  }
}
