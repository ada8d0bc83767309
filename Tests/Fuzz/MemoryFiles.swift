import Delivery
import SystemPackage

/// The directory of a spool in memory, with the contents that the fuzzer makes.
final class MemoryFiles: SpoolFiles {
  private(set) var texts: [String: [UInt8]]
  private var open: [Handle: String] = [:]
  private var nextHandle: Handle = 0

  init(_ texts: [String: [UInt8]]) { self.texts = texts }

  func list(bad: Bool) -> [(name: String, size: Int, age: Duration)] {
    texts.filter { $0.key.hasPrefix("bad/") == bad }.map { ($0.key, $0.value.count, .zero) }
  }

  func create(_ name: String) throws(Errno) -> Handle {
    guard texts[name] == nil else { throw .fileExists }
    texts[name] = []
    return try open(name)
  }

  func open(_ name: String) throws(Errno) -> Handle {
    guard texts[name] != nil else { throw .noSuchFileOrDirectory }
    nextHandle += 1
    open[nextHandle] = name
    return nextHandle
  }

  func write(_ bytes: Span<UInt8>, to file: Handle) -> Int {
    for index in bytes.indices { texts[open[file] ?? "", default: []].append(bytes[index]) }
    return bytes.count
  }

  func truncate(_ file: Handle, to size: Int) {}
  func sync(_ file: Handle) {}
  func syncDirectories() {}
  func close(_ file: Handle) { open[file] = nil }
  func exists(_ file: Handle) -> Bool { true }

  func read(_ name: String, from offset: Int, count: Int) throws(Errno) -> [UInt8] {
    guard let text = texts[name] else { throw .noSuchFileOrDirectory }
    return Array(text.dropFirst(offset).prefix(count))
  }

  func rename(_ name: String, to other: String) throws(Errno) {
    guard let text = texts.removeValue(forKey: name) else { throw .noSuchFileOrDirectory }
    texts[other] = text
    for (handle, known) in open where known == name { open[handle] = other }
  }

  func remove(_ name: String) throws(Errno) {
    guard texts.removeValue(forKey: name) != nil else { throw .noSuchFileOrDirectory }
  }
}
