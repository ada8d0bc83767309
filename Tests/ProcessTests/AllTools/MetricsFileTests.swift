import Foundation
import TestSupport
import TestValues
import Testing

/// `--metrics-file`: the counters of each tool, as Prometheus reads them.
@Suite struct MetricsFileTests {
  /// The whole pipe with one setting for all tools.
  @Test func everyToolWritesAFileThatPrometheusReads() async throws {
    try await TemporaryDirectory.with { directory in
      let port = try ClosedPort()
      let script = """
        umask 077
        p1cat --capture . sim:start=2026-01-01T18:00:00Z,count=3,rate=max | p1parse --metrics-readings |
          tee -p >(p1mqtt -q --linger 0 --port $1) | p1influx -q --linger 0 --port $1 --spool spool
        """
      let pattern = directory.path("house-{tool}.prom")
      let program = Program.bash(
        script, ["\(port.number)"], environment: ["P1_METRICS_FILE": pattern],
        directory: directory.path)
      try await program.whileRunning { pipe in
        _ = try await pipe.waitForExit()
        let tools = ["p1cat", "p1influx", "p1mqtt", "p1parse"]
        let files = tools.map { "house-\($0).prom" }
        try await pipe.wait(for: "the end of p1mqtt") { _ in pipe.processes.isEmpty }
        let found = try directory.names().filter { $0.contains("prom") }
        #expect(found == files)
        for file in files {
          let text = try directory.text(of: file)
          let check = try await Program("promtool", ["check", "metrics"]).run(input: text)
          #expect(check.status == .success && check.output.isEmpty, "\(check.errorText)")
          #expect(check.errorText == "", "\(file)")
          let attributes = try FileManager.default.attributesOfItem(atPath: directory.path(file))
          #expect(attributes[.posixPermissions] as? Int == 0o644)
        }
        let all = try files.map { try directory.text(of: $0) }.joined()
        for sample in [
          "p1cat_telegrams_total{pipe=\"house\"} 3",
          "p1cat_capture_failures_total{pipe=\"house\"} 0",
          "p1parse_telegrams_total{pipe=\"house\"} 3", "p1parse_dropped_total{pipe=\"house\"} 0",
          "p1influx_records_total{pipe=\"house\"} ", "p1influx_waiting{pipe=\"house\"} ",
          "p1influx_oldest_timestamp_seconds{pipe=\"house\"} ",
          "p1mqtt_records_total{pipe=\"house\"} ", "p1mqtt_waiting{pipe=\"house\"} 0\n",
          "p1_voltage_l1_v{pipe=\"house\",meter=\"E",
        ] {
          #expect(all.contains("\n\(sample)"), "\(sample)")
        }
        #expect(all.contains(/\np1mqtt_dropped_total{pipe="house"} [1-9]/))
        let now = Date.now.timeIntervalSince1970
        for name in ["p1cat_last_telegram_timestamp_seconds", "p1influx_oldest_timestamp_seconds"] {
          let sample = try #require(all.firstMatch(of: try Regex("\n\(name){[^}]*} ([0-9.]+)\n")))
          let time = try #require(sample.output[1].substring.flatMap { Double($0) })
          #expect((now - 60...now + 1).contains(time))
        }
      }
    }
  }

  @Test func fileIsReplacedWhileTheToolRuns() async throws {
    try await TemporaryDirectory.with { directory in
      let path = directory.path("one.prom")
      try await Program("p1cat", ["--metrics-file", path]).whileRunning { reader in
        let count = {
          (try? directory.text(of: "one.prom"))?.firstMatch(
            of: /telegrams_total{pipe="one"} (\d+)/)?.1
        }
        try await reader.wait(for: "the first file") { _ in count() == "0" }
        #expect(try !directory.text(of: "one.prom").contains("last_telegram"))
        let first = try Self.inode(path)
        try await reader.write(SampleTelegram.numbered(1))
        try await reader.wait(for: "the next file", within: .seconds(20)) { _ in count() == "1" }
        #expect(try Self.inode(path) != first)
        reader.closeInput()
        #expect(try await reader.waitForExit().status == .success)
        #expect(try directory.names() == ["one.prom"])
      }
    }
  }

