import CommandLine
import Encryption
import Records
import TestValues
import Testing

@testable import DLMS
@testable import Telegrams

/// Encrypted messages, with each security control, in each kind of frame.
@Suite struct EncryptedPushTests {
  private static let key = "404142434445464748494A4B4C4D4E4F"
  private static let authenticationKey = "606162636465666768696A6B6C6D6E6F"
  private static let title = SystemTitle(value: 0x4B46_4D67_5000_0001)

  /// An encrypted frame, general-glo-ciphering.
  private func frame(_ plain: [UInt8], control: UInt8) throws -> [UInt8] {
    let key = try #require(MeterKey(hexadecimal: EncryptedPushTests.key))
    let vector = InitializationVector(title: EncryptedPushTests.title, counter: 0x0102_0304)
    let other = try #require(MeterKey(hexadecimal: EncryptedPushTests.authenticationKey))
    let tag = try key.tag(of: plain, vector, control: control, authenticationKey: other)
    return FrameBuilder.encrypted(
      title: Array("KFMgP\0\0\u{1}".utf8), control: control, counter: 0x0102_0304,
      cipherText: try key.applyKeystream(to: plain, vector), tag: control & 0x10 != 0 ? tag : [])
  }

  private func keys(_ key: String, _ authenticationKey: String) throws -> MeterKeys {
    MeterKeys(
      encryption: try KeyFile("\(key)\n".utf8Bytes, path: "keys"),
      authentication: try KeyFile("\(authenticationKey)\n".utf8Bytes, path: "others"))
  }

  @Test(arguments: [0x20, 0x21, 0x30, 0x31] as [UInt8]) func eachSecurityControl(_ control: UInt8)
    throws
  {
    let message = try frame(SampleList.flat, control: control)
    let keys = try keys(EncryptedPushTests.key, EncryptedPushTests.authenticationKey)
    for frames in [
      FrameBuilder.segments(message, length: 90), FrameBuilder.mbus(message),
      FrameBuilder.blocks(message, length: 77).map { FrameBuilder.hdlc($0) },
    ] {
      var framer = PushFramer()
      let bytes = Array(frames.joined())
      framer.fill(with: bytes.span)
      #expect(framer.next() == .message(message))
      guard case .frame(let frame) = EncryptedFrame.start(of: message.span) else {
        Issue.record("no frame")
        continue
      }
      let plain = try #require(keys.decrypt(frame, in: message))
      #expect(frame.title == EncryptedPushTests.title && frame.counter == 0x0102_0304)
      #expect(plain.text == SampleList.flat && plain.hasRightTag == (control & 0x10 != 0))
    }
  }

  /// A wrong key makes no list, whether or not there is a tag; a wrong authentication key is told by the tag.
  @Test func wrongKeys() throws {
    for control: UInt8 in [0x20, 0x30] {
      let message = try frame(SampleList.flat, control: control)
      guard case .frame(let frame) = EncryptedFrame.start(of: message.span) else {
        Issue.record("no frame")
        continue
      }
      var generator = SeededGenerator(seed: 23)
      for _ in 0..<500 {
        let key = generator.bytes(16...16).map(\.hexadecimal).joined()
        let plain = try keys(key, EncryptedPushTests.authenticationKey).decrypt(frame, in: message)
        #expect(plain?.hasRightTag == false)
        #expect(plain.flatMap { DataNotification($0.text) } == nil)
      }
      let plain = try keys(EncryptedPushTests.key, EncryptedPushTests.key)
        .decrypt(frame, in: message)
      #expect(plain?.text == SampleList.flat && plain?.hasRightTag == false)
      // A frame with more bytes, or fewer, is no frame.
      let right = try keys(EncryptedPushTests.key, EncryptedPushTests.authenticationKey)
      #expect(right.decrypt(frame, in: message + [0]) == nil)
      #expect(right.decrypt(frame, in: message.dropLast()) == nil)
    }
  }
}
