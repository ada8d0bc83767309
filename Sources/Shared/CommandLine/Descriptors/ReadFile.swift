import Glibc
import SystemPackage

/// Whether a path names a pipe, a device or a socket, where reading may block.
public func isStream(_ path: String) -> Bool {
  var status = stat()
  guard unsafe stat(path, &status) == 0 else { return false }
  return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
}

/// Reads a file of at most `limit` bytes.
///
/// - Parameter check: looks at the opened file.
/// - Throws: ``Failure`` with `exitStatus`, or what `check` throws.
public func readFile(
  _ path: String, limit: Int, _ exitStatus: ExitStatus,
  check: (FileDescriptor) throws -> Void = { _ in }
) throws -> [UInt8] {
  do {
    let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    defer { try? file.close() }
    try check(file)
    var contents: [UInt8] = []
    while true {
      let before = contents.count
      try contents.append(addingCapacity: 64 * 1024) { room throws(Errno) in
        try file.read(into: &room)
      }
      if contents.count == before { return contents }
      guard contents.count <= limit else {
        throw Failure(path, "more than \(limit) bytes", exitStatus)
      }
    }
  } catch let errno as Errno {
    throw Failure(path, errno, exitStatus)
  }
}
