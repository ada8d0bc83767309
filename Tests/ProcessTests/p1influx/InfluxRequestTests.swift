import Foundation
import Synchronization
import TestSupport
import Testing

/// What p1influx sends: paths, headers, bodies, and the number of concurrent requests.
@Suite struct InfluxRequestTests {
  private static let record = "timestamp=2026-01-15T12:00:00.123456789Z\nn=1\n"

  /// Runs p1influx with one record.
  private func send(
    to server: HTTPServer, _ arguments: [String] = [], environment: [String: String] = [:],
    path: String = ""
  ) async throws -> ProgramResult {
    try await Program(
      "p1influx", ["--url", "http://127.0.0.1:\(server.port)\(path)"] + arguments,
      environment: environment
    ).run(input: Self.record)
  }

  // MARK: - Paths

  struct Target: Sendable {
    let arguments: [String]
    let target: String
    var time = "1768478400123456789"
    var path = ""
  }

  @Test(arguments: [
    Target(arguments: [], target: "/write?db=dsmr"),
    Target(arguments: ["--db", "my db/&=é"], target: "/write?db=my%20db%2F%26%3D%C3%A9"),
    Target(
      arguments: ["--retention-policy", "two years"], target: "/write?db=dsmr&rp=two%20years"),
    Target(
      arguments: ["--precision", "us"], target: "/write?db=dsmr&precision=u",
      time: "1768478400123456"),
    Target(
      arguments: ["--precision", "ms"], target: "/write?db=dsmr&precision=ms",
      time: "1768478400123"),
    Target(
      arguments: ["--precision", "s"], target: "/write?db=dsmr&precision=s", time: "1768478400"),
    Target(
      arguments: ["--api", "2", "--bucket", "b", "--org", "my org"],
      target: "/api/v2/write?org=my%20org&bucket=b&precision=ns"),
    Target(arguments: ["--bucket", "b"], target: "/api/v2/write?bucket=b&precision=ns"),
    Target(arguments: ["--org", "o"], target: "/api/v2/write?org=o&bucket=dsmr&precision=ns"),
    Target(
      arguments: ["--bucket", "b", "--precision", "us"],
      target: "/api/v2/write?bucket=b&precision=us", time: "1768478400123456"),
    Target(
      arguments: ["--api", "3"], target: "/api/v3/write_lp?db=dsmr&precision=nanosecond"),
    Target(
      arguments: ["--api", "3", "--db", "d", "--precision", "us"],
      target: "/api/v3/write_lp?db=d&precision=microsecond", time: "1768478400123456"),
    Target(
      arguments: ["--api", "3", "--precision", "ms"],
      target: "/api/v3/write_lp?db=dsmr&precision=millisecond", time: "1768478400123"),
    Target(
      arguments: ["--api", "3", "--precision", "s"],
      target: "/api/v3/write_lp?db=dsmr&precision=second", time: "1768478400"),
    Target(arguments: [], target: "/insert/0/influx/write?db=dsmr", path: "/insert/0/influx"),
    Target(arguments: [], target: "/insert/0/influx/write?db=dsmr", path: "/insert/0/influx/"),
    Target(arguments: [], target: "/influx/write?db=dsmr", path: "/influx/write"),
    Target(
      arguments: [], target: "/x/api/v2/write?bucket=dsmr&precision=ns", path: "/x/api/v2/write"),
    Target(
      arguments: [], target: "/api/v3/write_lp?db=dsmr&precision=nanosecond",
      path: "/api/v3/write_lp"),
    // An explicit option takes priority over the path of the address.
    Target(
      arguments: ["--api", "1"], target: "/write?db=dsmr", path: "/api/v2/write"),
  ])
  func pathIsThatOfTheAPI(_ expected: Target) async throws {
    try await HTTPServer.running { server in
      let result = try await send(to: server, expected.arguments, path: expected.path)
      #expect(result.status == .success && result.errorText == "")
      let request = try #require(server.requests.first)
      #expect(server.requests.count == 1)
      #expect(request.method == "POST" && request.target == expected.target)
      #expect(request.text == "dsmr n=1 \(expected.time)\n")
      #expect(request.headers["content-type"] == "text/plain; charset=utf-8")
      #expect(request.headers["user-agent"]?.hasPrefix("p1influx/") == true)
      #expect(request.headers["content-length"] == "\(request.body.count)")
      #expect(request.headers["expect"] == nil && request.headers["content-encoding"] == nil)
      #expect(request.headers["authorization"] == nil)
    }
  }

