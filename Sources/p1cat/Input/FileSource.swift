import CommandLine
import SystemPackage
import Telegrams

/// A file, a named pipe or standard input: it ends, and whoever writes there waits for us.
struct FileSource: Source {
  let name: String
  private let descriptor: FileDescriptor

  /// - Parameters:
  ///   - name: what messages call it.
  ///   - descriptor: what it is read by.
  init(_ name: String, _ descriptor: FileDescriptor) {
    self.name = name
    self.descriptor = descriptor
  }

  /// Whether it is a file on a disk, and no pipe.
  var isRegular: Bool { (try? descriptor.stat().type) == .regular }

  var interests: [Interest] { [.reading(descriptor)] }

  mutating func read(
    _ happened: [Interest], after lastLook: ContinuousClock.Instant, into framer: inout Framer
  ) throws -> Arrival {
    guard happened.contains(.reading(descriptor)) else { return .nothing }
    do throws(Errno) {
      guard let count = try framer.fill(from: descriptor) else { return .nothing }
      return count > 0 ? .bytes(count) : .end
    } catch {
      throw Failure(name, error)
    }
  }
}

extension Framer {
  /// Takes in what a descriptor holds.
  ///
  /// - Returns: how many bytes that was, 0 at the end; nil where there is nothing yet.
  /// - Throws: `Errno`.
  mutating func fill(from descriptor: FileDescriptor) throws(Errno) -> Int? {
    do throws(Errno) {
      return try fill { room throws(Errno) in try descriptor.read(into: &room) }
    } catch {
      switch error {
      case .wouldBlock, .interrupted: return nil
      default: throw error
      }
    }
  }
}
