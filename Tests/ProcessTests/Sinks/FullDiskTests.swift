import Foundation
import TestSupport
import Testing

/// A full disk never leaves an incomplete telegram or record in a file.
@Suite struct FullDiskTests {
  /// A script with a file system of 64 KiB in its own namespace, which prints the file at the end.
  private static let script = """
    mount -t tmpfs -o size=64k none "$1"
    head -c 60000 /dev/zero > "$1/rest"
    status=0
    eval "$2" >> "$1/file" || status=$?
    echo "status $status"
    cat "$1/file"
    """

  @Test(arguments: [
    "p1cat sim:start=2026-01-01T00:00:00Z,count=100,rate=max",
    "p1cat sim:start=2026-01-01T00:00:00Z,count=100,rate=max | p1cat --stamp",
    "p1cat sim:start=2026-01-01T00:00:00Z,count=100,rate=max | p1parse",
  ])
  func fileHoldsWholeOnesAlone(_ command: String) async throws {
    guard try await Namespaces.haveMounts() else { return }
    try await TemporaryDirectory.with { directory in
      let program = Program(
        "unshare", ["-rm", "/bin/bash", "-ec", Self.script, "bash", directory.path, command])
      let result = try await program.run()
      let tool = command.hasSuffix("p1parse") ? "p1parse" : "p1cat"
      #expect(result.errorText == "\(tool): standard output: No space left on device\n")
      let text = try #require(result.text.wholeMatch(of: /status 74\n((?s).*)/)?.1)
      #expect(text.isEmpty || text.hasSuffix(tool == "p1cat" ? "\r\n" : "\n\n"))
      if tool == "p1cat" {
        let checked = try await Program("p1cat").run(input: String(text))
        #expect(checked.text == text && checked.errorText == "")
      }
    }
  }

  /// A limit for the size of a file (ulimit -f) acts like a full disk.
  @Test func fileThatMayNotGrowHoldsWholeOnesAlone() async throws {
    try await TemporaryDirectory.with { directory in
      let script = "ulimit -f 8; p1cat sim: | p1cat --stamp >> file; tail -c 7 file | od -c -A n"
      let command = script.replacing("sim:", with: "sim:count=100,rate=max")
      let result = try await Program.bash(command, directory: directory.path).run()
      #expect(result.errorText == "p1cat: standard output: File too large\n")
      #expect(result.text.hasSuffix("\\r  \\n\n"))
    }
  }
}
