import CommandLine
import Glibc
import SystemPackage
import Synchronization
import Testing

/// The lines that messages are.
@Suite struct MessagesTests {
  /// The lines that `body` writes to the descriptor that it gets.
  private func lines(_ body: (FileDescriptor) throws -> Void) throws -> [String] {
    let pipe = try FileDescriptor.pipe()
    let result = Result { try body(pipe.writeEnd) }
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
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func messageIsOneLine() throws {
    let lines = try self.lines { output in
      let messages = Messages(tool: "tool-a", to: output)
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
    let lines = try self.lines { output in
      let messages = Messages(tool: "tool-b", highest: highest, to: output)
      messages.say(.error, nil, "error")
      messages.say(.warning, nil, "warning")
      messages.say(.notice, nil, "notice")
      messages.say(.info, nil, "info")
    }
    #expect(lines == expected.map { "tool-b: \($0)" })
  }

  @Test func failureHasItsHint() throws {
    let lines = try self.lines { output in
      let messages = Messages(tool: "tool-c", highest: .error, to: output)
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
    let lines = try self.lines { output in
      let messages = Messages(tool: "tool-d", to: output)
      for number in 1...count { messages.say(.warning, "x", "\(number)", repeating: "kind") }
      messages.flush()
      messages.flush()
    }
    #expect(lines == expected.map { "tool-d: \($0)" })
  }

  @Test func kindsAreWithheldEachByItself() throws {
    let lines = try self.lines { output in
      let messages = Messages(tool: "tool-e", to: output)
      for kind in ["a", "b", "a"] { messages.say(.warning, nil, kind, repeating: kind) }
      messages.say(.info, nil, "c", repeating: "b")
    }
    #expect(lines == ["tool-e: a", "tool-e: b"])
  }

  /// The last one is said in the end, though nobody says anything more.
  @Test func withheldMessageIsSaidAfterAWhile() throws {
    let lines = try self.lines { output in
      let messages = Messages(tool: "tool-f", silence: .milliseconds(50), to: output)
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

  /// Standard error may be a pipe that is nearly full, or one that somebody has made non-blocking.
  @Test(arguments: [0, O_NONBLOCK]) func messageIsWrittenWhole(_ flags: Int32) throws {
    let long = String(repeating: "word ", count: 20_000)
    let lines = try readingSlowly(flags) { output in
      let messages = Messages(tool: "tool-g", to: output)
      messages.say(.error, nil, long)
      messages.say(.error, nil, "next")
    }
    #expect(lines == ["tool-g: \(long)", "tool-g: next"])
  }

  /// What does not fit is lost, but the next message begins a line of its own.
  @Test func messageThatIsTornEndsInItsLine() throws {
    let pipe = try FileDescriptor.pipe()
    defer { for end in [pipe.readEnd, pipe.writeEnd] { try? end.close() } }
    _ = fcntl(pipe.writeEnd.rawValue, 1031, Int32(PIPE_BUF))
    let messages = Messages(tool: "tool-h", to: pipe.writeEnd)
    messages.stopWaiting()
    messages.say(.error, nil, String(repeating: "x", count: 10_000))
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var text: [UInt8] = []
    text += piece[..<(try piece.withUnsafeMutableBytes { try pipe.readEnd.read(into: $0) })]
    messages.say(.error, nil, "next")
    text += piece[..<(try piece.withUnsafeMutableBytes { try pipe.readEnd.read(into: $0) })]
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasSuffix("xxx") })
    #expect(lines.contains("tool-h: next (dropped before this: 1 message)"))
  }

  /// As ``lines(_:)``, from a small pipe that is read all the while.
  private func readingSlowly(
    _ flags: Int32, _ body: (FileDescriptor) -> Void
  ) throws -> [String] {
    let pipe = try FileDescriptor.pipe()
    defer { try? pipe.readEnd.close() }
    // F_SETPIPE_SZ of Linux.
    _ = fcntl(pipe.writeEnd.rawValue, 1031, Int32(PIPE_BUF))
    _ = fcntl(pipe.writeEnd.rawValue, F_SETFL, flags)
    let reader = SlowReader(pipe.readEnd)
    body(pipe.writeEnd)
    try pipe.writeEnd.close()
    return reader.text().split(separator: "\n").map(String.init)
  }

  @Test func numbersAgreeWithTheirThing() {
    #expect(counted(0, "record") == "0 records")
    #expect(counted(1, "record") == "1 record")
    #expect(counted(2, "record") == "2 records")
  }
}

/// Reads a pipe to its end, piece by piece, on a thread of its own.
private final class SlowReader: Sendable {
  private let descriptor: FileDescriptor
  private let bytes = Mutex<[UInt8]>([])
  private let thread: Mutex<pthread_t>

  init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
    thread = Mutex(pthread_t())
    thread.withLock {
      _ = pthread_create(
        &$0, nil,
        { reader in
          guard let reader else { return nil }
          Unmanaged<SlowReader>.fromOpaque(reader).takeRetainedValue().read()
          return nil
        }, Unmanaged.passRetained(self).toOpaque())
    }
  }

  private func read() {
    var piece = [UInt8](repeating: 0, count: 1000)
    while let count = try? piece.withUnsafeMutableBytes({ try descriptor.read(into: $0) }),
      count > 0
    {
      bytes.withLock { $0 += piece[..<count] }
    }
  }

  /// All of it, once there is no more.
  func text() -> String {
    pthread_join(thread.withLock { $0 }, nil)
    return bytes.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
