import Foundation
import TestSupport
import Testing

/// `scripts/p1top` on a terminal of tmux, and without one.
@Suite struct TopTests {
  // MARK: - Records

  /// A telegram of a house that takes `power` kW all the time; its counter was 1000 kWh at noon.
  private static func telegram(
    at second: Int, of meter: String = "E1", power: Double = 1.8
  ) -> String {
    let counter = 1000 + power * Double(second) / 3600
    return """
      timestamp=\(noon(plus: second))
      meter=\(meter)
      energy_import_tariff1_kwh=500.000
      energy_import_tariff2_kwh=\(String(format: "%.3f", counter))
      energy_export_tariff1_kwh=20.000
      tariff=2
      power_import_kw=\(String(format: "%.3f", max(0, power)))
      power_export_kw=\(String(format: "%.3f", max(0, -power)))
      power_import_l1_kw=1.250
      power_export_l1_kw=0.000
      voltage_l1_v=231.5
      current_l1_a=5.4


      """
  }

  private static func gas(at second: Int, _ volume: String) -> String {
    "timestamp=\(noon(plus: second))\nmeter=G1\nchannel=1\ngas_m3=\(volume)\n\n"
  }

  /// Telegrams 10 s apart for ten minutes, except three, and gas every five minutes.
  private static let house =
    (0...60).filter { !(20...22).contains($0) }.map {
      telegram(at: $0 * 10) + ($0 < 30 ? gas(at: 0, "400.000") : gas(at: 300, "400.250"))
    }.joined()

  /// Shows records, and keeps the input open.
  private static let show = "(cat records; sleep 300) | p1top"

