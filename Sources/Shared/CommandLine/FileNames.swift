import Glibc
import SystemPackage

/// The names of what is in a folder, in the order of their bytes.
///
/// - Parameter directory: where the folder is.
/// - Returns: the names, without `.` and `..`.
/// - Throws: `Errno`.
public func fileNames(in directory: String) throws(Errno) -> [String] {
  guard let stream = unsafe opendir(directory) else { throw Errno(rawValue: errno) }
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = unsafe readdir(stream) else { break }
    // The name stands in a buffer that ends with it.
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
      unsafe name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
        unsafe String(cString: $0)
      }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  // The end has no error.
  guard errno == 0 else { throw Errno(rawValue: errno) }
  return names.sorted()
}
