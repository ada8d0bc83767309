import TestSupport
import Testing

/// scripts/release checks the version and the working tree before it builds anything.
@Suite struct ReleaseTests {
  @Test func helpNamesTheOptions() async throws {
    let result = try await Program(Repository.path("scripts/release"), ["--help"]).run()
    #expect(result.status == .success && result.text.contains("--no-test"))
  }

  /// Each change is made in a repository that could be released.
  @Test(arguments: [
    ("sed -i '1s/(.*)/(0.0.1)/' debian/changelog", "debian/changelog: its first entry"),
    (
      "sed -i '/^ -- /s/2026/2100/; /^ -- /s/Thu, //' debian/changelog",
      "debian/changelog: the time"
    ),
    ("sed -i '0,/^## /s/^## .*/## Unreleased/' CHANGELOG.md", "CHANGELOG.md:"),
    (
      "sed -i /toolsVersion/d Sources/Shared/CommandLine/Tool.swift",
      "Sources/Shared/CommandLine/Tool.swift: it has no toolsVersion"
    ),
    ("echo >>CHANGELOG.md", "the working tree has changes"),
    ("touch new", "the working tree has changes"),
    ("git tag v$version; touch new; commit", "v"),
  ])
  func wrongStateIsRefused(_ change: String, _ reason: String) async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        set -euo pipefail
        commit() { git add -A && git -c user.name=n -c user.email=e commit -q -m m; }
        for file in scripts/release debian/changelog CHANGELOG.md Sources/Shared/CommandLine/Tool.swift; do
          install -D "$1/$file" "$file"
        done
        # The entry of a version in development may be of a later time.
        version=$(sed -n '1s/.*(\\(.*\\)).*/\\1/p' debian/changelog)
        sed -i "0,/^## /s/^## .*/## $version - 2026-01-01/" CHANGELOG.md
        sed -i 's/^ -- \\(.*>\\) .*/ -- \\1  Thu, 01 Jan 2026 00:00:00 +0000/' debian/changelog
        git init -q && commit
        eval "$2"
        exec scripts/release --no-test files
        """
      let result = try await Program.bash(
        script, [Repository.directory, change], directory: directory.path
      ).run()
      #expect(result.status == .exited(78), "\(result.errorText)")
      #expect(result.errorText.contains("release: \(reason)"), "\(result.errorText)")
    }
  }
}
