import Foundation
import TestSupport

/// scripts/p1run with the real p1cat and p1parse, and shell scripts in place of the sinks.
enum MadeUpTools {
  /// The first lines of each sink script: the real tool checks the settings and spools records.
  /// `spool` is the spool directory; `waiting` prints its records and removes them.
  private static func prelude(_ name: String) throws -> String {
    """
    #!/bin/bash
    arguments=("$@")
    while (($#)); do
      case $1 in
        --check | --spool-only) exec '\(try Program(name).path)' "${arguments[@]}" ;;
        --state) state=$2 spool=$2/\(name.dropFirst(2)) ;;
      esac
      shift
    done
    waiting() { cat "$spool"/[0-9]* 2> /dev/null; rm -f "$spool"/[0-9]*; }

    """
  }

  /// A directory with these tools, in which `body` runs.
  static func with(
    p1mqtt: String, p1influx: String, _ body: (TemporaryDirectory) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      for tool in ["p1cat", "p1parse"] {
        try FileManager.default.createSymbolicLink(
          atPath: directory.path(tool), withDestinationPath: try Program(tool).path)
      }
      for (name, script) in [("p1mqtt", p1mqtt), ("p1influx", p1influx)] {
        let file = try directory.write(try prelude(name) + script + "\n", to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
      }
      try await body(directory)
    }
  }

  /// p1run with these tools; a nil source leaves the source to the settings.
  static func p1run(
    _ source: String?, _ directory: TemporaryDirectory, _ settings: [String: String]
  ) -> Program {
    Program(
      Repository.path("scripts/p1run"), [source].compactMap(\.self),
      environment: settings.merging(["P1_BIN": directory.path]) { $1 }, directory: directory.path)
  }
}
