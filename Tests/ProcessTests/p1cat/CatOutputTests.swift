import Foundation
import TestSupport
import TestValues
import Testing

/// The outputs of p1cat, and its exit.
@Suite struct CatOutputTests {
  /// Two writers to one file or pipe, or a rotation, must never split a telegram.
  @Test func noTelegramIsSplitOverTwoWrites() async throws {
    let telegrams = (0..<60).map { SampleTelegram.numbered($0) }
    try await TemporaryDirectory.with { directory in
      let path = try directory.write("noise\r\n" + telegrams.joined(), to: "telegrams.p1")
      let packets = try await packets(of: "exec p1cat \"$1\" >&0", path)
      #expect(packets.joined() == telegrams.joined())
      #expect(packets.count > 1 && packets.count < telegrams.count)
      for packet in packets {
        #expect(packet.hasPrefix("/") && packet.hasSuffix("\r\n") && packet.utf8.count <= PIPE_BUF)
      }
      let stamped = try await self.packets(of: "exec p1cat --stamp \"$1\" >&0", path)
      #expect(stamped.count == telegrams.count)
      for (packet, telegram) in zip(stamped, telegrams) {
        #expect(packet.hasPrefix("#") && packet.hasSuffix("Z\n" + telegram))
      }
      let live = try await self.packets(of: "exec p1cat sim:count=5,rate=max >&0", path)
      #expect(live.count == 5)
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func signalIsAnOrdinaryEnd(_ signal: Int32) async throws {
    for arguments in [["-"], ["sim:rate=100"], ["sim:rate=max"], ["sim:rate=0.01"]] {
      try await Program("p1cat", arguments).whileRunning { reader in
        if arguments == ["-"] { try await reader.write(SampleTelegram.numbered() + "/TST5\\2H") }
        try await reader.wait(for: "a telegram") { $0.output.contains(UInt8(ascii: "!")) }
        reader.send(signal: signal)
        let result = try await reader.waitForExit()
        #expect(result.status == .success && result.errorText == "")
        #expect(result.text.hasSuffix("\r\n"))
        if arguments == ["-"] { #expect(result.text == SampleTelegram.numbered()) }
      }
    }
  }

  @Test func readerThatLeavesIsAQuietEnd() async throws {
    let result = try await Program.bash(
      "p1cat sim:rate=max | head -n 1; echo ${PIPESTATUS[0]}"
    ).run()
    #expect(result.text == "/SIM5\\2SIMULATED-METER\r\n0\n")
    #expect(result.errorText == "")
    // The same while telegrams are queued.
    let late = try await Program.bash(
      "p1cat sim:rate=max | { read -r line; sleep 0.3; }; echo ${PIPESTATUS[0]}"
    ).run()
    #expect(late.text == "0\n" && late.errorText == "")
  }

  @Test func fullDiskIsAnError() async throws {
    for source in ["sim:count=2,rate=max", "-"] {
      let result = try await Program.bash("exec p1cat \"$1\" >/dev/full", [source]).run(
        input: SampleTelegram.numbered())
      #expect(result.status == .exited(74))
      #expect(result.errorText == "p1cat: standard output: No space left on device\n")
    }
  }

  /// The writes of a script whose standard input is a socket, which keeps them apart.
  private func packets(of script: String, _ path: String) async throws -> [String] {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let result = try await Program.bash(script, [path]).whileRunning(input: ends[1]) { program in
      try await program.waitForExit()
    }
    close(ends[1])
    #expect(result.status == .success)
    var packets: [String] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 17)
    while true {
      let count = recv(ends[0], &buffer, buffer.count, 0)
      guard count > 0 else { return packets }
      packets.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
  }
}
