import CommandLine
import Glibc
import Records
import SystemPackage

/// Writes each telegram to the file of its day, `telegrams-YYYY-MM-DD.p1`, as p1capture does.
///
/// The file is opened for each telegram, so another program may compress or remove it at any time. A
/// telegram that cannot be written is counted and logged, and reading continues.
struct CaptureFiles {
  private let directory: String
  private let messages: Messages
  /// Telegrams that could not be written.
  private(set) var failureCount = 0
  /// Why the last telegram could not be written, with the file; nil if it was.
  private(set) var problem: String?

  /// A file may be renamed between being opened and being locked, and is then opened again. After this
  /// many attempts, another process must be holding the lock.
  private static let maximumAttempts = 5

  /// - Throws: `Failure` if the directory is not writable.
  init(in directory: String, messages: Messages) throws {
    self.directory = directory
    self.messages = messages
    try FileDescriptor.check(recordingIn: directory)
  }

  /// Files in a directory that cannot be written yet. Each telegram tries again.
  init(failing failure: Failure, in directory: String, messages: Messages) {
    self.directory = directory
    self.messages = messages
    problem = CaptureFiles.problem(directory, failure.reason)
    messages.say(.warning, directory, "\(failure.reason); telegrams are not captured")
  }

  private static func problem(_ path: String, _ reason: String) -> String {
    "\(path): \(reason); telegrams are not captured"
  }

  /// Appends a telegram to the file of its day, after a stamp with its time of receipt.
  mutating func add(_ telegram: Span<UInt8>, receivedAt: Timestamp) {
    // The first line end is only written if a crash has left the last line of the file without one.
    var text: [UInt8] = [UInt8(ascii: "\n"), UInt8(ascii: "#")]
    text.append(receivedAt)
    text.append(UInt8(ascii: "\n"))
    text.append(contentsOf: telegram)
    if text.last != UInt8(ascii: "\n") { text.append(contentsOf: "\r\n".utf8) }
    let path = "\(directory)/telegrams-\(CaptureFiles.day(of: telegram)).p1"
    do {
      try append(text.span, to: path)
      problem = nil
    } catch let failure as Failure {
      logFailure(path, failure.reason)
    } catch {
      logFailure(path, "\(error)")
    }
  }

  private mutating func logFailure(_ path: String, _ reason: String) {
    failureCount += 1
    problem = CaptureFiles.problem(path, reason)
    messages.say(
      .warning, path, "\(reason); the telegram was not written to this file", repeating: "capture")
  }

  /// Appends a telegram in one write, as a whole or not at all.
  ///
  /// - Parameter text: the telegram, after a line end that is left out if the file does not need it.
  private func append(_ text: Span<UInt8>, to path: String) throws {
    for _ in 0..<CaptureFiles.maximumAttempts {
      guard let file = try FileDescriptor.open(recording: path) else { continue }
      defer { try? file.close() }
      // p1capture renames a file and then locks it. A file that is locked or has no name left is on its
      // way to be compressed, and the path now belongs to a new file.
      guard flock(file.rawValue, LOCK_SH | LOCK_NB) == 0 else { continue }
      let status = try file.stat()
      guard status.type == .regular else { throw Failure(path, "not a regular file", .ioError) }
      guard status.linkCount > 0 else { continue }
      let endsLine = try status.size == 0 || file.lastByte(of: status.size) == UInt8(ascii: "\n")
      return try file.write(all: endsLine ? text.extracting(1...) : text, as: path)
    }
    throw Failure(path, "in use by another process", .temporaryFailure)
  }

  // MARK: - The day

  /// The lines with the time, `0-0:1.0.0(YYMMDDhhmmssX)`, or with the date only, `1-0:0.9.2(YYMMDD)`.
  private static let codes = ["0-0:1.0.0(", "1-0:0.9.2("]

  /// The date of the meter's clock, as `2026-11-28`; the date of this machine if the meter has no clock,
  /// or one that was never set.
  static func day(of telegram: Span<UInt8>) -> String {
    var start = 0
    while start < telegram.count {
      let line = telegram.extracting(start...)
      for code in codes where line.extracting(first: code.utf8.count) == code {
        let digits = line.extracting(droppingFirst: code.utf8.count).extracting(first: 6)
        guard digits.count == 6, let number = digits.number else { continue }
        let (year, month, day) = (2000 + number / 10_000, number / 100 % 100, number % 100)
        let date = CivilTime(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
        guard year >= 2010, date != nil else { return today() }
        return text(year, month, day)
      }
      start = (telegram.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? telegram.count) + 1
    }
    return today()
  }

  /// The date of this machine, as `2026-11-28`.
  static func today() -> String { day(of: time(nil)) }

  /// The date of a time on this machine.
  static func day(of time: time_t) -> String {
    var now = time
    var date = unsafe tm()
    unsafe localtime_r(&now, &date)
    return unsafe text(Int(date.tm_year) + 1900, Int(date.tm_mon) + 1, Int(date.tm_mday))
  }

  private static func text(_ year: Int, _ month: Int, _ day: Int) -> String {
    var text: [UInt8] = []
    text.append(year, digits: 4)
    text.append(UInt8(ascii: "-"))
    text.append(month, digits: 2)
    text.append(UInt8(ascii: "-"))
    text.append(day, digits: 2)
    return String(decoding: text, as: UTF8.self)
  }
}

extension FileDescriptor {
  /// The last byte of a file of this size.
  fileprivate func lastByte(of size: Int64) throws -> UInt8 {
    var byte: UInt8 = 0
    _ = try unsafe withUnsafeMutableBytes(of: &byte) {
      try unsafe read(fromAbsoluteOffset: size - 1, into: $0)
    }
    return byte
  }
}
