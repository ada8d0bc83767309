import Foundation
import TestSupport
import Testing

/// The messages about options and settings of p1influx that exclude each other or are invalid.
@Suite struct InfluxOptionTests {
  // MARK: - Addresses

  @Test func addressAndHostExcludeEachOther() async throws {
    for option in [["--host", "h"], ["--port", "1"]] {
      let result = try await Program("p1influx", ["--url", "http://h"] + option).run()
      #expect(result.status == .exited(64))
      #expect(result.errorText.contains("--url: use either --url, or --host and --port"))
    }
  }

  @Test func messageNamesTheOptionOrTheVariable() async throws {
    let typed = try await Program("p1influx", ["--url", "h:8086"]).run(input: "a=1\n")
    #expect(typed.status == .exited(64))
    #expect(typed.errorText.hasPrefix("p1influx: --url: \"h:8086\" does not start with http://"))
    for port in ["0", "65536", "x", ""] {
      let text = "http://[::1]:\(port)"
      let result = try await Program("p1influx", ["--url", text]).run()
      #expect(result.status == .exited(64))
      #expect(result.errorText.hasPrefix("p1influx: --url: \"\(text)\" has no port from 1"))
    }
    #expect(typed.messages.count == 1)
    let set = try await Program("p1influx", environment: ["INFLUXDB_URL": "http://me:hunter2@h"])
      .run(input: "a=1\n")
    #expect(set.status == .exited(78))
    #expect(set.errorText.hasPrefix("p1influx: INFLUXDB_URL: ") && set.messages.count == 1)
    #expect(!set.errorText.contains("hunter2"))
  }

  // MARK: - Buckets and databases

  @Test func bucketAndDatabaseExcludeEachOther() async throws {
    let result = try await Program("p1influx", ["--bucket", "b", "--db", "d"]).run()
    #expect(
      result.status == .exited(64)
        && result.errorText.contains("--bucket: use either --bucket, for InfluxDB 2, or --db"))
  }

  // MARK: - Secrets

  @Test func tokenFileThatOthersCanRead() async throws {
    try await TemporaryDirectory.with { directory in
      let path = try directory.write("hunter2hunter2\n", to: "token")
      #expect(chmod(path, 0o644) == 0)
      let port = try ClosedPort()
      let program = Program(
        "p1influx", ["-v", "--port", "\(port.number)", "--linger", "0"],
        environment: ["INFLUXDB_TOKEN_FILE": path])
      let rejected = try await program.run(input: "a=1\n")
      #expect(rejected.status == .exited(77) && rejected.messages.count == 1)
      #expect(rejected.errorText.hasPrefix("p1influx: \(path): others can read this"))
      #expect(chmod(path, 0o640) == 0)
      let taken = try await program.run(input: "a=1\n")
      #expect(taken.status == .exited(69))
      #expect(!(rejected.errorText + taken.errorText).contains("hunter2"))
    }
  }

  // MARK: - TLS

  @Test func optionOfTLSNeedsAnEncryptedAddress() async throws {
    try await TemporaryDirectory.with { directory in
      let file = try directory.write("x", to: "file")
      for option in ["--ca-file", "--cert-file", "--key-file"] {
        for address in [["--url", "http://h"], ["--host", "h"], ["--url", "unix:/run/x"]] {
          let result = try await Program("p1influx", address + [option, file]).run(input: "a=1\n")
          #expect(result.status == .exited(64) && result.messages.count == 1)
          #expect(result.errorText.hasPrefix("p1influx: \(option): "))
          #expect(result.errorText.contains("is not encrypted; use an https: address"))
        }
      }
    }
  }

  // MARK: - Points

  @Test(arguments: [
    "house", "house=", "=1", "meter=1", "channel=1", "time=1", "_x=1", "a=b\\", "a\\=b", "a=\u{7}",
    "a\n=b",
  ])
  func tagThatIsImpossible(_ tag: String) async throws {
    let result = try await Program("p1influx", ["--dry-run", "--tag", tag]).run(input: "a=1\n")
    #expect(result.status == .exited(64) && result.output.isEmpty)
    #expect(result.errorText.hasPrefix("p1influx: --tag: \"") && result.messages.count == 1)
  }

  @Test func tagThatIsGivenTwice() async throws {
    let program = Program("p1influx", ["--dry-run", "--tag", "a=1", "--tag", "a=2"])
    let result = try await program.run(input: "a=1\n")
    #expect(result.status == .exited(64) && result.output.isEmpty)
    #expect(result.errorText.hasPrefix("p1influx: --tag: \"a=2\" ") && result.messages.count == 1)
  }

  @Test(arguments: [
    "", "_internal", "#x", "x\\", "a\u{1B}[2J", String(repeating: "x", count: 2000),
  ])
  func measurementThatIsImpossible(_ name: String) async throws {
    let program = Program("p1influx", ["--dry-run", "--measurement", name])
    let result = try await program.run(input: "a=1\n")
    #expect(result.status == .exited(64) && result.output.isEmpty)
    #expect(result.errorText.hasPrefix("p1influx: --measurement: "))
    #expect(result.messages.count == 1 && !result.errorText.contains("\u{1B}"))
  }

  @Test func tagsAndMeasurementsAreEscaped() async throws {
    let program = Program(
      "p1influx",
      ["--dry-run", "--measurement", "my house,1=2", "--tag", "a b=c=d,e", "--tag", "f=g"])
    let result = try await program.run(input: "timestamp=2026-01-15T12:00:00Z\nmeter=E1\nn=1\n")
    #expect(result.status == .success)
    #expect(
      result.text
        == #"my\ house\,1=2,meter=E1,a\ b=c\=d\,e,f=g n=1 1768478400000000000"# + "\n")
  }

  @Test func tagsOfTheEnvironmentAreDividedByCommas() async throws {
    let program = Program(
      "p1influx", ["--dry-run"],
      environment: ["INFLUXDB_TAGS": "house=1,floor=2", "INFLUXDB_MEASUREMENT": "p1"])
    let result = try await program.run(input: "timestamp=2026-01-15T12:00:00Z\nn=1\n")
    #expect(result.text == "p1,house=1,floor=2 n=1 1768478400000000000\n")
    let wrong = Program("p1influx", ["--dry-run"], environment: ["INFLUXDB_TAGS": "house=1,floor"])
    let rejected = try await wrong.run(input: "n=1\n")
    #expect(rejected.status == .exited(78))
    #expect(rejected.errorText.hasPrefix("p1influx: INFLUXDB_TAGS: \"floor\" is not a tag"))
  }
}
