import Foundation
import SystemPackage
import Testing

@testable import CommandLine

/// One state for all tools of a pipe.
@Suite struct PipeStatusTests {
  @Test func problemsComeFirst() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "p1-\(UUID())").path
    try "".write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let status = PipeStatus(path: FilePath(path))
    func update(_ tool: String, _ sentence: String, isProblem: Bool = false) -> String {
      var state = ""
      status.update(tool, sentence, isProblem: isProblem) { state = $0 }
      return state
    }
    #expect(update("p1mqtt", "publishing to b:1883") == "p1mqtt is publishing to b:1883")
    #expect(
      update("p1cat", "reading /dev/a") == "p1cat is reading /dev/a, p1mqtt is publishing to b:1883"
    )
    #expect(update("p1mqtt", "b:1883: refused", isProblem: true) == "p1mqtt: b:1883: refused")
    #expect(
      update("p1cat", "/dev/a: gone", isProblem: true)
        == "p1cat: /dev/a: gone | p1mqtt: b:1883: refused")
    #expect(update("p1mqtt", "publishing to b:1883") == "p1cat: /dev/a: gone")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == "p1cat: /dev/a: gone\np1mqtt is publishing to b:1883\n")
  }

  /// Tools that change their states at once lose none of them.
  @Test func changesAtOnceAreAllKept() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "p1-\(UUID())").path
    try "".write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    await withTaskGroup { group in
      for tool in ["p1cat", "p1influx", "p1mqtt"] {
        group.addTask {
          for number in 0...200 {
            PipeStatus(path: FilePath(path)).update(tool, "at \(number)", isProblem: false) { _ in }
          }
        }
      }
    }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == "p1cat is at 200\np1influx is at 200\np1mqtt is at 200\n")
  }

  @Test func withoutTheFileEachToolTellsItsOwn() {
    var state = ""
    PipeStatus(path: "/no/such/file").update("p1cat", "reading x", isProblem: false) { state = $0 }
    #expect(state == "p1cat is reading x")
  }
}
