import CommandLine
import SystemPackage
import Telegrams

/// A file, a named pipe or standard input: it has an end, and its writer waits for this process.
struct FileSource: Source {
  let name: String
  private let descriptor: FileDescriptor

  init(_ name: String, _ descriptor: FileDescriptor) {
    self.name = name
    self.descriptor = descriptor
  }

  /// Whether this is a file on a disk, and not a pipe.
  var isRegular: Bool { (try? descriptor.stat().type) == .regular }

  var interests: [Interest] { [.reading(descriptor)] }

  mutating func read(
    _ ready: [Interest], after lastRead: ContinuousClock.Instant, into framer: inout Framer
  ) throws -> Arrival {
    guard ready.contains(.reading(descriptor)) else { return .nothing }
    do throws(Errno) {
      guard let count = try framer.fill(from: descriptor) else { return .nothing }
      return count > 0 ? .bytes(count) : .end
    } catch {
      throw Failure(name, error)
    }
  }
}

extension Framer {
  /// Reads from a descriptor once.
  ///
  /// - Returns: the number of bytes, 0 at the end; nil if there is nothing to read yet.
  mutating func fill(from descriptor: FileDescriptor) throws(Errno) -> Int? {
    do throws(Errno) {
      return try fill { room throws(Errno) in try descriptor.read(into: &room) }
    } catch .wouldBlock, .interrupted {
      return nil
    }
  }
}
