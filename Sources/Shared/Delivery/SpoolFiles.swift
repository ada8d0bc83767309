import Records
import SystemPackage

/// What a spool does with its directory and the files in it: the one seam between it and a disk, so
/// that a test can be the disk, and have any operation fail.
///
/// Names are within the directory; `bad/` has a directory of its own in it. Each operation throws the
/// error of the system call that failed.
public protocol SpoolFiles: AnyObject {
  /// A file that is open for writing.
  typealias Handle = Int32

  /// The files of the directory, or of `bad/`, with their sizes in bytes and the seconds since each
  /// was last written to.
  func list(bad: Bool) throws(Errno) -> [(name: String, size: Int, age: Duration)]

  /// Makes a file that is not there, for writing at its end.
  func create(_ name: String) throws(Errno) -> Handle

  /// Opens a file that is there, to have the disk keep it.
  func open(_ name: String) throws(Errno) -> Handle

  /// Writes once.
  ///
  /// - Returns: how many bytes were taken.
  func write(_ bytes: Span<UInt8>, to file: Handle) throws(Errno) -> Int

  /// Cuts a file off behind `size` bytes.
  func truncate(_ file: Handle, to size: Int) throws(Errno)

  /// Has the disk keep what was written to a file (fdatasync(2)).
  func sync(_ file: Handle) throws(Errno)

  /// Has the disk keep the names of the files of the directory, and of `bad/`.
  func syncNames() throws(Errno)

  func close(_ file: Handle)

  /// Whether a file that is open is still in the directory, as far as can be told.
  func isThere(_ file: Handle) -> Bool

  /// Reads from a place on.
  ///
  /// - Returns: up to `count` bytes; none at the end of the file.
  func read(_ name: String, from offset: Int, count: Int) throws(Errno) -> [UInt8]

  /// Gives a file another name, and takes the place of a file that has it.
  func rename(_ name: String, to other: String) throws(Errno)

  func remove(_ name: String) throws(Errno)
}
