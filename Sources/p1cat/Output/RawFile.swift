import CommandLine
import Glibc
import SystemPackage

/// Writes the bytes of a source to a file as they arrive, so that encrypted telegrams can be decrypted later.
///
/// A file of an earlier day is renamed first: `house.raw` to `house-2026-11-28.raw`, which p1capture compresses. Bytes
/// that cannot be written are logged, and reading continues.
struct RawFile {
  private let path: String
  private let messages: Messages
  private var file: FileDescriptor?
  private var day = ""
  /// Why the last bytes could not be written, with the file; nil if they were.
  private(set) var problem: String?

  /// - Throws: `Failure` if the file cannot be written.
  init(_ path: String, messages: Messages) throws {
    self.path = path
    self.messages = messages
    do {
      try open()
    } catch let failure as Failure {
      let isDenied = failure.exitStatus == .noPermission
      throw Failure(path, failure.reason, isDenied ? .noPermission : .cannotCreate)
    }
  }

  /// A file that cannot be written yet. Each read tries again.
  init(failing failure: Failure, at path: String, messages: Messages) {
    self.path = path
    self.messages = messages
    note(failure.reason)
  }

  mutating func append(_ bytes: Span<UInt8>) {
    do {
      if try day != CaptureFiles.today() || isReplaced { try open() }
      try file?.write(all: bytes, as: path)
      problem = nil
    } catch {
      note((error as? Failure)?.reason ?? "\(error)")
    }
  }

  private mutating func note(_ reason: String) {
    let text = "\(reason); received bytes are not written to it"
    problem = "\(path): \(text)"
    messages.say(.warning, path, text, repeating: "raw")
  }

  /// Whether somebody has removed or renamed the file.
  private var isReplaced: Bool {
    get throws {
      guard let opened = try file?.stat(), let present = try? FilePath(path).stat() else {
        return true
      }
      return opened.deviceID != present.deviceID || opened.inode != present.inode
    }
  }

  private mutating func open() throws {
    try? file?.close()
    file = nil
    let today = CaptureFiles.today()
    setAside(before: today)
    guard let opened = try FileDescriptor.open(recording: path) else {
      throw Failure(path, "in use by another process", .temporaryFailure)
    }
    guard try opened.stat().type == .regular else {
      try? opened.close()
      throw Failure(path, "not a regular file", .ioError)
    }
    file = opened
    day = today
  }

  private func noteRemaining(_ old: String, _ reason: String) {
    messages.say(
      .warning, old, "\(reason); the bytes of that day stay in \(path)", repeating: "raw name")
  }

  /// Renames the file if it was last written on an earlier day. An older file of that day is not replaced: then the
  /// bytes go on in this file.
  private func setAside(before today: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    let lastDay = CaptureFiles.day(of: status.st_mtim.tv_sec)
    guard lastDay < today else { return }
    let stem = path.hasSuffix(".raw") ? String(path.dropLast(4)) : path
    let old = "\(stem)-\(lastDay).raw"
    if unsafe access(old, F_OK) == 0 {
      noteRemaining(old, "it exists")
    } else if unsafe rename(path, old) != 0 {
      noteRemaining(old, "\(Errno(rawValue: errno))")
    }
  }
}
