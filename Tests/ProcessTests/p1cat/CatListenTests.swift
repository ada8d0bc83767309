import Foundation
import TestSupport
import TestValues
import Testing

/// `--listen`: telegrams for TCP clients.
@Suite struct CatListenTests {
  private static let first = SampleTelegram.numbered(1)
  private static let second = SampleTelegram.numbered(2)
  private static let third = SampleTelegram.numbered(3)
  private static let fourth = SampleTelegram.numbered(4)

  /// Telegrams that differ, 4 MB of them.
  private static let telegrams = Shared {
    let source = "sim:start=2026-01-01T18:00:00Z,count=4000,rate=max"
    let result = try await Program("p1cat", [source]).run()
    return result.text.split(separator: "/SIM5").map { "/SIM5\($0)" }
  }

  /// Runs p1cat on a pipe.
  private func listening(
    _ options: [String] = [], address: String = "",
    _ body: (RunningProgram, Int) async throws -> Void
  ) async throws {
    let port = Loopback.freePorts(1)[0]
    let program = Program("p1cat", ["-v", "--listen", "\(address)\(port)"] + options)
    try await program.whileRunning { try await body($0, port) }
  }

  /// Connects, and waits until p1cat knows the client.
  private func connect(
    _ port: Int, to reader: RunningProgram, host: String = "127.0.0.1", reads: Bool = true
  ) async throws -> TCPClient {
    let client = try await TCPClient(host: host, port: port, reads: reads)
    try await reader.waitForError("\(client.name) connected\n")
    return client
  }

  // MARK: - Telegrams

  @Test func everyClientGetsWholeTelegramsWithoutStamps() async throws {
    try await listening(["--stamp"]) { reader, port in
      let one = try await connect(port, to: reader)
      let other = try await connect(port, to: reader)
      try await reader.write("noise\r\n" + Self.first + Self.second.prefix(100))
      try await one.wait(for: Self.first)
      // A client that comes in the middle of a telegram gets it as a whole.
      let late = try await connect(port, to: reader)
      try await reader.write(String(Self.second.dropFirst(100)))
      try await late.wait(for: Self.second)
      try await one.wait(for: Self.first + Self.second)
      try await other.wait(for: Self.first + Self.second)
      reader.closeInput()
      let result = try await reader.waitForExit()
      #expect(result.status == .success)
      let stamp = /#2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d*Z\n/
      #expect(result.text.replacing(stamp, with: "") == Self.first + Self.second)
      #expect(result.text.matches(of: stamp).count == 2)
      for client in [one, other, late] { try await client.waitForEnd() }
    }
  }

  @Test(arguments: [("[::1]:", "::1"), ("[::]:", "127.0.0.1"), ("127.0.0.2:", "127.0.0.2")])
  func addressIsListenedOn(_ address: String, _ host: String) async throws {
    try await listening(address: address) { reader, port in
      let client = try await connect(port, to: reader, host: host)
      try await reader.write(Self.first)
      try await client.wait(for: Self.first)
    }
  }

  /// 127.0.0.2 is this machine as well, and has nothing to do with 127.0.0.1.
  @Test func onlyTheLoopbackAddressIsListenedOn() async throws {
    try await listening { reader, port in
      _ = try await connect(port, to: reader)
      let other = try? await TCPClient(host: "127.0.0.2", port: port, within: .zero)
      #expect(other == nil)
    }
  }

  @Test func anotherP1catIsAClient() async throws {
    let telegrams = try await Self.telegrams.value.prefix(100).joined()
    try await listening { reader, port in
      let client = Program("p1cat", ["-n", "100", "tcp://127.0.0.1:\(port)"])
      try await client.whileRunning { client in
        try await reader.waitForError(" connected\n")
        try await reader.write(telegrams)
        let result = try await client.waitForExit()
        #expect(result.status == .success && result.text == telegrams)
      }
    }
  }

  /// A telegram without a line end is followed by one.
  @Test func lineEndIsAdded() async throws {
    try await listening { reader, port in
      let client = try await connect(port, to: reader)
      try await reader.write(String(Self.first.dropLast()).replacing("\r", with: ""))
      reader.closeInput()
      try await client.wait(for: reader.text)
      try await client.waitForEnd()
      #expect(client.text.hasSuffix("\r\n"))
    }
  }

  // MARK: - Clients in trouble

