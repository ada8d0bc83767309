import CPipe
import Glibc
import Records
import SystemPackage

/// A pipe on standard input whose contents are read without being removed (tee(2)), until they are safe
/// elsewhere. If the process is killed, its successor finds them in the pipe.
public struct PeekedPipe {
  /// tee(2) copies to this pipe, from which the copy is read.
  private let aside: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
  /// /dev/null, where splice(2) moves what is safe.
  private let nowhere: FileDescriptor

  /// Nil if standard input is not a pipe.
  public init?() {
    guard (try? FileDescriptor.standardInput.stat().type) == .fifo,
      let nowhere = try? FileDescriptor.open(
        FilePath("/dev/null"), .writeOnly, options: .closeOnExec),
      let pipe = try? FileDescriptor.pipe()
    else {
      return nil
    }
    aside = pipe
    self.nowhere = nowhere
    // A pipe holds a fixed number of buffers, however little is in each, and standard input may use all.
    pipe.writeEnd.enlargePipe()
    for end in [pipe.readEnd, pipe.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
  }

  /// The contents of the pipe from its beginning, at most `limit` bytes; none at the end of the input.
  ///
  /// - Throws: `Errno`, which is `wouldBlock` if the pipe is empty.
  public func peek(_ limit: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    try bytes.append(addingCapacity: limit) { room throws(Errno) in try peek(into: &room) }
    return bytes
  }

  /// Appends the contents of the pipe from its beginning, as much as fits; nothing at the end of the input.
  ///
  /// - Throws: `Errno`, which is `wouldBlock` if the pipe is empty.
  public func peek(into room: inout OutputSpan<UInt8>) throws(Errno) {
    var rest = try copy(room.freeCapacity)
    while rest > 0 {
      let before = room.count
      do throws(Errno) {
        try aside.readEnd.read(into: &room)
      } catch .interrupted {
        continue
      }
      rest -= room.count - before
    }
  }

  private func copy(_ limit: Int) throws(Errno) -> Int {
    let count = pipe_peek(
      FileDescriptor.standardInput.rawValue, aside.writeEnd.rawValue, limit)
    guard count >= 0 else { throw Errno(rawValue: errno) }
    return count
  }

  /// Whether no process has the pipe open for writing, so that nothing more will come.
  public var isAbandoned: Bool {
    var descriptor = pollfd(
      fd: FileDescriptor.standardInput.rawValue, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLHUP) != 0
  }

  /// Whether a pipe that holds `count` bytes may have no room for more.
  public func mayBeFull(with count: Int) -> Bool {
    let getPipeSize: Int32 = 1032  // F_GETPIPE_SZ of Linux
    return count + Int(PIPE_BUF) > fcntl(FileDescriptor.standardInput.rawValue, getPipeSize)
  }

  /// Removes bytes that were peeked at.
  ///
  /// - Throws: `Errno`; the bytes that were not removed would be read again.
  public func take(_ count: Int) throws(Errno) {
    var rest = count
    while rest > 0 {
      let moved = pipe_move(
        FileDescriptor.standardInput.rawValue, nowhere.rawValue, rest)
      guard moved > 0 || (moved < 0 && errno == EINTR) else {
        throw moved < 0 ? Errno(rawValue: errno) : .ioError
      }
      rest -= max(0, moved)
    }
  }
}
