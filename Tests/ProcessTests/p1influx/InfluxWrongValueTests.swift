import CommandLine
import Foundation
import TestSupport
import Testing

/// Invalid values of every option and setting of p1influx: one line that names it, status 64 for an
/// option and 78 for a setting, and no connection to a server.
@Suite struct InfluxWrongValueTests {
  /// An option, its setting, and invalid values.
  struct Row: CustomStringConvertible {
    let option: String?
    let setting: String?
    let values: [String]
    /// Other settings that are needed so that only this value is wrong.
    var others: [String: String] = [:]

    init(
      _ option: String?, _ setting: String?, _ values: [String],
      _ others: [String: String] = [:]
    ) {
      self.option = option
      self.setting = setting
      self.values = values
      self.others = others
    }

    var description: String { option ?? setting ?? "" }
  }

  private static let noNames = [
    "a\u{1B}[2J", "a\nb", "\u{7F}", String(repeating: "x", count: 1025),
  ]
  private static let noFiles = ["/no/such/file", "/", "/dev/null", "/etc/hostname"]
  private static let tls = ["INFLUXDB_URL": "https://localhost:9"]

  static let rows = [
    Row(
      "--url", "INFLUXDB_URL",
      [
        "http://:80", "http://[::1", "http://[::1]x", "http://[", "http://]", "http://%", "http://",
        "http://h:0", "http://h:65536", "http://h:", "http://h:x", "http://h:80:90", "http://h:+80",
        "http://::1", "http://[::g]", "http://[1.2.3.4]", "http://1.2.3.4.5", "http://a..b",
        "http://.", "http://-a", "http://a b", "http://a\\b", "http://a\u{1}b", "http://h/a b",
        "http://h/\u{1B}[2J", "http://h/\u{7F}", "http://h?q=1", "http://h#f", "http://me@h",
        "https://", "ftp://h", "h", "h:8086", "unix:", "unix:x",
        "http://" + String(repeating: "x", count: 300),
      ]),
    Row(
      "--host", "INFLUXDB_HOST",
      [
        "[", "]", "%", "[::1", "::1]", "[::1]:8086", "h:8086", "h:", ":", "a b", "a/b", "a@b",
        "a\\b", "a?b", "a#b", "a..b", ".", "-a", "a\u{1B}[2J", "a\n", "1.2.3.4.5", "::g",
        "http://h",
        String(repeating: "x", count: 300),
      ]),
    Row(
      "--port", "INFLUXDB_PORT", ["0", "65536", "-1", "x", "80 ", "8086.0", "99999999999999999999"]),
    Row("--api", "INFLUXDB_API", ["0", "4", "v2", "1.8"]),
    Row("--db", "INFLUXDB_DB", noNames),
    Row("--retention-policy", "INFLUXDB_RP", noNames),
    Row("--org", "INFLUXDB_ORG", noNames),
    Row("--bucket", "INFLUXDB_BUCKET", noNames),
    Row("--user", "INFLUXDB_USER", noNames + ["a:b"]),
    Row("--ca-file", "INFLUXDB_CA_FILE", noFiles, tls),
    Row("--cert-file", "INFLUXDB_CERT_FILE", noFiles, tls),
    Row("--key-file", "INFLUXDB_KEY_FILE", noFiles, tls),
    Row(
      "--pinned-key", "INFLUXDB_PINNED_KEY",
      ["sha256//", "sha256//x", "sha256//" + String(repeating: "!", count: 43) + "=", "/no/such"],
      tls),
    Row("--layout", "INFLUXDB_LAYOUT", ["round", "wide,metric"]),
    Row("--measurement", "INFLUXDB_MEASUREMENT", noNames + ["_x", "#x", "x\\"]),
    Row("--tag", "INFLUXDB_TAGS", ["x", "=1", "x=", "meter=1", "time=1", "x=\u{1B}", "x=1\\"]),
    Row("--precision", "INFLUXDB_PRECISION", ["m", "n", "0", "ns,s"]),
    Row("--batch-count", "INFLUXDB_BATCH_COUNT", ["0", "-1", "100001", "many", "1.5", "1e3"]),
    Row("--batch-size", "INFLUXDB_BATCH_SIZE", ["0", "-1", "65537", "4M", "99999999999999999999"]),
    Row("--batch-age", "INFLUXDB_BATCH_AGE", ["-1", "3601", "soon", "nan", "inf", "1e9"]),
    Row("--parallel", "INFLUXDB_PARALLEL", ["0", "65", "all"]),
    Row("--timeout", "INFLUXDB_TIMEOUT", ["0", "3601", "never", "0.5"]),
    Row("--settle", "INFLUXDB_SETTLE", ["-1", "3601", "x", "1.5"]),
    Row("--every", "INFLUXDB_EVERY", ["-1", "86401", "1.5", "minute"]),
    Row(nil, "P1_EVERY", ["-1", "86401", "1.5", "minute"]),
    Row("--linger", "INFLUXDB_LINGER", ["-1", "86401", "x", "1.5"]),
    Row("--spool-size", "INFLUXDB_SPOOL_SIZE", ["0", "1048577", "64M", "-1"]),
    Row("--sync", "INFLUXDB_SYNC", ["-1", "3601", "never", "nan"]),
    Row("--buffer", "INFLUXDB_BUFFER", ["0", "4097", "16M"]),
    Row("--stats", "P1_STATS", ["0", "86401", "x"]),
    Row(nil, "P1_METRICS_FILE", ["/run/p1.prom", "{meter}.prom", "{tool"]),
    Row(nil, "INFLUXDB_HOLD", ["perhaps", "2"]),
    Row(nil, "INFLUXDB_ENABLED", ["perhaps", "2"]),
    Row(nil, "INFLUXDB_CREATE_DB", ["perhaps", "2"]),
    Row(nil, "INFLUXDB_GZIP", ["perhaps", "2"]),
    Row(nil, "INFLUXDB_EXTREMES", ["perhaps", "2", "True"]),
    Row(nil, "P1_EXTREMES", ["perhaps", "2"]),
    Row(nil, "INFLUXDB_TOKEN", ["a b", "a\tb"]),
  ]