  @Test func slowClientLosesWholeTelegramsAndHoldsUpNobody() async throws {
    let telegrams = try await Self.telegrams.value
    try await listening { reader, port in
      let fast = try await connect(port, to: reader)
      let slow = try await connect(port, to: reader, reads: false)
      var sent = ""
      var memory = 0
      for start in stride(from: 0, to: telegrams.count, by: 100) {
        let piece = telegrams[start..<start + 100].joined()
        sent += piece
        try await reader.write(piece)
        try await fast.wait(for: sent)
        if start == telegrams.count / 2 {
          memory = try ProcessStatus.number("VmRSS", of: reader.processIdentifier)
        }
      }
      try await reader.wait(for: "all of them") { $0.text == sent }
      #expect(try ProcessStatus.number("VmRSS", of: reader.processIdentifier) < memory + 1024)
      try await reader.waitForError("\(slow.name): the client is too slow; dropping its oldest ")
      try await reader.waitForCounters(" clients=2 client_drops=")
      let drops = try #require(reader.errorText.matches(of: /client_drops=(\d+)/).last?.1)
      slow.startReading()
      let numbers = Dictionary(uniqueKeysWithValues: zip(telegrams, 0...))
      reader.closeInput()
      try await slow.waitForEnd()
      let read = slow.text.split(separator: "/SIM5").map { numbers["/SIM5\($0)"] ?? -1 }
      #expect(!read.contains(-1) && read == read.sorted())
      #expect(read.count == telegrams.count - (Int(drops) ?? 0) && read.last == 3999)
      let result = try await reader.waitForExit()
      #expect(result.errorText.contains("\(slow.name) lost \(drops) telegrams: it was too slow\n"))
      #expect(!result.errorText.contains("\(fast.name) lost"))
    }
  }

  @Test(arguments: [true, false])
  func clientThatGoesIsForgottenAndMayComeBack(_ resets: Bool) async throws {
    try await listening { reader, port in
      let steady = try await connect(port, to: reader)
      let client = try await connect(port, to: reader)
      try await reader.write(Self.first + Self.second.prefix(50))
      try await client.wait(for: Self.first)
      client.close(resets: resets)
      // Without a reset, the answer to the next telegram shows that the client no longer receives.
      try await reader.write("\(Self.second.dropFirst(50))\(Self.third.prefix(50))")
      try await steady.wait(for: Self.first + Self.second)
      try await reader.write("\(Self.third.dropFirst(50))\(Self.fourth.prefix(50))")
      try await reader.waitForError("\(client.name) disconnected: ")
      let again = try await connect(port, to: reader)
      try await reader.write(String(Self.fourth.dropFirst(50)))
      try await again.wait(for: Self.fourth)
      let all = Self.first + Self.second + Self.third + Self.fourth
      try await steady.wait(for: all)
      try await reader.wait(for: "all") { $0.text == all }
      try await reader.waitForCounters(" clients=2 client_drops=0\n")
    }
  }

  @Test func clientMayCloseItsSendingSide() async throws {
    try await listening { reader, port in
      let client = try await connect(port, to: reader)
      client.stopSending()
      // p1cat has noticed it when it knows a later client.
      _ = try await connect(port, to: reader)
      try await reader.write(Self.first)
      try await client.wait(for: Self.first)
      try await reader.write(Self.second)
      try await client.wait(for: Self.first + Self.second)
    }
  }

  @Test func clientMaySayALittle() async throws {
    try await listening { reader, port in
      let polite = try await connect(port, to: reader)
      let chatty = try await connect(port, to: reader)
      polite.write(Array(repeating: 65, count: 1000))
      chatty.write(Array(repeating: 65, count: 100_000))
      try await reader.waitForError("\(chatty.name) disconnected: it sends data\n")
      try await reader.write(Self.first)
      try await polite.wait(for: Self.first)
      #expect(chatty.text == "")
    }
  }

  @Test func clientsAreBounded() async throws {
    try await listening { reader, port in
      var clients: [TCPClient] = []
      for _ in 0..<64 { clients.append(try await connect(port, to: reader)) }
      let surplus = try await TCPClient(port: port)
      try await reader.waitForError(
        ": \(surplus.name) rejected: 64 clients are connected; close one\n")
      try await surplus.waitForEnd()
      let last = clients.removeLast()
      last.close()
      let next = try await connect(port, to: reader)
      try await reader.waitForError(
        "\(last.name) disconnected: it sends no more, and another client needs its place\n")
      try await reader.write(Self.first)
      for client in clients + [next] { try await client.wait(for: Self.first) }
    }
  }

