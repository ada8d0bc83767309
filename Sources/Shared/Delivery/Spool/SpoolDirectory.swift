import Glibc
import Records
import SystemPackage

/// The directory of a spool on a disk. The file `lock` in it keeps other processes out.
public final class SpoolDirectory: SpoolFiles {
  /// Why the directory cannot be used.
  public struct OpenError: Error {
    public let path: String
    public let errno: Errno
    /// Whether another process uses the directory.
    public var isInUse: Bool { errno == .wouldBlock }
  }

  public let path: String
  private let lock: FileDescriptor

  /// Only the owner may read records, as they show when nobody is at home.
  private static let directoryMode: FilePermissions = [.ownerReadWriteExecute]
  private static let fileMode: FilePermissions = [.ownerReadWrite]

  /// Creates the directory, and its parents, if it does not exist, and locks it.
  ///
  /// - Throws: ``OpenError`` if that fails or another process uses the directory.
  public init(_ path: String) throws(OpenError) {
    self.path = path
    do throws(Errno) {
      try SpoolDirectory.make(path)
      try SpoolDirectory.make("\(path)/bad")
      let lockPath = FilePath("\(path)/lock")
      let options: FileDescriptor.OpenOptions = [.create, .closeOnExec]
      let file = try mappingErrno {
        try FileDescriptor.open(
          lockPath, .readWrite, options: options, permissions: SpoolDirectory.fileMode)
      }
      guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
        let error = Errno(rawValue: Glibc.errno)
        try? file.close()
        throw error
      }
      lock = file
    } catch {
      throw OpenError(path: path, errno: error)
    }
  }

  deinit { try? lock.close() }

  /// Creates a directory and its parents.
  private static func make(_ path: String) throws(Errno) {
    guard unsafe mkdir(path, directoryMode.rawValue) != 0 else { return fsyncParent(of: path) }
    switch errno {
    case EEXIST:
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { throw Errno(rawValue: errno) }
      guard status.st_mode & S_IFMT == S_IFDIR else { throw .notDirectory }
    case ENOENT:
      let parent = FilePath(path).removingLastComponent()
      guard !parent.isEmpty, parent.string != path else { throw .noSuchFileOrDirectory }
      try make(parent.string)
      guard unsafe mkdir(path, directoryMode.rawValue) == 0 || errno == EEXIST else {
        throw Errno(rawValue: errno)
      }
      fsyncParent(of: path)
    default: throw Errno(rawValue: errno)
    }
  }

  /// Syncs the parent of a new directory, and so the directory's name.
  private static func fsyncParent(of path: String) {
    let parent = FilePath(path).removingLastComponent()
    let name = parent.isEmpty ? "." : parent
    let options: FileDescriptor.OpenOptions = [.directory, .closeOnExec]
    guard let descriptor = try? FileDescriptor.open(name, .readOnly, options: options) else {
      return
    }
    fsync(descriptor.rawValue)
    try? descriptor.close()
  }

  public func list(bad: Bool) throws(Errno) -> [(name: String, size: Int, age: Duration)] {
    guard let directory = unsafe opendir(bad ? "\(path)/bad" : path) else {
      throw Errno(rawValue: errno)
    }
    defer { unsafe closedir(directory) }
    var files: [(name: String, size: Int, age: Duration)] = []
    let now = time(nil)
    while true {
      errno = 0
      guard let entry = unsafe readdir(directory) else { break }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      var status = stat()
      let file = bad ? "bad/\(name)" : name
      let exists = unsafe stat("\(path)/\(file)", &status) == 0
      guard exists || errno == ENOENT else { throw Errno(rawValue: errno) }
      guard exists, status.st_mode & S_IFMT == S_IFREG else { continue }
      files.append(
        (file, Int(status.st_size), .seconds(max(0, now - status.st_mtim.tv_sec))))
    }
    guard errno == 0 else { throw Errno(rawValue: errno) }
    return files
  }

  public func create(_ name: String) throws(Errno) -> Handle {
    let path = FilePath("\(path)/\(name)")
    return try mappingErrno {
      try FileDescriptor.open(
        path, .writeOnly, options: [.create, .exclusiveCreate, .append, .closeOnExec],
        permissions: SpoolDirectory.fileMode
      ).rawValue
    }
  }

  public func open(_ name: String) throws(Errno) -> Handle {
    let path = FilePath("\(path)/\(name)")
    return try mappingErrno {
      try FileDescriptor.open(path, .readOnly, options: .closeOnExec).rawValue
    }
  }

  public func write(_ bytes: Span<UInt8>, to file: Handle) throws(Errno) -> Int {
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    return try checked(count)
  }

  public func truncate(_ file: Handle, to size: Int) throws(Errno) {
    _ = try checked(Int(ftruncate(file, size)))
  }

  public func sync(_ file: Handle) throws(Errno) {
    _ = try checked(Int(fdatasync(file)))
  }

  public func syncDirectories() throws(Errno) {
    for directory in [path, "\(path)/bad"] {
      let descriptor = try mappingErrno {
        try FileDescriptor.open(
          FilePath(directory), .readOnly, options: [.directory, .closeOnExec])
      }
      defer { try? descriptor.close() }
      _ = try checked(Int(fsync(descriptor.rawValue)))
    }
  }

  public func close(_ file: Handle) {
    Glibc.close(file)
  }

  public func exists(_ file: Handle) -> Bool {
    var status = stat()
    return unsafe fstat(file, &status) != 0 || status.st_nlink > 0
  }

  public func read(_ name: String, from offset: Int, count: Int) throws(Errno) -> [UInt8] {
    let descriptor = try mappingErrno {
      try FileDescriptor.open(FilePath("\(path)/\(name)"), .readOnly, options: .closeOnExec)
    }
    defer { try? descriptor.close() }
    var failure: Errno?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let got = unsafe pread(descriptor.rawValue, buffer.baseAddress, count, offset)
      if got < 0 { failure = Errno(rawValue: errno) }
      initialized = max(0, got)
    }
    if let failure { throw failure }
    return bytes
  }

  public func rename(_ name: String, to other: String) throws(Errno) {
    _ = try checked(Int(unsafe Glibc.rename("\(path)/\(name)", "\(path)/\(other)")))
  }

  public func remove(_ name: String) throws(Errno) {
    _ = try checked(Int(unsafe unlink("\(path)/\(name)")))
  }

  private func checked(_ result: Int) throws(Errno) -> Int {
    guard result >= 0 else { throw Errno(rawValue: errno) }
    return result
  }
}

/// Runs `body`, which throws only `Errno`, as swift-system does, but cannot say so.
private func mappingErrno<Result>(_ body: () throws -> Result) throws(Errno) -> Result {
  do {
    return try body()
  } catch {
    throw error as? Errno ?? .ioError
  }
}