  // MARK: - Login

  @Test func loginIsThatOfHTTP() async throws {
    try await HTTPServer.running { server in
      let environment = ["INFLUXDB_USER": "me", "INFLUXDB_PASS": "hunter2: é"]
      let result = try await send(to: server, environment: environment)
      #expect(result.status == .success)
      let login = Data("me:hunter2: é".utf8).base64EncodedString()
      #expect(server.requests.map { $0.headers["authorization"] } == ["Basic \(login)"])
    }
  }

  @Test(arguments: zip(["1", "2", "3"], ["Token", "Token", "Bearer"]))
  func tokenTakesThePlaceOfALogin(_ api: String, _ scheme: String) async throws {
    try await HTTPServer.running { server in
      let environment = [
        "INFLUXDB_USER": "me", "INFLUXDB_PASS": "hunter2", "INFLUXDB_TOKEN": "abc==",
      ]
      let result = try await send(to: server, ["--api", api], environment: environment)
      #expect(result.status == .success)
      #expect(server.requests.map { $0.headers["authorization"] } == ["\(scheme) abc=="])
    }
  }

  @Test func tokenComesFromAFileOrFromSystemd() async throws {
    try await TemporaryDirectory.with { directory in
      let path = try directory.write("abc==\n", to: "INFLUXDB_TOKEN")
      #expect(chmod(path, 0o600) == 0)
      try await HTTPServer.running { server in
        for environment in [
          ["INFLUXDB_TOKEN_FILE": path], ["CREDENTIALS_DIRECTORY": directory.path],
        ] {
          let result = try await send(to: server, environment: environment)
          #expect(result.status == .success)
          #expect(server.requests.last?.headers["authorization"] == "Token abc==")
        }
      }
    }
  }

  /// p1influx follows no redirect, so no other server gets its secrets.
  @Test func noRequestIsSentElsewhere() async throws {
    try await HTTPServer.running { other in
      let place = "http://127.0.0.1:\(other.port)/write"
      try await HTTPServer.running({ _ in .status(307, headers: ["Location": place]) }) { server in
        let result = try await send(
          to: server, ["--linger", "1"], environment: ["INFLUXDB_TOKEN": "abc"])
        #expect(result.status == .exited(69))
        #expect(result.errorText.contains("HTTP 307"))
        #expect(other.requests.isEmpty)
      }
    }
  }

  // MARK: - The database

