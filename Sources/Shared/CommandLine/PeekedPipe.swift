import CPipe
import Glibc
import Records
import SystemPackage

/// A pipe on standard input that is read without taking anything out of it, until what was read is
/// kept elsewhere: whoever reads on after a kill finds it there.
public struct PeekedPipe {
  /// What the input holds is copied through this one.
  private let aside: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
  /// Where what was seen goes in the end: /dev/null.
  private let nowhere: FileDescriptor

  /// - Returns: nil where standard input is no pipe.
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
    // A pipe has room for so many pieces, however small, and standard input may hold many.
    pipe.writeEnd.enlargePipe()
    for end in [pipe.readEnd, pipe.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
  }

  /// What the pipe holds, from its beginning.
  ///
  /// - Parameter limit: the most bytes.
  /// - Returns: none at the end of the input.
  /// - Throws: `Errno`, which is `wouldBlock` where there is nothing yet.
  public func peek(_ limit: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    try bytes.append(addingCapacity: limit) { room throws(Errno) in try peek(into: &room) }
    return bytes
  }

  /// What the pipe holds, from its beginning, as much as the room takes.
  ///
  /// - Parameter room: where it goes; nothing at the end of the input.
  /// - Throws: `Errno`, which is `wouldBlock` where there is nothing yet.
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

  /// Copies what the pipe holds into the one aside.
  private func copy(_ limit: Int) throws(Errno) -> Int {
    let count = pipe_peek(
      FileDescriptor.standardInput.rawValue, aside.writeEnd.rawValue, limit)
    guard count >= 0 else { throw Errno(rawValue: errno) }
    return count
  }

  /// Whether nobody has it open for writing: what it holds is all there will be.
  public var isAbandoned: Bool {
    var descriptor = pollfd(
      fd: FileDescriptor.standardInput.rawValue, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLHUP) != 0
  }

  /// Whether there may be no room in the pipe for more than so many bytes.
  public func mayBeFull(with count: Int) -> Bool {
    let getPipeSize: Int32 = 1032  // F_GETPIPE_SZ of Linux
    return count + Int(PIPE_BUF) > fcntl(FileDescriptor.standardInput.rawValue, getPipeSize)
  }

  /// Takes so many bytes out, which were seen before.
  public func take(_ count: Int) {
    var rest = count
    while rest > 0 {
      let moved = pipe_move(
        FileDescriptor.standardInput.rawValue, nowhere.rawValue, rest)
      guard moved > 0 || (moved < 0 && errno == EINTR) else { return }
      rest -= max(0, moved)
    }
  }
}
