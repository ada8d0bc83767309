import Console
import Glibc
import SystemPackage

extension FileDescriptor {
  /// Opens what a path names, to be read without waiting.
  ///
  /// - Throws: `Failure` where it cannot be opened, or where another process has it for itself.
  static func open(source path: String) throws -> FileDescriptor {
    do {
      // Without O_NONBLOCK, a line without a carrier would be waited for here.
      let descriptor = try open(
        FilePath(path), .readOnly, options: [.nonBlocking, .noControllingTerminal, .closeOnExec])
      guard try descriptor.stat().type != .directory else {
        try descriptor.close()
        throw Failure(path, .isDirectory, .noInput)
      }
      return descriptor
    } catch Errno.resourceBusy {
      throw Failure.inUse(path)
    } catch let errno as Errno {
      throw Failure(path, errno, .noInput)
    }
  }
}

extension Failure {
  /// Somebody else reads the line: half of the bytes would be of use to nobody.
  static func inUse(_ path: String) -> Failure {
    Failure(path, "in use by another process", .temporaryFailure)
  }
}
