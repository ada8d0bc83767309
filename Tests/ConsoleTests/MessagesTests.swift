import Console
import Glibc
import SystemPackage
import Testing

/// What is said on standard error, which is one for all of the process: one test after the other.
@Suite(.serialized) struct MessagesTests {
  /// The lines that `body` says with the name `tool`; anybody else's are passed on.
  private func said(_ tool: String, _ body: () throws -> Void) throws -> [String] {
    let pipe = try FileDescriptor.pipe()
    let standardError = try FileDescriptor.standardError.duplicate()
    _ = try pipe.writeEnd.duplicate(as: .standardError)
    defer { try? standardError.close() }
    let result = Result { try body() }
    _ = try standardError.duplicate(as: .standardError)
    try pipe.writeEnd.close()
    defer { try? pipe.readEnd.close() }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = try piece.withUnsafeMutableBytes { try pipe.readEnd.read(into: $0) }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    try result.get()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    for line in lines where !line.contains("\(tool): ") {
      try standardError.writeAll("\(line)\n".utf8)
    }
    return lines.filter { $0.contains("\(tool): ") }
  }

  @Test func messageIsOneLine() throws {
    let lines = try said("tool-a") {
      let messages = Messages(tool: "tool-a")
      messages.say(.error, "/dev/ttyUSB0", "No such file or directory")
      messages.say(.notice, nil, "ready")
      messages.say(.warning, "x\ny\u{1B}[31m", "a\r\nb\u{0}\u{85}é")
    }
    #expect(
      lines == [
        "tool-a: /dev/ttyUSB0: No such file or directory", "tool-a: ready",
        "tool-a: x?y?[31m: a??b??é",
      ])
  }

  @Test(arguments: [
    (Messages.Level.error, ["error"]), (.notice, ["error", "warning", "notice"]),
    (.info, ["error", "warning", "notice", "info"]),
  ])
  func lessImportantOnesAreNotSaid(_ highest: Messages.Level, _ expected: [String]) throws {
    let lines = try said("tool-b") {
      let messages = Messages(tool: "tool-b", highest: highest)
      messages.say(.error, nil, "error")
      messages.say(.warning, nil, "warning")
      messages.say(.notice, nil, "notice")
      messages.say(.info, nil, "info")
    }
    #expect(lines == expected.map { "tool-b: \($0)" })
  }

  @Test func failureHasItsHint() throws {
    let lines = try said("tool-c") {
      let messages = Messages(tool: "tool-c", highest: .error)
      messages.say(Failure("file", "it is bad", .configuration, hint: "make it good"))
      messages.say(Failure(nil, Errno.noSuchFileOrDirectory))
    }
    #expect(
      lines == [
        "tool-c: file: it is bad", "tool-c: make it good", "tool-c: No such file or directory",
      ])
  }

  @Test(arguments: [
    (1, ["x: 1"]), (2, ["x: 1", "x: 2"]), (3, ["x: 1", "x: 3 (and 1 more like it)"]),
    (50, ["x: 1", "x: 50 (and 48 more like it)"]),
  ])
  func repeatedMessageIsWithheldAndCounted(_ count: Int, _ expected: [String]) throws {
    let lines = try said("tool-d") {
      let messages = Messages(tool: "tool-d")
      for number in 1...count { messages.say(.warning, "x", "\(number)", repeating: "kind") }
      messages.flush()
      messages.flush()
    }
    #expect(lines == expected.map { "tool-d: \($0)" })
  }

  @Test func kindsAreWithheldEachByItself() throws {
    let lines = try said("tool-e") {
      let messages = Messages(tool: "tool-e")
      for kind in ["a", "b", "a"] { messages.say(.warning, nil, kind, repeating: kind) }
      messages.say(.info, nil, "c", repeating: "b")
    }
    #expect(lines == ["tool-e: a", "tool-e: b"])
  }

  /// The last one is said in the end, though nobody says anything more.
  @Test func withheldMessageIsSaidAfterAWhile() throws {
    let lines = try said("tool-f") {
      let messages = Messages(tool: "tool-f", silence: .milliseconds(50))
      #expect(messages.deadline == nil)
      for number in 1...5 { messages.say(.notice, nil, "\(number)", repeating: "state", burst: 2) }
      messages.sayDue()
      let deadline = try #require(messages.deadline)
      while ContinuousClock.now < deadline { usleep(1000) }
      messages.sayDue()
      #expect(messages.deadline == nil)
      messages.say(.notice, nil, "6", repeating: "state", burst: 2)
      messages.flush()
    }
    #expect(
      lines == ["1", "2", "5 (and 2 more like it)", "6"].map { "tool-f: \($0)" })
  }

  @Test func numbersAgreeWithTheirThing() {
    #expect(counted(0, "record") == "0 records")
    #expect(counted(1, "record") == "1 record")
    #expect(counted(2, "record") == "2 records")
  }
}
