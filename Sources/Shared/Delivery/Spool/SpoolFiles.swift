import Records
import SystemPackage

/// The file operations of a spool: the only interface between a spool and the disk, so that a test
/// can stand in for the disk and make any operation fail.
///
/// Names are relative to the directory of the spool, which has the directory `bad/` in it. Each
/// operation throws the error of the system call that failed.
public protocol SpoolFiles: AnyObject {
  /// The descriptor of an open file.
  typealias Handle = Int32

  /// The regular files of the directory, or of `bad/`, with their sizes in bytes and the time since
  /// each was last written to.
  func list(bad: Bool) throws(Errno) -> [(name: String, size: Int, age: Duration)]

  /// Creates a file, which must not exist, and opens it for appending.
  func create(_ name: String) throws(Errno) -> Handle

  /// Opens an existing file for ``sync(_:)``.
  func open(_ name: String) throws(Errno) -> Handle

  /// Writes once, as write(2) does.
  ///
  /// - Returns: how many bytes were written, which may be fewer.
  func write(_ bytes: Span<UInt8>, to file: Handle) throws(Errno) -> Int

  /// Shortens a file to `size` bytes.
  func truncate(_ file: Handle, to size: Int) throws(Errno)

  /// Flushes a file to the disk (fdatasync(2)).
  func sync(_ file: Handle) throws(Errno)

  /// Flushes the directory and `bad/` to the disk (fsync(2)), and so the names of their files.
  func syncDirectories() throws(Errno)

  func close(_ file: Handle)

  /// Whether an open file still has a name. True if that cannot be found out.
  func exists(_ file: Handle) -> Bool

  /// Reads once from `offset` on.
  ///
  /// - Returns: up to `count` bytes; none at the end of the file.
  func read(_ name: String, from offset: Int, count: Int) throws(Errno) -> [UInt8]

  /// Renames a file, replacing a file that has the new name.
  func rename(_ name: String, to other: String) throws(Errno)

  func remove(_ name: String) throws(Errno)
}

/// Operations that are repeated when a signal interrupts them, or until all is done.
extension SpoolFiles {
  /// Writes all bytes at once.
  ///
  /// - Throws: `Errno.noSpace` if only some of them were written; the caller truncates the file
  ///   then.
  func write(all bytes: Span<UInt8>, to file: Handle) throws(Errno) {
    while true {
      do throws(Errno) {
        let count = try write(bytes, to: file)
        // A second write for the rest could fail too: an incomplete record is never added to.
        guard count == bytes.count else { throw .noSpace }
        return
      } catch .interrupted {
        continue
      }
    }
  }

  func syncRetrying(_ file: Handle) throws(Errno) {
    while true {
      do throws(Errno) { return try sync(file) } catch .interrupted { continue }
    }
  }

  func syncDirectoriesRetrying() throws(Errno) {
    while true {
      do throws(Errno) { return try syncDirectories() } catch .interrupted { continue }
    }
  }

  /// Reads the first `size` bytes of a file.
  func readAll(_ name: String, size: Int) throws(Errno) -> [UInt8] {
    var text: [UInt8] = []
    while text.count < size {
      let chunk = try readChunk(name, from: text.count, count: size - text.count)
      guard !chunk.isEmpty else { throw .ioError }
      text += chunk
    }
    return text
  }

  func readChunk(_ name: String, from offset: Int, count: Int) throws(Errno) -> [UInt8] {
    while true {
      do throws(Errno) {
        return try read(name, from: offset, count: count)
      } catch .interrupted {
        continue
      }
    }
  }
}
