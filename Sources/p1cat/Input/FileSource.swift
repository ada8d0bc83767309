import CommandLine
import SystemPackage

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
    _ ready: [Interest], after lastRead: ContinuousClock.Instant, into finder: inout TelegramFinder
  ) throws -> Arrival {
    guard ready.contains(.reading(descriptor)) else { return .nothing }
    do throws(Errno) {
      guard let count = try finder.fill(from: descriptor) else { return .nothing }
      return count > 0 ? .bytes(count) : .end
    } catch {
      throw Failure(name, error)
    }
  }
}