  private func p1top(
    _ records: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> ProgramResult {
    try await Program(
      Repository.path("scripts/p1top"), arguments, environment: environment
    ).run(input: records)
  }

  // MARK: - The screen

  @Test func valuesAreShown() async throws {
    try await TerminalScreen.with(Self.show, files: ["records": Self.house]) { terminal in
      let screen = try await terminal.wait(for: "q quit")
      for part in [
        "p1top  E1 ", "Thu 2026-01-15 12:10:00", "kW  import", "1.800 to 1.800 kW", "tariff 2",
        "    2 kW │", "    0 kW │", "min  ", " now",
        "L1    1.250 kW  ▇", " 1.5 kW      231.5 V     5.4 A",
        "Today since 12:00", "import     0.300 kWh  T1 0.000  T2 0.300", "export     0.000 kWh",
        "gas        0.250 m³  5 min old",
        "Import in 12:00–12:15", "mean      1.800 kW  after 10 min",
        "forecast  1.800 kW  at this power",
        "58 telegrams, 10 s apart · 3 lost (4.9 %)", " d behind",
      ] {
        #expect(screen.contains(part), "\(part)\n\(screen)")
      }
      // The big digits of 1.800.
      #expect(screen.contains("▀█    █▀█ █▀█ █▀█"))
      #expect(try await terminal.text("-e").contains("38;5;172"))
      #expect(try await terminal.modes() == "1 0 0\n")
    }
  }

  @Test func silentMeterIsTold() async throws {
    let records = (0...10).map { Self.telegram(at: $0) }.joined()
    try await TerminalScreen.with(Self.show, files: ["records": records]) { terminal in
      try await terminal.wait(for: "12:00:10  no telegram for ")
    }
  }

  @Test func partsAreLeftOutOfASmallTerminal() async throws {
    try await TerminalScreen.with(Self.show, files: ["records": Self.house]) { terminal in
      try await terminal.wait(for: "q quit")
      for (columns, rows, shown, leftOut) in [
        (
          40, 12, ["1.800 kW  import", "0.300 kWh", "5 min old", "forecast  1.800 kW"],
          ["L1", "▀"]
        ),
        (60, 7, ["1.800 kW  import", "0.300 kWh"], ["forecast"]), (20, 2, ["1.800 kW"], []),
        (1, 1, ["1"], []), (140, 50, ["L1    1.250 kW", "5 min old", "forecast  1.800 kW"], []),
      ] {
        try await terminal.tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
        let screen = try await terminal.wait(for: try #require(shown.first))
        #expect(shown.allSatisfy(screen.contains), "\(screen)")
        #expect(!leftOut.contains(where: screen.contains), "\(screen)")
      }
    }
  }

  /// Of telegrams a second apart, a wide terminal shows more than ten minutes.
  @Test func wideGraphIsFull() async throws {
    let records = (0...1200).map { Self.telegram(at: $0) }.joined()
    try await TerminalScreen.with(Self.show, files: ["records": records], columns: 300) {
      terminal in
      let screen = try await terminal.wait(for: "1201 telegrams")
      #expect(screen.contains("−19 min"), "\(screen)")
      #expect(screen.contains("    0 kW │⣿"), "\(screen)")
    }
  }

  @Test func forecastIsAboveThePeakOfTheMonth() async throws {
    // eMUCS prints the energy of the quarter-hour so far as its mean over 15 minutes.
    let telegram = { (second: Int, mean: String) in
      Self.telegram(at: second) + "timestamp=2026-01-10T17:45:00Z\nmeter=E1\n"
        + "power_import_month_peak_kw=1.500\n\n"
        + "timestamp=2025-12-10T17:45:00Z\nmeter=E1\npower_import_month_peak_kw=9.000\n\n"
    }
    let records = [(540, "0.600"), (600, "0.700")].map { second, mean in
      telegram(second, mean).replacing(
        "tariff=2", with: "tariff=2\np1_version=50217\npower_import_average_kw=\(mean)")
    }.joined()
    try await TerminalScreen.with(Self.show, files: ["records": records]) { terminal in
      // 0.7 kW of the whole quarter-hour are 1.05 kW of two thirds; a third at 1.8 kW adds 0.6 kW.
      let screen = try await terminal.wait(for: "mean      1.050 kW  after 10 min")
      #expect(screen.contains("forecast  1.300 kW  at this power"), "\(screen)")
      #expect(screen.contains("peak      1.500 kW  10 Jan 17:45"), "\(screen)")
    }
    let more = records.replacing("0.700", with: "1.100")
    try await TerminalScreen.with(Self.show, files: ["records": more]) { terminal in
      try await terminal.wait(for: "forecast  1.700 kW  above the peak")
    }
  }

  @Test func severalMetersAreRows() async throws {
    let meters = [("E1", 1.8), ("E2", -0.7), ("E3", 0.4)]
    let records = (0...60).map { step in
      meters.map { Self.telegram(at: step * 10, of: $0, power: $1) }.joined()
        + Self.gas(at: step / 30 * 300, "400.000")
    }.joined()
    try await TerminalScreen.with(Self.show, files: ["records": records]) { terminal in
      let screen = try await terminal.wait(for: "Tab meter  q quit")
      #expect(screen.contains("> E1        1.800 kW"), "\(screen)")
      #expect(screen.contains("  E2       −0.700 kW"), "\(screen)")
      #expect(screen.contains("  G1      400.000 m³"), "\(screen)")
      #expect(screen.contains("−0.8 to 2 kW"), "\(screen)")
      try await terminal.tmux("send-keys", "Down")
      #expect(try await terminal.wait(for: "> E2").contains("kW  export"))
      try await terminal.tmux("send-keys", "Tab", "Tab")
      #expect(try await terminal.wait(for: "> G1").contains("gas        0.000 m³"))
      try await terminal.tmux("send-keys", "j")
      try await terminal.wait(for: "> E1")
      try await terminal.tmux("send-keys", "k", "Up")
      try await terminal.wait(for: "> E3")
      try await terminal.tmux("resize-window", "-x", "40", "-y", "9")
      #expect(try await terminal.wait(for: "meter 2–3 of 4").contains("> E3"))
    }
  }

  @Test func firstMetersOfTooManyAreShown() async throws {
    let records = (1...600).map { Self.telegram(at: 0, of: "E\($0)") }.joined()
    try await TerminalScreen.with(Self.show, files: ["records": records]) { terminal in
      try await terminal.wait(for: "meter 1–7 of 500+ ")
    }
  }

  @Test(arguments: [("C", "0.250 m3", "1.800 kW  import"), ("nl_NL.UTF-8", "0.250 m³", "▀")])
  func asciiIsEnough(_ locale: String, _ gas: String, _ other: String) async throws {
    try await TerminalScreen.with(
      Self.show, files: ["records": Self.house], environment: ["LANG": locale, "NO_COLOR": "1"]
    ) { terminal in
      let screen = try await terminal.wait(for: "q quit")
      #expect(screen.contains(gas))
      #expect(screen.utf8.allSatisfy { $0 < 128 } == (locale == "C"), "\(screen)")
      #expect(!(try await terminal.text("-e").contains("38;5")))
    }
  }

  // MARK: - The end

  /// Its input goes on until something is written to `fifo`.
  private static let stoppable = """
    mkfifo fifo; stty -g > before; (cat records; cat fifo) | p1top; echo status $?; stty -g > after
    """

  @Test(arguments: ["q", "C-c", "TERM", "HUP", "QUIT", "end"])
  func terminalIsRestored(_ way: String) async throws {
    try await TerminalScreen.with(Self.stoppable, files: ["records": Self.house]) { terminal in
      try await terminal.wait(for: "q quit")
      #expect(try await terminal.modes() == "1 0 0\n")
      switch way {
      case "q", "C-c": try await terminal.tmux("send-keys", way)
      case "end": break
      default: try terminal.sendToTop(["TERM": SIGTERM, "HUP": SIGHUP, "QUIT": SIGQUIT][way])
      }
      if way != "end" { try await terminal.waitForModes("0 1 1\n") }
      if way != "C-c" {
        try await Program.bash("echo > fifo", directory: terminal.directory.path).run()
      }
      try await terminal.waitForEnd()
      #expect(try await terminal.modes() == "0 1 1\n")
      #expect(try terminal.directory.text(of: "before") == terminal.directory.text(of: "after"))
      let screen = try await terminal.text()
      #expect(screen.contains("status 0\n"), "\(screen)")
      // What was shown last stays if the whole pipe has ended.
      #expect(screen.contains("58 telegrams") == ["end", "C-c"].contains(way), "\(screen)")
    }
  }

  @Test func terminalIsRestoredAfterAnException() async throws {
    let script = #"""
      sed 's/^def footer(.*/&\n    raise ValueError("made up")/' "$(command -v p1top)" > faulty; chmod +x faulty
      cp "$(dirname "$(command -v p1top)")/p1readings.py" .
      stty -g > before; ./faulty < records; stty -g > after
      """#
    try await TerminalScreen.with(script, files: ["records": Self.house]) { terminal in
      try await terminal.waitForEnd()
      #expect(try await terminal.text().contains("ValueError: made up"))
      #expect(try await terminal.modes() == "0 1 1\n")
      #expect(try terminal.directory.text(of: "before") == terminal.directory.text(of: "after"))
    }
  }

  @Test func stoppedTopGivesTheTerminalBack() async throws {
    try await TerminalScreen.with(Self.stoppable, files: ["records": Self.house]) { terminal in
      try await terminal.wait(for: "q quit")
      try terminal.sendToTop(SIGTSTP)
      try await terminal.waitForModes("0 1 1\n")
      try terminal.sendToTop(SIGCONT)
      try await terminal.waitForModes("1 0 0\n")
      try await terminal.wait(for: "q quit")
      try await terminal.tmux("send-keys", "q")
      try await terminal.waitForModes("0 1 1\n")
    }
  }

  /// A replay at full speed does not draw more often.
  @Test func screenIsDrawnTwiceASecond() async throws {
    let terminal = try PseudoTerminal()
    let start = ContinuousClock.now
    var drawn: [UInt8] = []
    let script = "p1cat sim:count=2500,rate=max | p1parse | TERM=xterm \"$1\" > \"$2\""
    try await Program.bash(script, [Repository.path("scripts/p1top"), terminal.path]).whileRunning {
      program in
      let hasEnded = try await Deadline(in: .seconds(60)).poll {
        drawn += terminal.read()
        return program.status != nil
      }
      #expect(hasEnded && program.status == .success, "\(program.errorText)")
    }
    let text = String(decoding: drawn + terminal.read(), as: UTF8.self)
    let seconds = Double((ContinuousClock.now - start).components.seconds + 1)
    let count = text.matches(of: /\u{1b}\[H/).count
    #expect(count >= 1 && Double(count) <= 2 * seconds + 1, "\(count) in \(seconds) s")
    #expect(text.contains("2500 telegrams, 1 s apart - 0 lost"))
  }

  /// After Ctrl-S, p1top reads on, and SIGTERM ends it.
  @Test func stoppedTerminalDoesNotStopTheInput() async throws {
    let terminal = try PseudoTerminal()
    try await terminal.write("\u{13}")
    let script = """
      TERM=xterm "$1" > "$2" < <(p1cat sim:count=3000,rate=max | p1parse; sleep 300 2> end) &
      until [ -e end ]; do sleep 0.1; done
      kill $!; wait $!; echo status $?
      """
    try await TemporaryDirectory.with { directory in
      let result = try await Program.bash(
        script, [Repository.path("scripts/p1top"), terminal.path], directory: directory.path
      ).run(within: .seconds(60))
      #expect(result.text == "status 0\n" && result.errorText == "", "\(result.errorText)")
    }
  }

  // MARK: - Without a terminal

  @Test func telegramsAreLinesWithoutATerminal() async throws {
    let records = Self.telegram(at: 0) + Self.gas(at: 0, "400.000") + Self.telegram(at: 600)
    let result = try await p1top(records, environment: ["TZ": "Europe/Amsterdam"])
    #expect(result.status == .success && result.errorText == "")
    #expect(
      result.text == """
        2026-01-15 13:00:00  E1  power 1.800 kW  import 0.000 kWh  export 0.000 kWh  \
        quarter-hour 1.800 kW  forecast 1.800 kW
        2026-01-15 13:10:00  E1  power 1.800 kW  import 0.300 kWh  export 0.000 kWh  gas 0.000 m3  \
        quarter-hour 1.800 kW  forecast 1.800 kW

        """)
    let dumb = "(cat records; sleep 300) | TERM=dumb p1top"
    try await TerminalScreen.with(dumb, files: ["records": Self.house], columns: 140) { terminal in
      let screen = try await terminal.wait(for: "2026-01-15 12:10:00  E1  power 1.800 kW")
      #expect(
        screen.contains("gas 0.250 m³  quarter-hour 1.800 kW  forecast 1.800 kW  lost 3\n"),
        "\(screen)")
    }
  }

  /// The days on which the clocks change have 25 and 23 hours.
  @Test(
    arguments: [
      ("2025-10-25T21:59:59Z", "2025-10-25T22:00:00Z", "2025-10-26T22:59:59Z"),
      ("2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"),
    ])
  func dayIsThatOfTheTimeZone(_ before: String, _ first: String, _ last: String) async throws {
    let records = [(before, "100.0"), (first, "101.5"), (last, "111.75")].map {
      "timestamp=\($0)\nmeter=E1\nenergy_import_kwh=\($1)\n\n"
    }.joined()
    let result = try await p1top(records, environment: ["TZ": "Europe/Amsterdam"])
    #expect(result.lines.last?.hasSuffix("E1  import 10.250 kWh") == true, "\(result.text)")
  }

  @Test func clockThatJumpsBackBeginsAnew() async throws {
    let records = [7200, 7210, 20, 30].map { Self.telegram(at: $0) }.joined()
    let lines = try await p1top(records).lines
    #expect(lines.count == 4)
    #expect(lines.last?.contains("12:00:30  E1  power 1.800 kW  import 0.005 kWh") == true)
    // A record that a broker repeats is none of them.
    #expect(
      try await p1top([0, 10, 20, 10, 30].map { Self.telegram(at: $0) }.joined()).lines.count == 4)
  }

  /// One telegram whose clock is ahead, or whose counter is 0, changes no value of the others.
  @Test(arguments: [500, 900, 8000, nil]) func oneWrongTelegramIsIgnored(_ ahead: Int?) async throws
  {
    let records = (0...60).map { number in
      let second = number * 10
      if number != 30 { return Self.telegram(at: second) }
      return ahead.map { Self.telegram(at: second + $0) }
        ?? Self.telegram(at: second).replacing(/_kwh=.*/, with: "_kwh=0.000")
    }
    let right = (0...60).map { Self.telegram(at: $0 * 10) }
    let lines = try await p1top(records.joined()).lines
    let expected = try await p1top(right.joined()).lines
    #expect(lines.count == 61 && lines[..<30] == expected[..<30], "\(lines)")
    #expect(lines[31...] == expected[31...], "\(lines.suffix(30))")
  }

  /// The counters of a meter whose part is replaced go on from its next telegram.
  @Test func replacedMeterGoesOn() async throws {
    let records = (0...6).map {
      Self.telegram(at: $0 * 100).replacing("=500.000", with: $0 < 3 ? "=500.000" : "=7.\($0)00")
    }.joined()
    let lines = try await p1top(records).lines
    #expect(lines.last?.contains("import 0.600 kWh") == true, "\(lines)")
  }

  /// A live meter whose clock is wrong once; the counters are those of the whole day.
  @Test func telegramOfANextYearBeginsNoDay() async throws {
    // The hour has begun, and so all but the second telegram are of one day.
    let hour = (Date.now.timeIntervalSince1970 / 3600).rounded(.down) * 3600
    let records = [(0, "1.0"), (400 * 86_400, "1.1"), (1, "1.25")].map { seconds, counter in
      let time = Date(timeIntervalSince1970: hour + Double(seconds)).ISO8601Format()
      return "timestamp=\(time)\nmeter=E1\nenergy_import_kwh=\(counter)\n\n"
    }.joined()
    let lines = try await p1top(records).lines
    #expect(lines.count == 2 && lines.last?.hasSuffix("import 0.250 kWh") == true, "\(lines)")
    // A replay may have any time.
    let replayed = ["2001", "2051", "2081"].map {
      Self.telegram(at: 0).replacing("2026-", with: "\($0)-")
    }.joined()
    #expect(try await p1top(replayed).lines.count == 3)
  }

  /// Today's import is that of the tariffs if the total is printed only from some time on.
  @Test func laterTotalDoesNotBeginAnew() async throws {
    let total = "energy_import_kwh=7.0\n"
    let records = [("0", ""), ("2", ""), ("5", total), ("6", total)].enumerated().map {
      "timestamp=\(noon(plus: $0))\nmeter=E1\nenergy_import_tariff1_kwh=10\($1.0)\n\($1.1)\n"
    }.joined()
    let lines = try await p1top(records).lines
    #expect(lines.last?.hasSuffix("import 6.000 kWh") == true, "\(lines)")
  }

  @Test func badLinesAreCounted() async throws {
    let bad = "noise\n=1\n\u{1b}[2J=3\n\n" + String(repeating: "x", count: 200_000) + "\n"
    let time = "timestamp=2026-02-30T00:00:00Z\nmeter=E1\n\n"
    let number = "timestamp=\(noon(plus: 700))\nmeter=\u{1b}E1\npower_import_kw=nan\ngas_m3=1e9\n\n"
    let records = Self.house + bad + "\n" + time + Self.telegram(at: 610) + number.dropLast()
    try await TerminalScreen.with(Self.show, files: ["records": records]) { terminal in
      try await terminal.wait(for: "5 bad lines")
    }
    let lines = try await p1top(records).lines
    #expect(lines.count == 60 && lines.last == "2026-01-15 12:11:40  ?E1", "\(lines.suffix(2))")
  }

  @Test(
    arguments: [
      ("p1top -x", 64, "unrecognized arguments: -x; see p1top --help"),
      ("p1top < /dev/null", 0, "standard input: it ended before the first record"),
      (
        "p1cat -n 1 sim: | p1top", 0,
        "standard input: these lines are no records; use p1cat ... | p1parse | p1top"
      ),
      ("echo a=1 | p1top > /dev/full", 74, "standard output: No space left on device"),
      ("p1top <&-", 74, "standard input: Bad file descriptor"),
      ("yes $'a=1\n' | p1top | true; exit ${PIPESTATUS[1]}", 0, ""),
    ])
  func errorsAreReported(_ script: String, _ status: Int32, _ message: String) async throws {
    let result = try await Program.bash(
      "PATH+=:$1\n\(script)", [Repository.path("scripts")]
    ).run()
    #expect(result.status == .exited(status))
    #expect(result.errorText == (message.isEmpty ? "" : "p1top: \(message)\n"))
  }

  // MARK: - ttyplot

  /// The commands of p1guide(7), with a simulated meter.
  @Test func ttyplotDrawsThePower() async throws {
    let recipes = try ManualPage("p1guide.7").blocks().map(\.text).filter { $0.contains("ttyplot") }
    #expect(recipes.count == 2)
    for recipe in recipes {
      let script = recipe.replacing(
        "/dev/ttyUSB0", with: "sim:start=2026-01-01T18:00:00Z,rate=20")
      try await TerminalScreen.with(script.trimmingCharacters(in: .newlines)) { terminal in
        // The simulated meter takes some 2.8 kW.
        try await terminal.wait(for: "max=2.")
      }
    }
  }
}
