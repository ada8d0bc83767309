import Foundation
import TestSupport
import Testing

/// The tables of p1parse in the programs that p1guide(7) names.
@Suite struct TableTests {
  /// The example of p1guide(7), with the file that its first lines make. ExampleTests runs all others.
  @Test(.enabled { try await DuckDB.isThere() })
  func duckDBReadsATable() async throws {
    let page = try Repository.text("man/p1guide.7")
    let example = try #require(page.firstMatch(of: /(?s)\n(duckdb .*?)\n\.Ed\n\.Bd.*?\n(.*?)\.Ed/))
    let script = """
      p1cat sim:start=2026-05-31T22:00:00Z,step=300,count=865,rate=max |
        p1parse --every 300 --format csv --columns timestamp,power_import_kw > house.csv
      \(example.1.replacing(#"\(aq"#, with: "'"))
      """
    try await TemporaryDirectory.with { directory in
      let result = try await Program.bash(
        "PATH=$1/bin:$PATH\n\(script)", [DuckDB.directory], directory: directory.path
      ).run(within: .seconds(60))
      #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
      #expect(result.text == String(example.2))
    }
  }
}

/// DuckDB's command line, which pip installs into `.build/duckdb` once: some seconds, 60 MB.
private enum DuckDB {
  static let directory = Repository.path(".build/duckdb")

  /// Whether it is installed, or could be. If not, the reason is printed.
  static func isThere() async throws -> Bool {
    let script = """
      exec 9>"$1.lock"
      flock -w 120 9
      [[ -x $1/bin/duckdb ]] && exit
      python3 -m venv "$1"
      timeout 120 "$1/bin/python" -m pip install --quiet --disable-pip-version-check \\
        --timeout 20 --retries 1 duckdb-cli==1.5.6
      """
    try FileManager.default.createDirectory(
      atPath: Repository.path(".build"), withIntermediateDirectories: true)
    // pip gets the environment of the tests, for a proxy and a mirror.
    let result = try await Program.bash(
      "set -e\n\(script)", [directory], environment: ProcessInfo.processInfo.environment
    ).run(within: .seconds(300))
    if result.status != .success {
      print("skipped: pip cannot install DuckDB: \(result.errorText)")
    }
    return result.status == .success
  }
}