  /// A client that takes nothing at the end neither holds up the reader of the output nor gets a part of a telegram.
  @Test func clientGetsWholeTelegramsAtTheEnd() async throws {
    let telegrams = try await Self.telegrams.value
    let port = Loopback.freePorts(1)[0]
    let script = "p1cat -v --listen $1 | { cat > /dev/null; echo end of output >&2; }"
    try await Program.bash(script, ["\(port)"]).whileRunning { reader in
      let client = try await connect(port, to: reader, reads: false)
      try await reader.write(telegrams.joined())
      reader.closeInput()
      let result = try await reader.waitForExit()
      let messages = /end of output\n(?s:.*) lost (?<lost>\d+) telegrams: it was too slow\n/
      let lost = try #require(result.errorText.firstMatch(of: messages)?.lost)
      client.startReading()
      try await client.waitForEnd()
      let numbers = Dictionary(uniqueKeysWithValues: zip(telegrams, 0...))
      let read = client.text.split(separator: "/SIM5").map { numbers["/SIM5\($0)"] ?? -1 }
      #expect(!read.contains(-1) && read == read.sorted())
      #expect(read.count == telegrams.count - (Int(lost) ?? 0))
    }
  }

  // MARK: - The output

  @Test func nobodyNeedsToReadTheOutput() async throws {
    let port = Loopback.freePorts(1)[0]
    let script = "exec p1cat -v --listen $1 sim:rate=20 > /dev/null"
    try await Program.bash(script, ["\(port)"]).whileRunning { reader in
      let client = try await connect(port, to: reader)
      try await reader.wait(for: "telegrams") { _ in client.text.matches(of: /\/SIM5/).count > 3 }
      reader.send(signal: SIGTERM)
      #expect(try await reader.waitForExit().status == .success)
      #expect(client.text.hasSuffix("\r\n"))
    }
  }

  @Test func readerThatExitsEndsIt() async throws {
    let port = Loopback.freePorts(1)[0]
    let script = "set -o pipefail; p1cat --listen $1 sim:rate=20 | head -n 1"
    let result = try await Program.bash(script, ["\(port)"]).run()
    #expect(result.status == .success && result.errorText == "")
  }

  // MARK: - The port

  @Test func settingIsTurnedOff() async throws {
    let server = try TCPServer()
    let environment = ["P1_LISTEN": "\(server.port)"]
    let result = try await Program(
      "p1cat", ["--listen", "False", "-n", "1", "sim:"], environment: environment
    ).run()
    #expect(result.status == .success && result.errorText == "")
  }

  @Test func portInUse() async throws {
    let server = try TCPServer()
    let result = try await Program("p1cat", ["--listen", "\(server.port)", "sim:"]).run()
    #expect(result.status == .exited(69) && result.output.isEmpty)
    #expect(
      result.errorText == """
        p1cat: 127.0.0.1:\(server.port): Address already in use; stop the program that uses it, \
        or take another port

        """)
  }

  /// A service reads the meter even so, and listens when the port is free. So does p1cat with the p1.conf of a service.
  @Test(arguments: [true, false])
  func portInUseIsTriedAgain(isService: Bool) async throws {
    let server = try TCPServer()
    let environment =
      isService
      ? ["NOTIFY_SOCKET": "@p1-nobody-\(server.port)"] : ["P1_LISTEN": "\(server.port)"]
    let arguments =
      ["-v"] + (isService ? ["--listen", "\(server.port)"] : []) + ["sim:rate=20"]
    try await Program("p1cat", arguments, environment: environment).whileRunning { reader in
      try await reader.waitForError("Address already in use; ")
      try await reader.waitForOutput("/SIM5")
      server.close()
      try await reader.waitForError("p1cat: 127.0.0.1:\(server.port): listening\n")
      let client = try await connect(server.port, to: reader)
      try await reader.wait(for: "a telegram") { _ in client.text.hasPrefix("/SIM5") }
    }
  }

  @Test func settingDoesNotApplyToFilesAndPipes() async throws {
    let environment = ["P1_LISTEN": "1"]
    let piped = try await Program("p1cat", environment: environment).run(input: Self.first)
    #expect(piped.status == .success && piped.text == Self.first)
    #expect(
      piped.errorText
        == "p1cat: standard input: P1_LISTEN does not apply to a pipe; use --listen\n")
    try await TemporaryDirectory.with { directory in
      let file = try directory.write(Self.first, to: "telegrams")
      let read = try await Program("p1cat", [file], environment: environment).run()
      #expect(read.status == .success && read.errorText == "")
      let asked = try await Program("p1cat", ["--listen", "2001", file]).run()
      #expect(asked.status == .exited(64))
      #expect(
        asked.errorText.hasPrefix("p1cat: --listen: cannot be used with a file as the source; use ")
      )
    }
  }
}
