import Foundation
import Records
import SystemPackage
import TestValues
import Testing

@testable import Delivery

/// A spool in a real directory.
@Suite final class SpoolDirectoryTests {
  private let root = FileManager.default.temporaryDirectory.appending(path: "p1-\(UUID())").path
  private let now = ContinuousClock.now

  init() throws {
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return attributes[.posixPermissions] as? Int ?? -1
  }

  private func contents(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  @Test func directoryIsMadeForItsOwnerAlone() throws {
    let path = "\(root)/a/b/spool"
    let directory = try SpoolDirectory(path)
    #expect(directory.path == path)
    for made in ["\(root)/a", "\(root)/a/b", path, "\(path)/bad"] {
      #expect(try mode(made) == 0o700)
    }
    #expect(try mode("\(path)/lock") == 0o600)
    #expect(try contents(path) == ["bad", "lock"])
    let file = try directory.create("0000000000000001")
    directory.close(file)
    #expect(try mode("\(path)/0000000000000001") == 0o600)
    _ = try SpoolDirectory("\(root)/with a slash/")
    #expect(try contents("\(root)/with a slash") == ["bad", "lock"])
  }

  @Test func directoryIsOfOneSpoolAlone() throws {
    var first: SpoolDirectory? = try SpoolDirectory("\(root)/spool")
    for _ in 0..<3 {
      do {
        _ = try SpoolDirectory("\(root)/spool")
        Issue.record("it has two")
      } catch {
        #expect(error.isInUse && error.path == "\(root)/spool")
      }
    }
    // Failed attempts have not released the lock.
    #expect(try first?.list(bad: false).map(\.name) == ["lock"])
    first = nil
    _ = try SpoolDirectory("\(root)/spool")
  }

  @Test func whatIsNoDirectoryIsRefused() throws {
    #expect(FileManager.default.createFile(atPath: "\(root)/file", contents: nil))
    for (path, errno) in [
      ("\(root)/file", Errno.notDirectory), ("\(root)/file/spool", .notDirectory),
      ("", .noSuchFileOrDirectory), ("/proc/none/spool", .noSuchFileOrDirectory),
    ] {
      do {
        _ = try SpoolDirectory(path)
        Issue.record("\(path) is one")
      } catch {
        #expect(error.errno == errno && !error.isInUse && error.path == path)
      }
    }
    #expect(FileManager.default.createFile(atPath: "\(root)/spool", contents: nil))
    try FileManager.default.removeItem(atPath: "\(root)/spool")
    _ = try SpoolDirectory("\(root)/spool")
  }

  @Test func filesAreWrittenReadAndMoved() throws {
    let directory = try SpoolDirectory("\(root)/spool")
    let file = try directory.create("a")
    #expect(throws: Errno.fileExists) { try directory.create("a") }
    let text = "abcdef".bytes
    #expect(try directory.write(text.span, to: file) == 6)
    try directory.truncate(file, to: 4)
    #expect(try directory.write(text.span.extracting(first: 1), to: file) == 1)
    try directory.sync(file)
    try directory.syncDirectories()
    directory.close(file)
    #expect(throws: Errno.badFileDescriptor) { try directory.sync(file) }
    #expect(try directory.read("a", from: 0, count: 100).text == "abcda")
    #expect(try directory.read("a", from: 3, count: 1).text == "d")
    #expect(try directory.read("a", from: 5, count: 10) == [])
    let opened = try directory.open("a")
    try directory.sync(opened)
    directory.close(opened)
    try directory.rename("a", to: "bad/b")
    let files = try directory.list(bad: true)
    #expect(files.map(\.name) == ["bad/b"] && files.map(\.size) == [5])
    #expect(files.allSatisfy { (.zero...Duration.seconds(60)).contains($0.age) })
    try directory.remove("bad/b")
    #expect(throws: Errno.noSuchFileOrDirectory) { try directory.remove("bad/b") }
    #expect(throws: Errno.noSuchFileOrDirectory) { try directory.open("a") }
    #expect(throws: Errno.noSuchFileOrDirectory) { try directory.read("a", from: 0, count: 1) }
    #expect(try contents("\(root)/spool") == ["bad", "lock"])
  }

  @Test func spoolOutlivesItsProcess() throws {
    let path = "\(root)/spool"
    let limits = SpoolLimits(capacity: 1 << 20, memory: 16 << 20, sync: .seconds(5))
    do {
      var spool = try Spool(try SpoolDirectory(path), limits, at: now)
      spool.fill(0..<500, length: 300, at: now)
      spool.remove(before: spool.batch(from: 0, count: 10, size: .max).end, rejected: 0)
      spool.attend(now + .seconds(6))
      // The process is killed here.
    }
    let name = "\(path)/0000000000000002"
    let torn = try Data(contentsOf: URL(filePath: name)).dropLast(100)
    try torn.write(to: URL(filePath: name))
    var spool = try Spool(try SpoolDirectory(path), limits, at: now)
    #expect(spool.count == 499)
    spool.fill(500..<510, at: now)
    let numbers = spool.drainNumbers(40)
    let lost = Set(0..<510).subtracting(numbers)
    #expect(numbers.count == 509 && lost.count == 1 && numbers == numbers.sorted())
    spool.close(at: now)
    #expect(try contents(path) == ["bad", "lock"])
    #expect(try contents("\(path)/bad") == ["0000000000000001"])
  }
}