  @Test func databaseIsCreatedFirst() async throws {
    try await HTTPServer.running({ request in
      request.target == "/query" ? .status(200, body: "{\"results\":[]}") : .noContent
    }) { server in
      let result = try await send(
        to: server, ["--create-db", "--db", "my \"db\""], environment: ["INFLUXDB_TOKEN": "abc"])
      #expect(result.status == .success && result.errorText == "")
      #expect(
        server.requests.map(\.target) == ["/query", "/write?db=my%20%22db%22"])
      let made = try #require(server.requests.first)
      #expect(made.text == "q=CREATE%20DATABASE%20%22my%20%5C%22db%5C%22%22")
      #expect(made.headers["content-type"] == "application/x-www-form-urlencoded")
      #expect(made.headers["authorization"] == "Token abc")
    }
  }

  @Test(arguments: [200, 409])
  func databaseOfVersion3(_ status: Int) async throws {
    try await HTTPServer.running({ request in
      request.target.hasPrefix("/api/v3/configure") ? .error(status, "x") : .noContent
    }) { server in
      let result = try await send(to: server, ["--create-db", "--api", "3"])
      #expect(result.status == .success && result.errorText == "")
      #expect(
        server.requests.map(\.target) == [
          "/api/v3/configure/database", "/api/v3/write_lp?db=dsmr&precision=nanosecond",
        ])
      #expect(server.requests.first?.text == #"{"db":"dsmr"}"#)
      #expect(server.requests.first?.headers["content-type"] == "application/json")
    }
  }

  @Test func databaseIsWrittenToIfItMayNotBeCreated() async throws {
    try await HTTPServer.running({ request in
      request.target == "/query" ? .error(403, "not you") : .noContent
    }) { server in
      let result = try await send(to: server, ["--create-db"])
      #expect(result.status == .success)
      #expect(
        result.errorText == """
          p1influx: http://127.0.0.1:\(server.port): the database was not created: \
          HTTP 403: {"error":"not you"}

          """)
      #expect(server.requests.map(\.target) == ["/query", "/write?db=dsmr"])
    }
  }

  @Test func creationIsRetriedInAnOutage() async throws {
    let count = Mutex(0)
    try await HTTPServer.running({ _ in
      let number = count.withLock { count -> Int in
        count += 1
        return count
      }
      return number == 1 ? .error(503, "starting") : .noContent
    }) { server in
      let result = try await send(to: server, ["--create-db"])
      #expect(result.status == .success)
      #expect(server.requests.map(\.target) == ["/query", "/query", "/write?db=dsmr"])
    }
  }

  /// A missing database that cannot be created is reported once, not at each retry.
  @Test func missingDatabaseIsLoggedOnce() async throws {
    try await HTTPServer.running({ request in
      request.target == "/query" ? .error(403, "not you") : .error(404, "no such database")
    }) { server in
      let program = Program(
        "p1influx", ["--url", "http://127.0.0.1:\(server.port)", "--create-db", "--linger", "0"])
      try await program.whileRunning { sink in
        try await sink.write(Self.record + "\n")
        try await server.wait { server in
          server.exchanges.count { $0.request.target == "/query" } >= 3
        }
        let messageCount = sink.errorText.matches(of: /the database was not created/).count
        #expect(messageCount == 1)
      }
    }
  }

  @Test func deletedDatabaseIsCreatedAgain() async throws {
    let exists = Mutex(true)
    try await HTTPServer.running({ request in
      exists.withLock { exists in
        if request.target == "/query" { exists = true }
        return exists ? .noContent : .error(404, "database not found")
      }
    }) { server in
      let program = Program(
        "p1influx", ["--url", "http://127.0.0.1:\(server.port)", "--create-db"])
      try await program.whileRunning { sink in
        try await sink.write(NumberedRecords.text(0))
        try await server.wait { NumberedRecords.numbers(in: $0.acceptedLines) == [0] }
        exists.withLock { $0 = false }
        try await sink.write(NumberedRecords.text(1))
        try await server.wait { NumberedRecords.numbers(in: $0.acceptedLines) == [0, 1] }
      }
    }
  }

  @Test func version2CreatesNoBucket() async throws {
    try await HTTPServer.running { server in
      let result = try await send(to: server, ["--create-db", "--bucket", "b"])
      #expect(result.status == .exited(64))
      #expect(result.errorText.hasPrefix("p1influx: --create-db: p1influx cannot create a bucket "))
      #expect(result.messages.count == 1 && server.requests.isEmpty)
    }
  }

  // MARK: - Connections

  @Test(arguments: ["unix:", "unix://"])
  func serverOnAUnixSocket(_ scheme: String) async throws {
    try await TemporaryDirectory.with { directory in
      let path = "/tmp/p1-\(UUID().uuidString.prefix(8)).sock"
      defer { unlink(path) }
      // A Unix socket needs no proxy.
      let port = try ClosedPort()
      try await HTTPServer.running(socket: path) { server in
        let result = try await Program(
          "p1influx", ["--url", scheme + path],
          environment: ["http_proxy": "http://127.0.0.1:\(port.number)"]
        ).run(input: Self.record)
        #expect(result.status == .success && result.errorText == "")
        #expect(server.requests.map(\.target) == ["/write?db=dsmr"])
        #expect(server.requests.first?.headers["host"] == "localhost")
      }
    }
  }

  @Test func serverWithAnAddressOfIPv6() async throws {
    try await HTTPServer.running(isIPv6: true) { server in
      for arguments in [
        ["--url", "http://[::1]:\(server.port)"], ["--host", "::1", "--port", "\(server.port)"],
        ["--host", "[::1]", "--port", "\(server.port)"],
      ] {
        let result = try await Program("p1influx", arguments).run(input: Self.record)
        #expect(result.status == .success && result.errorText == "")
        #expect(server.requests.last?.headers["host"] == "[::1]:\(server.port)")
      }
      #expect(server.acceptedLines.count == 3)
    }
  }

  @Test func proxyIsThatOfTheEnvironment() async throws {
    try await HTTPServer.running { proxy in
      let result = try await Program(
        "p1influx", ["--url", "http://influx.invalid:8086/x"],
        environment: ["http_proxy": "http://127.0.0.1:\(proxy.port)"]
      ).run(input: Self.record)
      #expect(result.status == .success && result.errorText == "")
      #expect(
        proxy.requests.map(\.target) == ["http://influx.invalid:8086/x/write?db=dsmr"])
    }
  }

  @Test func noProxyIsRespected() async throws {
    try await HTTPServer.running { proxy in
      let result = try await Program(
        "p1influx", ["--url", "http://influx.invalid", "--linger", "3"],
        environment: [
          "http_proxy": "http://127.0.0.1:\(proxy.port)", "no_proxy": "lan.invalid,influx.invalid",
        ]
      ).run(input: Self.record)
      #expect(result.status == .exited(69) && proxy.requests.isEmpty)
      #expect(result.errorText.contains("Couldn't resolve host name; trying again"))
    }
  }

  @Test func proxyIsNotForThisMachine() async throws {
    let closed = try ClosedPort()
    try await HTTPServer.running { server in
      let result = try await send(
        to: server, environment: ["http_proxy": "http://127.0.0.1:\(closed.number)"])
      #expect(result.status == .success && result.errorText == "")
      #expect(server.requests.map(\.target) == ["/write?db=dsmr"])
    }
  }

  // MARK: - Bodies

  @Test func compressedBodyHasTheSameLines() async throws {
    try await HTTPServer.running { server in
      let records = NumberedRecords.text(0..<3000)
      let url = ["--url", "http://127.0.0.1:\(server.port)", "--batch-count", "1000"]
      let result = try await Program("p1influx", url + ["--gzip"]).run(input: records)
      #expect(result.status == .success && result.errorText == "")
      #expect(server.requests.contains { $0.headers["content-encoding"] == "gzip" })
      var lines: [Substring] = []
      for request in server.requests {
        guard request.headers["content-encoding"] == "gzip" else {
          lines += request.lines
          continue
        }
        #expect(request.body.starts(with: [0x1F, 0x8B]))
        let text = try await Program("gzip", ["-dc"]).run(input: request.body).text
        #expect(request.body.count < text.utf8.count / 3)
        lines += text.split(separator: "\n")
      }
      #expect(NumberedRecords.numbers(in: lines) == Array(0..<3000))
    }
  }

  @Test(arguments: [[], ["--no-gzip"]])
  func nothingIsCompressedForThisMachine(_ arguments: [String]) async throws {
    try await HTTPServer.running { server in
      let url = ["--url", "http://127.0.0.1:\(server.port)", "--batch-count", "500"]
      let result = try await Program("p1influx", url + arguments)
        .run(input: NumberedRecords.text(0..<2000))
      #expect(result.status == .success && result.errorText == "")
      #expect(server.requests.allSatisfy { $0.headers["content-encoding"] == nil })
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<2000))
    }
  }

  @Test func batchesAreBoundedByTheirSize() async throws {
    try await HTTPServer.running { server in
      let result = try await Program(
        "p1influx", ["--url", "http://127.0.0.1:\(server.port)", "--batch-size", "2"]
      ).run(input: NumberedRecords.text(0..<500))
      #expect(result.status == .success && result.errorText == "")
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<500))
      #expect(server.requests.count > 10)
      #expect(server.requests.allSatisfy { $0.body.count <= 2048 })
    }
  }

  /// A full batch is sent as soon as the previous one is answered.
  @Test func fullBatchesDoNotWait() async throws {
    try await HTTPServer.running { server in
      let result = try await Program(
        "p1influx",
        ["--url", "http://127.0.0.1:\(server.port)", "--batch-count", "20", "--batch-age", "600"]
      ).run(input: NumberedRecords.text(0..<2000))
      #expect(result.status == .success && result.errorText == "")
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<2000))
    }
  }

  @Test func connectionIsKept() async throws {
    try await HTTPServer.running { server in
      let result = try await Program(
        "p1influx", ["--url", "http://127.0.0.1:\(server.port)", "--batch-count", "20"]
      ).run(input: NumberedRecords.text(0..<1000))
      #expect(result.status == .success && result.errorText == "")
      #expect(server.requests.count >= 50 && server.connectionCount == 1)
    }
  }

  // MARK: - Concurrent requests

  @Test func oneRequestIsAnsweredBeforeTheNext() async throws {
    let underWay = Mutex((now: 0, most: 0))
    try await HTTPServer.running({ _ in
      underWay.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      usleep(5000)
      underWay.withLock { $0.now -= 1 }
      return .noContent
    }) { server in
      let records = (0..<400).map { NumberedRecords.text($0, meter: "E\($0 % 8)") }.joined()
      let result = try await Program(
        "p1influx", ["--url", "http://127.0.0.1:\(server.port)", "--batch-count", "40"]
      ).run(input: records)
      #expect(result.status == .success && result.errorText == "")
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<400))
      #expect(underWay.withLock { $0.most } == 1)
    }
  }

  @Test func severalRequestsKeepTheOrderOfEachMeter() async throws {
    let underWay = Mutex((now: 0, most: 0))
    try await HTTPServer.running({ _ in
      let number = underWay.withLock { state -> Int in
        state.now += 1
        state.most = max(state.most, state.now)
        return state.now
      }
      // The requests that arrived first are answered last.
      usleep(number == 1 ? 60_000 : 5000)
      underWay.withLock { $0.now -= 1 }
      return .noContent
    }) { server in
      let records = (0..<1600).map { NumberedRecords.text($0, meter: "E\($0 % 8)") }.joined()
      let result = try await Program(
        "p1influx",
        [
          "--url", "http://127.0.0.1:\(server.port)", "--batch-count", "400", "--parallel", "4",
        ]
      ).run(input: records)
      #expect(result.status == .success && result.errorText == "")
      let lines = server.acceptedLines
      #expect(NumberedRecords.numbers(in: lines).sorted() == Array(0..<1600))
      for meter in 0..<8 {
        let numbers = NumberedRecords.numbers(in: lines.filter { $0.contains("meter=E\(meter) ") })
        #expect(numbers == stride(from: meter, to: 1600, by: 8).map { $0 })
      }
      #expect((2...4).contains(underWay.withLock { $0.most }))
      #expect(server.connectionCount <= 4)
      // Records of an earlier batch are all answered before.
      for exchange in server.exchanges {
        let first = NumberedRecords.numbers(in: exchange.request.lines).min() ?? 0
        let later = server.exchanges.filter { other in
          other.request.time < exchange.request.time
            && (NumberedRecords.numbers(in: other.request.lines).min() ?? 0) > first + 400
        }
        #expect(later.isEmpty)
      }
    }
  }

  /// A batch is sent only after every part of the previous one was answered.
  @Test func nextBatchWaitsForAllOfTheLast() async throws {
    let isOpen = Mutex(false)
    try await HTTPServer.running({ request in
      let isHeld = request.text.contains("n=0,")
      let deadline = ContinuousClock.now + .seconds(30)
      while isHeld, !isOpen.withLock({ $0 }), .now < deadline { usleep(2000) }
      return .noContent
    }) { server in
      let program = Program(
        "p1influx",
        [
          "--url", "http://127.0.0.1:\(server.port)", "--batch-count", "16", "--parallel", "4",
          "--batch-age", "60",
        ])
      try await program.whileRunning { sink in
        // The first record is sent alone, at once.
        try await sink.write(NumberedRecords.text(1000))
        try await server.wait { $0.exchanges.count == 1 }
        let records = (0..<64).map { NumberedRecords.text($0, meter: "E\($0 % 8)") }.joined()
        try await sink.write(records)
        sink.closeInput()
        try await server.wait { $0.requests.contains { $0.text.contains("n=0,") } }
        try await server.wait { server in
          NumberedRecords.numbers(in: server.requests.flatMap(\.lines)).count >= 17
        }
        // The counters are logged meanwhile: p1influx itself is not blocked.
        sink.send(signal: SIGUSR1)
        try await sink.waitForError("waiting=64 ")
        #expect(NumberedRecords.numbers(in: server.requests.flatMap(\.lines)).count == 17)
        isOpen.withLock { $0 = true }
        #expect(try await sink.waitForExit(within: .seconds(30)).status == .success)
        #expect(
          NumberedRecords.numbers(in: server.acceptedLines).sorted() == Array(0..<64) + [1000])
      }
    }
  }
}