  private static func inode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
  }

  /// The file would take its place.
  @Test func aLinkIsNotReplaced() async throws {
    try await TemporaryDirectory.with { directory in
      try FileManager.default.createSymbolicLink(
        atPath: directory.path("link.prom"), withDestinationPath: "/dev/null")
      let result = try await Program("p1cat", ["--metrics-file", directory.path("link.prom")]).run(
        input: SampleTelegram.numbered(1))
      #expect(result.status == .success)
      #expect(result.errorText.contains("link.prom: it is not a regular file; "))
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: directory.path("link.prom"))
          == "/dev/null")
    }
  }

  @Test func fileThatCannotBeWrittenIsLoggedOnce() async throws {
    try await TemporaryDirectory.with { directory in
      let path = directory.path("absent/{tool}.prom")
      let tools = ["p1cat", "p1parse"]
      let inputs = ["p1cat": SampleTelegram.numbered(1), "p1parse": SampleTelegram.numbered(1)]
      for tool in tools {
        let plain = try await Program(tool).run(input: inputs[tool] ?? "")
        let result = try await Program(tool, ["--metrics-file", path]).run(
          input: inputs[tool] ?? "")
        #expect(result.status == .success && result.output == plain.output)
        #expect(
          result.errorText == """
            \(tool): \(directory.path("absent/\(tool).prom")): No such file or directory; \
            metrics are not written; set another --metrics-file

            """)
      }
    }
  }

  /// A capture that is read with the settings of a running pipe does not replace the metrics of the pipe.
  @Test(arguments: ["p1cat", "p1parse"])
  func fileOfAProcessThatRunsIsLeftAlone(_ tool: String) async throws {
    try await TemporaryDirectory.with { directory in
      let environment = ["P1_METRICS_FILE": directory.path("house-{tool}.prom")]
      let (file, name) = ("house-\(tool).prom", directory.path("house-\(tool).prom"))
      let program = Program(tool, environment: environment)
      try await program.whileRunning { service in
        try await service.wait(for: "the file") { _ in try directory.names() == [file] }
        let inode = try Self.inode(name)
        let replay = try await program.run(input: SampleTelegram.numbered(1))
        #expect(replay.status == .success && !replay.output.isEmpty)
        #expect(
          replay.errorText == """
            \(tool): \(name): another process writes it; metrics are not written; set another --metrics-file

            """)
        #expect(try Self.inode(name) == inode)
        service.closeInput()
        #expect(try await service.waitForExit().errorText == "")
      }
      let next = try await program.run(input: SampleTelegram.numbered(1))
      #expect(next.errorText == "")
      #expect(try directory.text(of: file).contains("telegrams_total{pipe=\"house\"} 1\n"))
    }
  }

  /// The limit on the size of a file is a disk without room.
  @Test func failedWriteLeavesNoTemporaryFile() async throws {
    try await TemporaryDirectory.with { directory in
      let script = "ulimit -f 0; exec p1cat --metrics-file $1"
      let program = Program.bash(script, [directory.path("one.prom")])
      let result = try await program.run(input: SampleTelegram.numbered(1))
      #expect(result.status == .success)
      #expect(result.errorText.contains("one.prom: File too large; metrics are not written; "))
      #expect(try directory.names() == [])
    }
  }

  /// A setting of all tools needs a name for each; an option is that of one tool.
  @Test(arguments: ["p1cat", "p1parse", "p1mqtt", "p1influx"])
  func settingNamesAFileForEachTool(_ tool: String) async throws {
    let program = Program(tool, environment: ["P1_METRICS_FILE": "/run/p1.prom"])
    let result = try await program.run()
    #expect(result.status == .exited(78))
    #expect(
      result.errorText
        == "\(tool): P1_METRICS_FILE: \"/run/p1.prom\" names one file for all tools; add {tool} to its name\n"
    )
    try await TemporaryDirectory.with { directory in
      let option = ["--check", "--metrics-file", directory.path("p1.prom")]
      let checked = try await Program(tool, option).run()
      #expect(checked.errorText == "")
      #expect(try directory.names().isEmpty)
    }
  }

  @Test func readingsAreTheLastOfEachMeter() async throws {
    try await TemporaryDirectory.with { directory in
      let path = directory.path("{tool}.prom")
      let input =
        SampleTelegram.numbered(1) + SampleTelegram.numbered(2)
        + SampleTelegram.numbered(3).replacing("4530303032", with: "4530303039")
      let options = ["--no-check", "--format", "json"]
      let plain = try await Program("p1parse", options).run(input: input)
      let result = try await Program(
        "p1parse", options + ["--metrics-file", path, "--metrics-readings"]
      ).run(input: input)
      #expect(result.output == plain.output && result.errorText == "")
      let samples = try directory.text(of: "p1parse.prom").split(separator: "\n").filter {
        $0.hasPrefix("p1_")
      }
      #expect(
        samples == [
          "p1_energy_import_tariff1_kwh{meter=\"E0002\"} 1202.567",
          "p1_energy_import_tariff1_kwh{meter=\"E0009\"} 1203.567",
          "p1_gas_m3{meter=\"G0003\",channel=\"1\"} 3456.789",
          "p1_p1_version{meter=\"E0002\"} 50", "p1_p1_version{meter=\"E0009\"} 50",
          "p1_power_import_kw{meter=\"E0002\"} 0.321", "p1_power_import_kw{meter=\"E0009\"} 0.321",
          "p1_reading_timestamp_seconds{meter=\"E0002\"} 1795428120",
          "p1_reading_timestamp_seconds{meter=\"E0009\"} 1795428180",
          "p1_reading_timestamp_seconds{meter=\"G0003\",channel=\"1\"} 1795427700",
          "p1_tariff{meter=\"E0002\"} 2", "p1_tariff{meter=\"E0009\"} 2",
          "p1_voltage_l1_v{meter=\"E0002\"} 231.0", "p1_voltage_l1_v{meter=\"E0009\"} 231.0",
        ])
    }
  }

  @Test func metersWithoutNumberAreKeptApart() async throws {
    try await TemporaryDirectory.with { directory in
      let path = directory.path("one.prom")
      let gas = (1...2).map { "0-\($0):24.2.1(261123110000W)(0000\($0).000*m3)" }
      let input = SampleTelegram.with(["1-3:0.2.8(50)", "0-0:1.0.0(261123110100W)"] + gas)
      _ = try await Program("p1parse", ["--metrics-file", path, "--metrics-readings"])
        .run(input: input)
      let text = try directory.text(of: "one.prom")
      for channel in 1...2 {
        let sample = "p1_gas_m3{pipe=\"one\",channel=\"\(channel)\"} \(channel).000"
        #expect(text.contains("\n\(sample)\n"), "\(text)")
      }
    }
  }

  /// A meter whose telegrams have all readings, or only the power. What a telegram lacks stays as it was.
  @Test func readingsOfTelegramsThatAlternate() async throws {
    try await TemporaryDirectory.with { directory in
      func short(_ minute: Int) -> String {
        SampleTelegram.with([
          "1-3:0.2.8(50)", "0-0:1.0.0(261123110\(minute)00W)", "0-0:96.1.1(4530303032)",
          "1-0:1.7.0(00.\(minute)00*kW)",
        ])
      }
      let input = (1...4).map { SampleTelegram.numbered(2 * $0) + short(2 * $0 + 1) }.joined()
      let options = ["--metrics-file", directory.path("one.prom"), "--metrics-readings"]
      let result = try await Program("p1parse", options).run(input: input)
      #expect(result.status == .success && result.errorText == "")
      let text = try directory.text(of: "one.prom")
      for sample in [
        "energy_import_tariff1_kwh{pipe=\"one\",meter=\"E0002\"} 1208.567",
        "power_import_kw{pipe=\"one\",meter=\"E0002\"} 0.900",
        "reading_timestamp_seconds{pipe=\"one\",meter=\"E0002\"} 1795428540",
        "voltage_l1_v{pipe=\"one\",meter=\"E0002\"} 231.0",
      ] {
        #expect(text.contains("\np1_\(sample)\n"), "\(sample)")
      }
    }
  }
}
