import Foundation
import TestSupport
import TestValues
import Testing

/// p1cat logs why bytes arrive, but no telegrams, and what to do.
@Suite struct CatFaultTests {
  private static let encryptedFrame: [UInt8] =
    [0xDB, 0x08] + Array("TST12345".utf8) + [0x82, 0x01, 0x2C, 0x30, 0, 0, 0, 1]
    + (0..<295).map { UInt8(truncatingIfNeeded: $0 * $0 * 131 + $0 >> 3) }
  private static let encrypted =
    "bytes received, but no telegram: encrypted telegrams with system title 5453543132333435; "
    + "ask the grid operator for the key, and set SER_KEY_FILE of p1cat\n"

  /// The signal as a meter, a cable and a set speed make it.
  @Test(
    arguments: [
      (
        115_200, true, nil,
        "bytes received, but no telegram: an inverted signal; use a P1 cable, which inverts it back"
      ),
      (
        9600, true, nil,
        "bytes received, but no telegram: an inverted signal; use a P1 cable, which inverts it back"
      ),
      (
        115_200, false, "9600",
        "bytes received, but no telegram: a line read at a wrong baud rate, or an inverted signal; "
          + "check SER_BAUDRATE and the cable"
      ),
      (
        9600, false, "115200",
        "zeros received, but no telegram; check the baud rate, and whether the signal is inverted"
      ),
    ] as [(Int, Bool, String?, String)])
  func misreadSignalIsNamed(
    _ rate: Int, _ isInverted: Bool, _ setRate: String?, _ message: String
  ) async throws {
    let line = try PseudoTerminal()
    let program = Program(
      "p1cat", ["--silence", "1", line.path],
      environment: setRate.map { ["SER_BAUDRATE": $0] } ?? [:])
    try await program.whileRunning { reader in
      try await line.waitUntilRaw()
      let meter = FakeMeter(line, rate: rate, isInverted: isInverted)
      let isSaid = try await meter.send(SampleTelegram.numbered()) {
        reader.errorText.contains("p1cat: \(line.path): \(message)\n")
      }
      #expect(isSaid && reader.output.isEmpty, "\(reader.errorText)")
    }
  }

  @Test(
    arguments: [
      (encryptedFrame, encrypted),
      (
        Array("rst:0x1 (POWERON)\r\nwifi: connected\r\n".utf8),
        "text received, but no telegram; check whether a meter sends it\n"
      ),
      (
        Array("1-0:1.8.1(001234.567*kWh)\r\n1-0:1.8.2(001234.567*kWh)\r\n".utf8),
        "lines of telegrams received, but no whole telegram; check the cable\n"
      ),
    ] as [([UInt8], String)])
  func otherBytesAreNamed(_ bytes: [UInt8], _ message: String) async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", ["--silence", "1", line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      let isSaid = try await Deadline(in: .seconds(20)).poll(every: .milliseconds(100)) {
        if reader.errorText.contains("p1cat: \(line.path): \(message)") { return true }
        try await line.write(bytes)
        return false
      }
      #expect(isSaid, "\(reader.errorText)")
      // The next telegram ends the fault.
      try await line.write("\r\n" + SampleTelegram.numbered())
      try await reader.waitForError("receiving telegrams again after ")
    }
  }

  /// A telegram that arrives before the end of the usual time prevents the message.
  @Test func lineThatIsReadInTheMiddleHasNoFault() async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", ["--silence", "2", line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      for minute in 0..<20 {
        let telegram = SampleTelegram.numbered(minute)
        try await line.write(minute == 0 ? String(telegram.dropFirst(70)) : telegram)
        try await reader.wait(for: "the telegram") { minute == 0 || $0.text.hasSuffix(telegram) }
      }
      #expect(!reader.errorText.contains("no "))
    }
  }

  @Test func checkNamesTheFault() async throws {
    let line = try PseudoTerminal()
    let options = ["--check", "--connect", "-t", "2", line.path]
    try await Program("p1cat", options).whileRunning { reader in
      try await line.waitUntilRaw()
      try await line.write(Self.encryptedFrame)
      let result = try await reader.waitForExit()
      #expect(result.status == .exited(75))
      #expect(result.errorText.hasSuffix(Self.encrypted))
    }
  }
}
