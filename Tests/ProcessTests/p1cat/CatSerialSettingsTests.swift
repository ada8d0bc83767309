import Foundation
import TestSupport
import Testing

/// The settings of a serial line. A pseudo-terminal accepts all of them except 7 data bits and
/// parity, which it sets back to 8 and none.
@Suite struct CatSerialSettingsTests {
  @Test func eightBitsWithoutParityAreTheDefault() async throws {
    let settings = try await settings()
    #expect(settings.isRaw)
    // Either speed may be tried at the moment.
    #expect([speed_t(B115200), speed_t(B9600)].contains(settings.speed))
    #expect(settings.c_cflag & tcflag_t(CSIZE) == tcflag_t(CS8))
    #expect(settings.c_cflag & tcflag_t(CREAD | CLOCAL) == tcflag_t(CREAD | CLOCAL))
    #expect(settings.c_cflag & (tcflag_t(PARENB | PARODD | CSTOPB) | tcflag_t(CRTSCTS)) == 0)
    #expect(settings.c_iflag & tcflag_t(IXON | IXOFF) == 0)
  }

  @Test(
    arguments: zip(
      ["300", "1200", "2400", "4800", "9600", "19200", "38400", "57600"],
      [B300, B1200, B2400, B4800, B9600, B19200, B38400, B57600]))
  func baudRate(_ rate: String, _ speed: Int32) async throws {
    #expect(try await settings(["SER_BAUDRATE": rate]).speed == speed_t(speed))
  }

  @Test func environmentSetsEachOfThem() async throws {
    let settings = try await settings([
      "SER_BAUDRATE": "9600", "SER_BYTESIZE": "7", "SER_PARITY": "O", "SER_STOPBITS": "2",
      "SER_XONXOFF": "True", "SER_RTSCTS": "1",
    ])
    #expect(settings.speed == speed_t(B9600))
    #expect(settings.c_cflag & tcflag_t(PARODD) != 0)
    #expect(settings.c_cflag & tcflag_t(CSTOPB) != 0)
    #expect(settings.c_cflag & tcflag_t(CRTSCTS) != 0)
    #expect(settings.c_iflag & tcflag_t(IXON | IXOFF) == tcflag_t(IXON | IXOFF))
  }

  @Test func optionsComeBeforeTheEnvironment() async throws {
    let settings = try await settings(
      [
        "SER_BAUDRATE": "300", "SER_BYTESIZE": "9", "SER_PARITY": "O", "SER_STOPBITS": "2",
        "SER_XONXOFF": "yes", "SER_RTSCTS": "True",
      ],
      [
        "--baudrate", "9600", "--bytesize", "8", "--parity", "N", "--stopbits", "1", "--xonxoff",
        "no", "--rtscts", "False",
      ])
    #expect(settings.speed == speed_t(B9600))
    #expect(settings.c_cflag & (tcflag_t(PARODD | CSTOPB) | tcflag_t(CRTSCTS)) == 0)
    #expect(settings.c_iflag & tcflag_t(IXON | IXOFF) == 0)
  }

  @Test func optionsSetEachOfThem() async throws {
    let settings = try await settings(
      [:],
      [
        "--baudrate", "2400", "--parity", "odd", "--stopbits", "2", "--xonxoff", "yes", "--rtscts",
        "on",
      ])
    #expect(settings.speed == speed_t(B2400))
    #expect(settings.c_cflag & tcflag_t(PARODD) != 0)
    #expect(settings.c_cflag & tcflag_t(CSTOPB) != 0)
    #expect(settings.c_cflag & tcflag_t(CRTSCTS) != 0)
    #expect(settings.c_iflag & tcflag_t(IXON | IXOFF) == tcflag_t(IXON | IXOFF))
  }

  /// The message about an invalid value names the valid ones, and the setting.
  @Test(
    arguments: zip(
      [
        ("SER_BAUDRATE", "--baudrate", "9601"), ("SER_BAUDRATE", "--baudrate", "fast"),
        ("SER_BYTESIZE", "--bytesize", "9"), ("SER_PARITY", "--parity", "X"),
        ("SER_STOPBITS", "--stopbits", "3"), ("SER_XONXOFF", "--xonxoff", "perhaps"),
        ("SER_RTSCTS", "--rtscts", "2"), ("SER_TIMEOUT", "--silence", "0"),
      ],
      [
        "\"9601\" is none of 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200",
        "\"fast\" is none of 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200",
        "\"9\" is not a whole number from 7 to 8", "\"X\" is none of n, e, o, none, even, odd",
        "\"3\" is not a whole number from 1 to 2", "\"perhaps\" is neither True nor False",
        "\"2\" is neither True nor False", "\"0\" is not a number of seconds from 1 to 86400",
      ]))
  func impossibleValue(
    _ setting: (name: String, option: String, value: String), _ reason: String
  ) async throws {
    let variable = try await Program(
      "p1cat", ["/dev/null"], environment: [setting.name: setting.value]
    ).run()
    #expect(variable.status == .exited(78))
    #expect(variable.errorText == "p1cat: \(setting.name): \(reason)\n")
    let option = try await Program("p1cat", [setting.option, setting.value, "/dev/null"]).run()
    #expect(option.status == .exited(64))
    #expect(option.errorText == "p1cat: \(setting.option): \(reason)\n")
  }

  /// The settings that a line has once p1cat reads it.
  private func settings(
    _ environment: [String: String] = [:], _ options: [String] = []
  ) async throws -> termios {
    let line = try PseudoTerminal()
    let program = Program("p1cat", options + [line.path], environment: environment)
    return try await program.whileRunning { reader in
      // One call sets them all; a line with flow control would not count as raw.
      try await reader.wait(for: "raw line") { _ in
        try line.settings().c_lflag & tcflag_t(ICANON | ECHO) == 0
      }
      return try line.settings()
    }
  }
}
