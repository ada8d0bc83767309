import CommandLine
import Foundation
import SystemPackage
import Testing

/// Files, descriptors and passwords.
@Suite struct FilesTests {
  /// Calls `body` with a file that holds `text` and has these permissions.
  private func withFile(
    _ text: String, mode: Int = 0o600, _ body: (String) throws -> Void
  ) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "p1-\(UUID())").path
    let isMade = FileManager.default.createFile(
      atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    #expect(isMade)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func password(_ variables: [String: String]) throws -> Secret? {
    try Secret.read(
      Settings { variables[$0] }, BrokerGroup().password, file: BrokerGroup().passwordFile)
  }

  @Test func passwordIsTheFirstLineOfItsFile() throws {
    for text in ["geheim", "geheim\n", "geheim\nmore\n"] {
      for mode in [0o600, 0o640, 0o400] {
        try withFile(text, mode: mode) { path in
          let secret = try password(["MQTT_PASS_FILE": path, "MQTT_PASS": "x"])
          #expect(secret?.value == "geheim")
        }
      }
    }
    #expect(try password(["MQTT_PASS": "open sesame"])?.value == "open sesame")
    #expect(try password([:]) == nil)
  }

  @Test func passwordThatOthersCanReadIsRefused() throws {
    for mode in [0o604, 0o602, 0o601, 0o666] {
      try withFile("geheim", mode: mode) { path in
        let failure = #expect(throws: Failure.self) { try password(["MQTT_PASS_FILE": path]) }
        #expect(failure?.subject == path && failure?.exitStatus == .noPermission)
        #expect(failure?.reason.contains("geheim") == false)
      }
    }
    let failure = #expect(throws: Failure.self) { try password(["MQTT_PASS_FILE": "/no/file"]) }
    #expect(failure?.exitStatus == .configuration)
    #expect(failure?.reason == "No such file or directory")
  }

  @Test func passwordIsNeverShown() throws {
    let secret = try #require(try password(["MQTT_PASS": "geheim"]))
    #expect(!"\(secret) \(secret.description) \([secret])".contains("geheim"))
    #expect(!String(reflecting: secret).contains("geheim"))
  }

  @Test func fileIsReadUpToItsLimit() throws {
    let text = String(repeating: "0123456789", count: 20_000)
    try withFile(text) { path in
      let whole = try readFile(path, limit: 200_000, .configuration)
      #expect(whole == Array(text.utf8))
      let failure = #expect(throws: Failure.self) {
        try readFile(path, limit: 199_999, .configuration)
      }
      #expect(failure?.reason == "more than 199999 bytes")
    }
    try withFile("") { path in
      let nothing = try readFile(path, limit: 0, .configuration)
      #expect(nothing == [])
    }
    let failure = #expect(throws: Failure.self) { try readFile("/", limit: 10, .noInput) }
    #expect(failure?.exitStatus == .noInput && failure?.reason == "Is a directory")
  }

  @Test func lackOfPermissionHasAnExitStatusOfItsOwn() {
    #expect(Failure("x", Errno.permissionDenied, .noInput).exitStatus == .noPermission)
    #expect(Failure("x", Errno.notPermitted).exitStatus == .noPermission)
    #expect(Failure("x", Errno.noSuchFileOrDirectory).exitStatus == .ioError)
    #expect(Failure("x", Errno.noSuchFileOrDirectory, .noInput).exitStatus == .noInput)
  }

  @Test func waitTellsWhatHappened() throws {
    let pipe = try FileDescriptor.pipe()
    defer {
      try? pipe.readEnd.close()
      try? pipe.writeEnd.close()
    }
    let both = [Interest.reading(pipe.readEnd), .writing(pipe.writeEnd)]
    #expect(try wait(for: both, until: .now) == [.writing(pipe.writeEnd)])
    #expect(try wait(for: [.reading(pipe.readEnd)], until: .now) == [])
    try pipe.writeEnd.write(all: Array("abc".utf8).span)
    #expect(try wait(for: both) == both)
    var bytes: [UInt8] = []
    try bytes.append(addingCapacity: 2) { room throws(Errno) in try pipe.readEnd.read(into: &room) }
    try bytes.append(addingCapacity: 9) { room throws(Errno) in try pipe.readEnd.read(into: &room) }
    #expect(bytes == Array("abc".utf8))
  }

  @Test func endOfTheInputIsSomethingToRead() throws {
    let pipe = try FileDescriptor.pipe()
    defer { try? pipe.readEnd.close() }
    try pipe.writeEnd.close()
    #expect(try wait(for: [.reading(pipe.readEnd)]) == [.reading(pipe.readEnd)])
    var bytes: [UInt8] = []
    try bytes.append(addingCapacity: 9) { room throws(Errno) in try pipe.readEnd.read(into: &room) }
    #expect(bytes.isEmpty)
  }

  @Test func writeSaysWhatFailed() throws {
    let pipe = try FileDescriptor.pipe()
    try pipe.writeEnd.close()
    defer { try? pipe.readEnd.close() }
    let bytes: [UInt8] = [1]
    let failure = #expect(throws: Failure.self) {
      try pipe.readEnd.write(all: bytes.span, as: "the pipe")
    }
    #expect(failure?.subject == "the pipe" && failure?.exitStatus == .ioError)
  }

  @Test func whatIsLeftIsRoundedUp() {
    #expect(milliseconds(until: .now - .seconds(1)) == 0)
    #expect(milliseconds(until: .now + .seconds(100_000)) == 3_600_000)
    #expect((1...60_001).contains(milliseconds(until: .now + .seconds(60))))
    #expect(milliseconds(until: .now + .seconds(60)) > 1000)
  }
}