  @Test(arguments: rows)
  func wrongValueIsOneLine(_ row: Row) async throws {
    if let option = row.option {
      for value in row.values + (option == "--url" ? [] : [""]) {
        let result = try await Program(
          "p1influx", ["\(option)=\(value)"], environment: row.others
        ).run(input: "a=1\n", within: .seconds(10))
        expect(result, 64, option, value)
      }
    }
    guard let setting = row.setting else { return }
    for value in row.values {
      let environment = row.others.merging([setting: value]) { $1 }
      let result = try await Program("p1influx", environment: environment)
        .run(input: "a=1\n", within: .seconds(10))
      expect(result, 78, setting, value)
    }
  }

  private func expect(_ result: ProgramResult, _ status: Int32, _ name: String, _ value: String) {
    let comment = "\(name)=\(value): \(result.errorText)"
    #expect(result.status == .exited(status), "\(comment)")
    #expect(result.messages.count == 1 && result.errorText.hasSuffix("\n"), "\(comment)")
    #expect(
      result.errorText.hasPrefix("p1influx: ") && result.errorText.contains(name), "\(comment)")
    #expect(!result.errorText.contains("\u{1B}") && result.output.isEmpty, "\(comment)")
  }

  /// A new setting needs a row; settings that accept any text need none.
  @Test func everySettingHasARow() {
    let anyText: Set<String> = [
      "INFLUXDB_PASS", "INFLUXDB_PASS_FILE", "INFLUXDB_TOKEN_FILE", "INFLUXDB_SPOOL",
    ]
    let settings = Set(
      allSettingGroups.flatMap(\.settings).compactMap(\.name)
        .filter { $0.hasPrefix("INFLUXDB_") })
    #expect(
      settings
        == anyText.union(Self.rows.compactMap(\.setting)).subtracting([
          "P1_EVERY", "P1_EXTREMES", "P1_STATS", "P1_METRICS_FILE",
        ]))
  }
}
