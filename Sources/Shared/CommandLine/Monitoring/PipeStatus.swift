import Glibc
import SystemPackage

/// The states of all tools of a pipe in one file, a line each, as systemd shows one state of a service.
///
/// `p1cat is reading /dev/ttyUSB0` is a tool at work; `p1mqtt: broker.lan:1883: Connection refused` has a problem.
struct PipeStatus {
  private let path: FilePath

  /// The file that p1run names in `P1_STATUS`; nil for a tool on its own.
  static var ofEnvironment: PipeStatus? {
    processVariable("P1_STATUS").map { PipeStatus(path: FilePath($0)) }
  }

  init(path: FilePath) {
    self.path = path
  }

  /// Replaces the state of a tool.
  ///
  /// - Parameters:
  ///   - sentence: the state, without the tool.
  ///   - notify: is called with the state of the pipe: its problems, or what all tools do if there is none.
  ///     No other tool changes the file meanwhile.
  func update(
    _ tool: String, _ sentence: String, isProblem: Bool, _ notify: (String) -> Void
  ) {
    let state = isProblem ? "\(tool): \(sentence)" : "\(tool) is \(sentence)"
    // Without the file, this tool's state is better than none.
    guard let file = try? FileDescriptor.open(path, .readWrite, options: [.closeOnExec]) else {
      return notify(state)
    }
    defer { try? file.close() }
    guard PipeStatus.lock(file) else { return notify(state) }
    var lines = ((try? PipeStatus.lines(of: file)) ?? []).filter { line in
      !line.hasPrefix("\(tool): ") && !line.hasPrefix("\(tool) is ")
    }
    lines.append(state)
    lines.sort()
    let problems = lines.filter { line in line.prefix { $0 != " " }.hasSuffix(":") }
    notify(
      problems.isEmpty ? lines.joined(separator: ", ") : problems.joined(separator: " | "))
    // On a full disk, the file stays as it was.
    let text = lines.map { "\($0)\n" }.joined().utf8
    guard (try? file.writeAll(toAbsoluteOffset: 0, text)) != nil else { return }
    try? file.resize(to: Int64(text.count))
  }

  /// The last problem of a tool, without the tool; nil if it had none.
  func problem(of tool: String) -> String? {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else {
      return nil
    }
    defer { try? file.close() }
    guard PipeStatus.lock(file) else { return nil }
    let line = ((try? PipeStatus.lines(of: file)) ?? []).first { $0.hasPrefix("\(tool): ") }
    return line.map { String($0.dropFirst(tool.count + 2)) }
  }

  /// Whether the file could be locked soon. A tool that was stopped while it held the lock must not stop the others.
  private static func lock(_ file: FileDescriptor) -> Bool {
    for _ in 0..<100 {
      if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 { return true }
      usleep(1000)
    }
    return false
  }

  private static func lines(of file: FileDescriptor) throws -> [String] {
    var text: [UInt8] = []
    try text.append(addingCapacity: 4096) { room throws(Errno) in try file.read(into: &room) }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
