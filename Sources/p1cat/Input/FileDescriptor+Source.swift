import CommandLine
import Glibc
import SystemPackage

extension FileDescriptor {
  /// Opens a device, file or pipe, which is then read without blocking.
  static func open(source path: String) throws -> FileDescriptor {
    do {
      // Without O_NONBLOCK, opening a serial line would wait for its carrier signal.
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
      let group = groupWithAccess(to: path).map { "; add the user to group \($0)" } ?? ""
      throw Failure(path, "\(Errno.permissionDenied)\(group)", .noPermission)
    } catch Errno.noSuchFileOrDirectory {
      let advice =
        SerialDevices.advice(for: path)
        ?? ServerAddress.suggestion(for: path).map { "for a server, use \($0)" }
      throw Failure(
        path, "\(Errno.noSuchFileOrDirectory)\(advice.map { "; \($0)" } ?? "")", .noInput)
    } catch let errno as Errno {
      throw Failure(path, errno, .noInput)
    }
  }

  /// The name or number of the group that may read a device; nil if there is none, or only root's.
  private static func groupWithAccess(to path: String) -> String? {
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
  /// Two readers of one line would each get a part of the bytes.
  static func inUse(_ path: String) -> Failure {
    Failure(path, "in use by another process; stop it, or read its output", .temporaryFailure)
  }
}
