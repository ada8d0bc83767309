import Glibc
import SystemPackage

/// The names in a directory without `.` and `..`, sorted by their bytes.
///
/// - Throws: `Errno`.
public func fileNames(in directory: String) throws(Errno) -> [String] {
  guard let stream = unsafe opendir(directory) else { throw Errno(rawValue: errno) }
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = unsafe readdir(stream) else { break }
    // The buffer ends with the name, so its declared size must not be read.
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
      unsafe name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
        unsafe String(cString: $0)
      }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  // At the end of the directory, errno stays 0.
  guard errno == 0 else { throw Errno(rawValue: errno) }
  return names.sorted()
}
