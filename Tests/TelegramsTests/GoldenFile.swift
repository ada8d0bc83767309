import Foundation

/// The golden telegrams, a file each.
enum GoldenFile {
  static let all: [[UInt8]] = {
    let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.filter { $0.hasSuffix(".p1") }.sorted().compactMap {
      (try? Data(contentsOf: directory.appending(path: $0))).map { [UInt8]($0) }
    }
  }()
}
