import TestSupport
import Testing

/// Any text as an option, a setting or a source gives one message, and no crash.
@Suite struct CatValueTests {
  @Test(
    arguments: [
      ("-n", ["0", "-1", "x", "", "1e3", "1000000001"]), ("-t", ["0", "-1", "x", "", "86401"]),
      ("--buffer", ["0", "-1", "x", "", "4097", "9223372036854775807"]),
      ("--stats", ["0", "-1", "x", "", "86401"]), ("--baudrate", ["", "-9600", "x", "0"]),
      ("--bytesize", ["", "-7", "6", "7.0"]), ("--parity", ["", "=", "evenly"]),
      ("--stopbits", ["", "0", "1.5"]), ("--xonxoff", ["", "="]), ("--rtscts", ["", "2"]),
      (
        "--listen",
        [
          "", "0", "65536", "x", "-1", "127.0.0.1", "localhost:2001", "127.0.0.1:0", "::1:2001",
          "[::1]", ":2001", "1.2.3:x",
        ]
      ),
      ("--silence", ["", "-1", "nan", "inf", "1e300", "0x"]),
    ])
  func impossibleOption(_ option: String, _ values: [String]) async throws {
    for value in values { try await expect(64, Program("p1cat", ["\(option)=\(value)"])) }
  }

  @Test(
    arguments: [
      ("SER_BAUDRATE", ["-9600", "x", "=", "\n"]), ("SER_BYTESIZE", ["x", "-7", "6", "7.0"]),
      ("SER_PARITY", ["=", "evenly", "\u{1B}[31m"]), ("SER_STOPBITS", ["0", "1.5", "x"]),
      ("SER_XONXOFF", ["=", "-1"]), ("SER_RTSCTS", ["=", "-1"]),
      ("SER_TIMEOUT", ["-1", "0", "nan", "inf", "1e300", "86401"]),
    ])
  func impossibleSetting(_ setting: String, _ values: [String]) async throws {
    for value in values { try await expect(78, Program("p1cat", environment: [setting: value])) }
  }

  @Test(
    arguments: [
      "sim:=", "sim:==", "sim:=1", "sim:=,=", "sim:seed", "sim:seed=", "sim:seed==1", "sim: ",
      "sim:start=", "sim:start=2059-01-01T00:00:00Z", "sim:step=", "sim:step=0", "sim:step=-1",
      "sim:step=86401", "sim:step=1.5", "sim:count=", "sim:count=-1",
      "sim:count=99999999999999999999", "sim:rate=", "sim:rate=-1", "sim:rate=inf",
      "sim:rate=1e300",
      "sim:rate=MAX", "tcp://", "tcp://:", "tcp://:80", "tcp://h", "tcp://h:", "tcp://h:0",
      "tcp://h:+80", "tcp://h:65536", "tcp://h:99999999999999999999", "tcp://[", "tcp://[:80",
      "tcp://[::1", "tcp://[::1]", "tcp://[]:1", "tcp://%:1", "tcp://h h:1", "tcp://h:1/x",
      "tcp://me@h:1", "://", "http://", "socket://h",
    ])
  func impossibleSource(_ source: String) async throws {
    try await expect(64, Program("p1cat", [source]))
    let result = try await expect(78, Program("p1cat", environment: ["SER_PORT": source]))
    let name = source.contains("@") ? "an address must not contain" : "\"\(source)\": "
    #expect(result.errorText.hasPrefix("p1cat: SER_PORT: \(name)"))
  }

  @Test func emptySource() async throws {
    try await expect(64, Program("p1cat", [""]))
  }

  @discardableResult
  private func expect(_ status: Int32, _ program: Program) async throws -> ProgramResult {
    let result = try await program.run()
    #expect(result.status == .exited(status), "\(program): \(result.errorText)")
    #expect(result.output.isEmpty)
    #expect(result.messages.count == 1 && result.errorText.hasSuffix("\n"), "\(result.errorText)")
    #expect(!result.errorText.unicodeScalars.contains("\u{1B}"))
    return result
  }
}
