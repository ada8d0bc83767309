import CommandLine
import Glibc
import SystemPackage

extension FileDescriptor {
  /// - Throws: `Failure` if no file can be made in a directory.
  static func check(recordingIn directory: String) throws {
    do {
      let opened = try open(FilePath(directory), .readOnly, options: [.directory, .closeOnExec])
      try opened.close()
    } catch let errno as Errno {
      throw Failure(directory, errno, .cannotCreate)
    }
    guard unsafe access(directory, W_OK | X_OK) == 0 else {
      throw Failure(directory, Errno(rawValue: errno), .cannotCreate)
    }
  }

  /// Opens a file to append to it, or makes it.
  ///
  /// A file that root makes belongs to the owner of the directory, as a service that writes there must be able to go
  /// on. Its user must not lead root elsewhere by a symbolic link.
  ///
  /// - Returns: nil if another process has just made the file.
  /// - Throws: `Failure`.
  static func open(recording path: String) throws -> FileDescriptor? {
    let file = FilePath(path)
    let options: OpenOptions = [.append, .noFollow, .nonBlocking, .closeOnExec]
    do {
      return try open(file, .readWrite, options: options)
    } catch Errno.noSuchFileOrDirectory {
      return try make(file, options)
    } catch Errno.tooManySymbolicLinkLevels {
      throw Failure(path, "it is a symbolic link; remove it", .ioError)
    } catch let errno as Errno {
      throw Failure(path, errno)
    }
  }

  private static func make(_ path: FilePath, _ options: OpenOptions) throws -> FileDescriptor? {
    do {
      let made = try open(
        path, .readWrite, options: options.union([.create, .exclusiveCreate]),
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      let directory = path.removingLastComponent()
      if geteuid() == 0, let owner = try? (directory.isEmpty ? "." : directory).stat() {
        _ = fchown(made.rawValue, owner.userID.rawValue, owner.groupID.rawValue)
      }
      return made
    } catch Errno.fileExists {
      return nil
    } catch let errno as Errno {
      throw Failure(path.string, errno)
    }
  }
}
