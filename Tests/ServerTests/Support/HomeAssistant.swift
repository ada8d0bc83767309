import Foundation
import TestSupport

/// Home Assistant's own code, which checks messages of MQTT discovery.
///
/// pip installs it into `.build/homeassistant` once: half a minute, 150 MB. It does not run; it is
/// imported by `Tests/ServerTests/homeassistant.py`.
enum HomeAssistant {
  private static let script = Repository.path("Tests/ServerTests/homeassistant.py")
  private static let requirements = Repository.path("Tests/ServerTests/homeassistant.txt")
  private static let directory = Repository.path(".build/homeassistant")

  /// Checks messages that belong together: no two may have the same `unique_id`.
  /// - Returns: a verdict for each message, in their order.
  /// - Throws: `MissingProgram` if Home Assistant could not be installed, or `ProgramFailure`.
  static func check(_ messages: [DiscoveryMessage]) async throws -> [DiscoveryVerdict] {
    let encoder = JSONEncoder()
    let lines = try messages.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
    let program = Program(try await python.value, ["-I", script])
    let result = try await program.run(input: lines.joined(), within: .seconds(120))
    let verdicts = try result.lines.map {
      try JSONDecoder().decode(DiscoveryVerdict.self, from: Data($0.utf8))
    }
    guard result.status == .success, verdicts.count == messages.count else {
      throw ProgramFailure(
        reason: "\(verdicts.count) verdicts on \(messages.count) messages", program: program,
        result: result)
    }
    return verdicts
  }

  /// The Python that can import it.
  private static let python = Shared {
    try FileManager.default.createDirectory(
      atPath: Repository.path(".build"), withIntermediateDirectories: true)
    // pip gets the environment of the tests, for a proxy, a mirror, certificates and a cache.
    let program = Program.bash(
      install, [directory, requirements, script] + pythons,
      environment: ProcessInfo.processInfo.environment)
    let result = try await program.run(within: .seconds(600))
    guard result.status == .success else {
      throw MissingProgram(
        description: """
          Home Assistant is missing: it takes Python 3.11 or later with venv (apt-get install \
          python3-venv), and pip that reaches a package index.
          \(result.errorText)
          """)
    }
    return directory + "/bin/python"
  }

  /// Every Python 3 in PATH and of pyenv, the newest first; some may not work.
  private static var pythons: [String] {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["PYENV_ROOT"] ?? (environment["HOME"] ?? "/root") + "/.pyenv"
    let versions =
      (try? FileManager.default.contentsOfDirectory(atPath: home + "/versions")) ?? []
    let path = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let directories = path + versions.map { "\(home)/versions/\($0)/bin" } + ["/usr/bin"]
    return [14, 13, 12, 11].flatMap { minor in directories.map { "\($0)/python3.\(minor)" } }
      .filter(FileManager.default.isExecutableFile(atPath:))
  }

  /// Installs the requirements `$2` into `$1`, with the first Python after `$3` that can then run the
  /// script `$3`.
  ///
  /// The installation is kept until the requirements change. A lock lets a second test run wait for it.
  private static let install = """
    set -uo pipefail
    directory=$1 requirements=$2 script=$3
    shift 3
    exec 9>"$directory.lock"
    flock -w 240 9 || { echo "$directory.lock: held for too long" >&2; exit 1; }
    cmp -s "$requirements" "$directory/made.txt" && exit 0
    tried=
    for python; do
      # It fails for a name that pyenv has of another version, and on Debian without python3-venv.
      version=$("$python" -c 'import ensurepip, sys; print(sys.version_info[:2])') || continue
      [[ $tried != *"$version"* ]] || continue
      tried+=$version
      rm -rf "$directory"
      "$python" -m venv "$directory" || continue
      timeout 240 "$directory/bin/python" -m pip install --quiet --disable-pip-version-check \\
        --no-deps --ignore-requires-python --only-binary=:all: --no-compile --timeout 20 \\
        --retries 1 -r "$requirements" || continue
      # Two thirds of it.
      rm -rf "$directory"/lib/*/site-packages/homeassistant/components/*/translations
      "$directory/bin/python" -I "$script" </dev/null || continue
      cp "$requirements" "$directory/made.txt" && exit 0
    done
    rm -rf "$directory"
    exit 1
    """
}

/// A message of MQTT discovery.
struct DiscoveryMessage: Sendable, Encodable {
  var topic: String
  /// The text of the message, which is JSON; an empty one removes a sensor.
  var payload: String
  /// Values of its state topic, for its template to render.
  var values: [String]
  var prefix: String

  init(
    topic: String, payload: String, values: [String] = [], prefix: String = "homeassistant"
  ) {
    self.topic = topic
    self.payload = payload
    self.values = values
    self.prefix = prefix
  }
}

/// The result of Home Assistant's checks of a message.
struct DiscoveryVerdict: Sendable, Decodable {
  let topic: String
  /// Errors, each with the key at fault.
  let problems: [String]
  /// The values as its template renders them; Home Assistant ignores an empty text, and nil is an error.
  let rendered: [String?]
}
