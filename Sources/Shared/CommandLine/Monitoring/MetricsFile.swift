import Glibc
import Records
import SystemPackage

/// The file of `--metrics-file`: the counters of a tool for Prometheus. It is replaced as a whole every few seconds
/// and at the end; a file that cannot be written is logged once, and the tool goes on.
public struct MetricsFile {
  private let path: String
  private let labels: [PrometheusMetric.Label]
  private let messages: Messages
  private let startTime: String
  private let subject: String
  /// When the file is to be replaced.
  public private(set) var deadline = ContinuousClock.now
  private var isFailing = false
  /// The file that was written last. It is locked until the process ends, so that no other one replaces it.
  private var own: FileDescriptor?

  private static let period = Duration.seconds(5)

  /// - Parameters:
  ///   - place: nil for no file.
  ///   - subject: the source or the server.
  public init?(_ place: MetricsPlace?, of subject: String, _ messages: Messages) {
    guard let place else { return nil }
    path = place.path
    labels = [("pipe", place.pipe)]
    self.subject = subject
    self.messages = messages
    startTime = Timestamp.ago(.zero)
  }

  public var isDue: Bool { .now >= deadline }

  /// Replaces the file.
  ///
  /// - Parameter others: metrics that are no counters of the tool.
  public mutating func write(_ counters: [Counter], _ others: [PrometheusMetric] = []) {
    deadline = .now + MetricsFile.period
    let tool = messages.tool
    let info = PrometheusMetric(
      "\(tool)_info", .gauge, "Version of \(tool), and its source or server.", "1",
      [("subject", subject), ("version", toolsVersion)])
    let start = PrometheusMetric(
      "\(tool)_start_time_seconds", .gauge, "Start of the process, in seconds since 1970.",
      startTime)
    let metrics = [info, start] + counters.compactMap { $0.metric(of: tool) } + others
    do {
      try replace(with: metrics.map { $0.text(labels) }.joined().utf8Bytes)
      isFailing = false
    } catch {
      guard !isFailing else { return }
      isFailing = true
      let failure = error as? Failure
      messages.say(
        .warning, path,
        "\(failure?.reason ?? "\(error)"); metrics are not written; set another --metrics-file",
        repeating: "metrics")
    }
  }

  /// node_exporter reads the old file or the new one, never a part. It is another user, so the mode does not depend on
  /// the umask.
  private mutating func replace(with text: [UInt8]) throws {
    // rename(2) would replace a device, a pipe or a link.
    if let type = try? FilePath(path).stat(followTargetSymlink: false).type, type != .regular {
      throw Failure(path, "it is not a regular file", .cannotCreate)
    }
    guard !isOfOtherProcess else {
      throw Failure(path, "another process writes it", .unavailable)
    }
    // node_exporter reads all files *.prom.
    let temporary = "\(path).tmp"
    do {
      let file = try FileDescriptor.open(
        FilePath(temporary), .writeOnly,
        options: [.create, .truncate, .noFollow, .nonBlocking, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      do {
        try file.write(all: text.span, as: temporary)
        // Not every file system has locks.
        _ = flock(file.rawValue, LOCK_EX | LOCK_NB)
        guard fchmod(file.rawValue, 0o644) == 0, unsafe rename(temporary, path) == 0 else {
          throw Errno(rawValue: errno)
        }
      } catch {
        unsafe unlink(temporary)
        try? file.close()
        throw error
      }
      try? own?.close()
      own = file
    } catch let errno as Errno {
      throw Failure(temporary, errno)
    }
  }

  /// Whether a process that still runs has written the file last, and holds its lock: the tool of a service, while
  /// captures are converted by hand with the same settings.
  private var isOfOtherProcess: Bool {
    guard
      let file = try? FileDescriptor.open(
        FilePath(path), .readOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
    else {
      return false
    }
    defer { try? file.close() }
    if let own, (try? own.stat().inode) == (try? file.stat().inode) { return false }
    return flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}
