import Testing

@testable import CommandLine
@testable import p1influx

/// The settings of p1influx: where, as whom, and what cannot be.
@Suite struct InfluxSettingsTests {
  /// - Parameter options: by their names without dashes.
  private func settings(
    _ variables: [String: String], options: [String: String] = [:]
  ) throws -> InfluxSettings {
    let typed = options.map { ($0.key, TypedOption(name: "--\($0.key)", value: $0.value)) }
    return try InfluxSettings(
      Settings(options: Dictionary(uniqueKeysWithValues: typed), environment: { variables[$0] }))
  }

  private func refusal(
    _ variables: [String: String], options: [String: String] = [:]
  ) -> Failure? {
    do {
      _ = try settings(variables, options: options)
      return nil
    } catch {
      return error as? Failure
    }
  }

  // MARK: - Addresses

  @Test func withoutAnySettingItIsThisMachine() throws {
    let settings = try settings([:])
    #expect(settings.target.base == "http://localhost:8086" && settings.name == "localhost:8086")
    #expect(settings.api == .version1 && settings.place.database == "dsmr")
  }

  @Test(arguments: [
    ("http://h", "http://h"), ("http://h:1/", "http://h:1"), ("HTTPS://h/x//", "https://h/x"),
    ("https://h/write", "https://h"), ("http://h/p/api/v2/write/", "http://h/p"),
    ("http://[::1]:8086", "http://[::1]:8086"), ("http://h/writer", "http://h/writer"),
    ("unix:/run/i.sock", "http://localhost"),
  ])
  func addressIsTaken(_ url: String, _ base: String) throws {
    let settings = try settings(["INFLUXDB_URL": url])
    #expect(settings.target.base == base && settings.name == url)
    #expect(settings.target.socket == (url.hasPrefix("unix") ? "/run/i.sock" : nil))
  }

  @Test(arguments: [
    "influx.lan", "influx.lan:8086", "ftp://h", "http://", "http:///x",
    "http://h\\x", "http://h h", "unix:", "unix:run/x",
    "unix:/" + String(repeating: "x", count: 200),
  ])
  func addressIsRefused(_ url: String) throws {
    let failure = try #require(refusal(["INFLUXDB_URL": url]))
    #expect(failure.subject == "INFLUXDB_URL" && failure.exitStatus == .configuration)
  }

  @Test(arguments: [
    "http://me:hunter2@h", "https://me:hunter2@h:8086/x", "me:hunter2@h", "ftp://me:hunter2@h",
    "http://me:hun/ter2@h", "http://me:hun?ter2@h", "http://me:hun#ter2@h", "http://me:hun ter2@h",
    "http://h/write?u=me&p=hunter2", "h/write?u=me&p=hunter2", "http://h/#hunter2",
  ])
  func passwordInAnAddressIsRefusedAndNotShown(_ url: String) throws {
    let failure = try #require(refusal(["INFLUXDB_URL": url]))
    #expect(failure.exitStatus == .configuration)
    #expect(!failure.reason.contains("hun") && !failure.reason.contains("ter2"))
  }

  @Test func optionsOfTheHostBeatTheAddressOfTheEnvironment() throws {
    let variables = ["INFLUXDB_URL": "http://other:1", "INFLUXDB_PORT": "99"]
    #expect(try settings(variables).name == "http://other:1")
    let byHost = try settings(variables, options: ["host": "h"])
    #expect(byHost.name == "h:99" && byHost.target.base == "http://h:99")
    let byPort = try settings(variables, options: ["port": "2"])
    #expect(byPort.name == "localhost:2")
    let byURL = try settings(["INFLUXDB_HOST": "h"], options: ["url": "http://u"])
    #expect(byURL.name == "http://u")
  }

  @Test(arguments: zip(["::1", "[::1]", "h"], ["[::1]:8086", "[::1]:8086", "h:8086"]))
  func hostMayBeAnAddressOfIPv6(_ host: String, _ name: String) throws {
    #expect(try settings(["INFLUXDB_HOST": host]).name == name)
  }

  @Test(arguments: ["a/b", "a?b", "me@h", "a b", "a\\b", "h#"])
  func hostThatIsNone(_ host: String) throws {
    let failure = try #require(refusal(["INFLUXDB_HOST": host]))
    #expect(failure.subject == "INFLUXDB_HOST" && failure.exitStatus == .configuration)
  }

  // MARK: - Places

  @Test func apiFollowsFromWhatIsSet() throws {
    #expect(try settings(["INFLUXDB_BUCKET": "b"]).api == .version2)
    #expect(try settings(["INFLUXDB_BUCKET": "b"]).place.database == "b")
    #expect(try settings(["INFLUXDB_ORG": "o"]).api == .version2)
    #expect(try settings(["INFLUXDB_API": "3"]).api == .version3)
    #expect(try settings(["INFLUXDB_API": "1", "INFLUXDB_ORG": "o"]).api == .version1)
    #expect(try settings(["INFLUXDB_URL": "http://h/api/v3/write_lp"]).api == .version3)
    #expect(refusal(["INFLUXDB_API": "4"])?.reason == "\"4\" is none of 1, 2, 3")
  }

  @Test func onlyVersion1HasRetentionPolicies() throws {
    #expect(try settings(["INFLUXDB_RP": "r"]).place.retentionPolicy == "r")
    let failure = try #require(refusal(["INFLUXDB_RP": "r", "INFLUXDB_BUCKET": "b"]))
    #expect(failure.subject == "INFLUXDB_RP")
  }

  // MARK: - Secrets

  @Test func tokenWithABlankIsNone() throws {
    let failure = try #require(refusal(["INFLUXDB_TOKEN": "hunter2 hunter3"]))
    #expect(failure.subject == "INFLUXDB_TOKEN" && !failure.reason.contains("hunter"))
    #expect(refusal(["INFLUXDB_TOKEN": "hunter2\nX: y"])?.subject == "INFLUXDB_TOKEN")
  }

  // MARK: - TLS

  @Test(arguments: ["CA_FILE", "CERT_FILE", "KEY_FILE"])
  func fileOfTLSThatIsMissing(_ name: String) throws {
    let failure = try #require(
      refusal(["INFLUXDB_URL": "https://h", "INFLUXDB_\(name)": "/no/such/file"]))
    #expect(failure.subject == "INFLUXDB_\(name)" && failure.exitStatus == .configuration)
    #expect(failure.reason == "/no/such/file: No such file or directory")
  }

  @Test func pinnedKeyNeedsAnEncryptedAddress() {
    #expect(refusal(["INFLUXDB_PINNED_KEY": "sha256//x"])?.subject == "INFLUXDB_PINNED_KEY")
  }

  @Test func pinnedKeyThatIsNone() throws {
    // libcurl would take it for the name of a file.
    for key in ["sha256/abc", "hunter2", "sha256//"] {
      let failure = refusal(["INFLUXDB_URL": "https://h", "INFLUXDB_PINNED_KEY": key])
      #expect(failure?.subject == "INFLUXDB_PINNED_KEY", "\(key)")
    }
  }
}
