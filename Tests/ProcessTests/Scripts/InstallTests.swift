import Foundation
import TestSupport
import Testing

/// scripts/install and scripts/uninstall, into a directory.
@Suite struct InstallTests {
  private func install(_ directory: TemporaryDirectory, _ arguments: [String] = []) throws
    -> Program
  {
    Program(
      Repository.path("scripts/install"), ["--no-build"] + arguments,
      environment: [
        "DESTDIR": directory.path,
        "P1_BIN": (try Program("p1cat").path as NSString).deletingLastPathComponent,
      ])
  }

  private func paths(_ directory: TemporaryDirectory) throws -> [String] {
    try #require(FileManager.default.enumerator(atPath: directory.path)).compactMap {
      $0 as? String
    }.sorted()
  }

  /// Directories that were there stay, and so do files of others.
  @Test func whatIsInstalledIsRemoved() async throws {
    try await TemporaryDirectory.with { directory in
      for path in ["usr/local/bin", "usr/local/share/man/man1"] {
        try FileManager.default.createDirectory(
          atPath: directory.path(path), withIntermediateDirectories: true)
      }
      try directory.write("other", to: "usr/local/share/man/man1/other.1")
      let before = try paths(directory)
      let result = try await install(directory).run()
      #expect(result.status == .success, "\(result.errorText)")
      let installed = try paths(directory)
      let pages = ManualPage.names + ["p1check.1", "p1receive.1"]
      for name in pages.map({ "share/man/man\($0.suffix(1))/\($0)" }) + [
        "share/man/nl/man7/p1.7", "bin/p1cat", "bin/p1run", "bin/p1capture",
        "share/zsh/site-functions/_p1parse",
        "share/bash-completion/completions/p1cat", "share/fish/vendor_completions.d/p1influx.fish",
        "share/doc/p1/examples/p1.conf", "share/doc/p1/examples/broker/mosquitto.acl",
        "share/doc/p1/examples/broker/rabbitmq-user", "share/p1/uninstall", "bin/p1check",
        "bin/p1replay", "bin/p1top", "bin/p1sum", "share/p1/p1readings.py",
        "share/doc/p1/examples/alerts.yml", "share/doc/p1/examples/alerts-tools.yml",
        "share/doc/p1/examples/grafana/p1-influxdb.json",
        "bin/p1plot", "share/doc/p1/man/pictures/day.svg",
        "lib/systemd/system/p1@.service", "lib/systemd/system/p1-capture@.timer",
      ] {
        #expect(installed.contains("usr/local/\(name)"), "\(name)")
      }
      let again = try await install(directory).run()
      #expect(again.status == .success)
      #expect(try paths(directory) == installed)
      let removed = try await Program(
        directory.path("usr/local/share/p1/uninstall"), [],
        environment: ["DESTDIR": directory.path, "HOME": directory.path]
      ).run()
      #expect(removed.status == .success, "\(removed.errorText)")
      #expect(try paths(directory) == before)
    }
  }

  /// A file that only an earlier version had is removed.
  @Test func anEarlierVersionIsReplaced() async throws {
    try await TemporaryDirectory.with { directory in
      _ = try await install(directory, ["--prefix", "/opt/p1"]).run()
      let list = "opt/p1/share/p1/files"
      try directory.write("", to: "opt/p1/bin/p1old")
      try directory.write(try directory.text(of: list) + "/opt/p1/bin/p1old\n", to: list)
      let result = try await install(directory, ["--prefix", "/opt/p1"]).run()
      #expect(result.status == .success)
      #expect(try !paths(directory).contains("opt/p1/bin/p1old"))
      #expect(try !directory.text(of: list).contains("p1old"))
      let removed = try await Program(
        directory.path("opt/p1/share/p1/uninstall"), [],
        environment: ["DESTDIR": directory.path, "HOME": directory.path]
      ).run()
      #expect(removed.status == .success)
      #expect(try paths(directory) == [])
    }
  }

  @Test func pagesAndUnitsNameThePrefix() async throws {
    try await TemporaryDirectory.with { directory in
      let result = try await install(directory, ["--prefix", "/opt/p1+"]).run()
      #expect(result.status == .success)
      let (page, unit) = ("share/man/man1/p1run.1", "lib/systemd/system/p1@.service")
      for (name, path) in [(page, "share/doc/p1/examples"), (unit, "bin/p1run\n")] {
        let text = try directory.text(of: "opt/p1+/\(name)")
        #expect(text.contains("/opt/p1+/\(path)") && !text.contains("/usr/local"), "\(name)")
      }
      let other = try await install(directory, ["--prefix", "/my tools"]).run()
      #expect(other.status == .exited(64))
      #expect(try !paths(directory).contains("my tools"))
    }
  }

  /// A relative $DESTDIR is below the working directory.
  @Test func destinationMayBeRelative() async throws {
    try await TemporaryDirectory.with { directory in
      let tools = (try Program("p1cat").path as NSString).deletingLastPathComponent
      let script = "$1/install --no-build && $1/uninstall && find root -type f"
      let result = try await Program.bash(
        script, [Repository.path("scripts")],
        environment: ["DESTDIR": "root", "P1_BIN": tools, "HOME": directory.path],
        directory: directory.path
      ).run()
      #expect(result.status == .success && result.text == "", "\(result.errorText)")
    }
  }

  /// Installed scripts find the installed tools, and not those of a checkout.
  @Test func installedScriptsFindTheTools() async throws {
    try await TemporaryDirectory.with { directory in
      _ = try await install(directory).run()
      let bin = directory.path("usr/local/bin")
      let records = try await Program(
        "\(bin)/p1run", ["-o", "records", "sim:count=2,rate=max"],
        environment: ["PATH": "/usr/bin:/bin"], directory: directory.path
      ).run()
      #expect(records.status == .success, "\(records.errorText)")
      #expect(try directory.text(of: "records").matches(of: /timestamp=/).count == 4)
      let capture = try await Program(
        "\(bin)/p1capture", ["sim:"], environment: ["PATH": "/usr/bin:/bin"],
        directory: directory.path
      ).run()
      #expect(capture.status == .success, "\(capture.errorText)")
      // Also by a symbolic link. The module leaves no compiled file.
      let link = directory.path("sum")
      try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: "\(bin)/p1sum")
      let telegrams = "p1cat sim:count=2,step=60,rate=max | \"$1\" --by total --format csv"
      let sums = try await Program.bash(telegrams, [link]).run()
      #expect(
        sums.status == .success && sums.text.contains("energy_import_kwh"), "\(sums.errorText)")
      #expect(try !paths(directory).contains { $0.contains("__pycache__") })
    }
  }

  /// systemd accepts the units, and rates how much a service could do to the machine: 0 is nothing, 10 all.
  @Test func unitsAreValidAndHardened() async throws {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze") else {
      print("not run, it needs systemd-analyze")
      return
    }
    try await TemporaryDirectory.with { directory in
      var program = try install(directory, ["--prefix", directory.path("p1")])
      program.environment["DESTDIR"] = ""
      let installed = try await program.run()
      #expect(installed.status == .success, "\(installed.errorText)")
      let units = directory.path("p1/lib/systemd/system")
      var sandboxes: Set<Substring> = []
      for unit in ["p1", "p1-receive", "p1-capture"] {
        let text = try directory.text(of: "p1/lib/systemd/system/\(unit)@.service")
        #expect(text.contains("\nExecStart=\(directory.path("p1/bin/p1"))"))
        // What a service may not do is the same for all.
        let start = try #require(text.range(of: "CapabilityBoundingSet=")).lowerBound
        let end = try #require(text.range(of: "\nSystemCallFilter=~")).upperBound
        sandboxes.insert(text[start..<end])
        let path = "\(units)/\(unit)@home.service"
        try FileManager.default.createSymbolicLink(
          atPath: path, withDestinationPath: "\(unit)@.service")
        let verified = try await Program("systemd-analyze", ["verify", "--man=no", path]).run()
        #expect(verified.status == .success && verified.errorText == "", "\(verified.errorText)")
        let rating = try await Program(
          "systemd-analyze", ["security", "--offline=yes", "--threshold=15", "--no-pager", path]
        ).run()
        #expect(rating.status == .success, "\(rating.text.suffix(100))")
        print(unit, rating.text.split(separator: "\n").last ?? "")
      }
      #expect(sandboxes.count == 1)
      let timer = try await Program(
        "systemd-analyze", ["verify", "--man=no", "\(units)/p1-capture@.timer"]
      ).run()
      #expect(timer.status == .success && timer.errorText == "", "\(timer.errorText)")
    }
  }

  /// The example has only settings that exist.
  @Test func exampleIsValid() async throws {
    try await TemporaryDirectory.with { directory in
      let example = try String(contentsOfFile: Repository.path("scripts/p1.conf"), encoding: .utf8)
      let lines = example.split(separator: "\n").filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") }
      #expect(lines.count > 5)
      let text = lines.map { $0.dropFirst() + "\n" }.joined().replacing(
        "/var/lib/p1/house/captures", with: directory.path)
      let file = try directory.write(text, to: "p1.conf")
      for name in ["house.key", "house.auth"] {
        let key = try directory.write("000102030405060708090A0B0C0D0E0F", to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
      }
      for tool in ["p1cat", "p1parse", "p1influx"] {
        let result = try await Program(
          tool, ["--config", file, "--check"], directory: directory.path
        ).run()
        #expect(result.status == .success, "\(result.errorText)")
      }
    }
  }
}
