import CommandLine
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
    } catch Errno.permissionDenied {
      let group = groupOfReaders(path).map { "; add the user to group \($0)" } ?? ""
      throw Failure(path, "\(Errno.permissionDenied)\(group)", .noPermission)
    } catch Errno.noSuchFileOrDirectory {
      let address = ServerAddress.meant(by: path).map { "; for a server, use \($0)" } ?? ""
      throw Failure(path, "\(Errno.noSuchFileOrDirectory)\(address)", .noInput)
    } catch let errno as Errno {
      throw Failure(path, errno, .noInput)
    }
  }

  /// The group of a device whose members may read it, by its name or its number; nil where there is
  /// none, but that of root.
  private static func groupOfReaders(_ path: String) -> String? {
    guard let status = try? FilePath(path).stat(), status.type == .characterSpecial,
      status.permissions.contains(.groupRead), status.groupID.rawValue != 0
    else {
      return nil
    }
    guard let group = unsafe getgrgid(status.groupID.rawValue) else {
      return "\(status.groupID.rawValue)"
    }
    return unsafe String(cString: group.pointee.gr_name)
  }
}

extension Failure {
  /// Somebody else reads the line: half of the bytes would be of use to nobody.
  static func inUse(_ path: String) -> Failure {
    Failure(path, "in use by another process", .temporaryFailure)
  }
}
