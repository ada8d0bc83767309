import Records
import Telegrams
import TestValues

@testable import Encryption

/// A meter that encrypts its telegrams, with each way to write a frame.
struct EncryptedMeter {
  static let key = MeterKey((0x40..<0x50).map { UInt8($0) })
  static let otherKey = MeterKey((0x70..<0x80).map { UInt8($0) })

  var title = SystemTitle(value: 0x5453_5450_3100_0007)
  var key = EncryptedMeter.key
  var authenticationKey = MeterKey.luxembourg
  var control: UInt8 = 0x30
  var hasTitle = true

  func frame(_ text: String, counter: UInt32 = 1) throws -> [UInt8] {
    let title = hasTitle ? title : .none
    let vector = InitializationVector(title: title, counter: counter)
    let plain = Array(text.utf8)
    var content = [control] + counter.bigEndianBytes + (try key.applyKeystream(to: plain, vector))
    if control & 0x10 != 0 {
      content += try key.tag(
        of: plain, vector, control: control, authenticationKey: authenticationKey)
    }
    let start = hasTitle ? [0xDB, 8] + title.value.bigEndianBytes : [0]
    return start + EncryptedMeter.length(content.count) + content
  }

  static func length(_ count: Int) -> [UInt8] {
    switch count {
    case ..<0x80: [UInt8(count)]
    case ..<0x100: [0x81, UInt8(count)]
    default: [0x82] + UInt16(count).bigEndianBytes
    }
  }

  /// A telegram of which only the lines between the blank line and the checksum are encrypted.
  func polishTelegram(_ number: Int, counter: UInt32 = 1) throws -> [UInt8] {
    let telegram = SampleTelegram.numbered(number)
    let parts = telegram.split(separator: "\r\n\r\n", maxSplits: 1)
    let body = String(parts[1].prefix { $0 != "!" })
    let sent = Array("\(parts[0])\r\n\r\n".utf8) + (try frame(body, counter: counter)) + [0x21]
    let checksum = String(SampleTelegram.checksum(sent), radix: 16, uppercase: true)
    let digits = String(repeating: "0", count: 4 - checksum.count) + checksum
    return sent + Array("\(digits)\r\n".utf8)
  }
}

extension Decryptor {
  /// A decryptor with these lines in the files of keys.
  static func with(
    _ keys: String, authentication: String? = nil, _ policy: DecryptionPolicy = DecryptionPolicy()
  ) throws -> Decryptor {
    let keys = try KeyFile(Array(keys.utf8), path: "keys")
    let others = try authentication.map { try KeyFile(Array($0.utf8), path: "others") } ?? KeyFile()
    return Decryptor(MeterKeys(encryption: keys, authentication: others), policy)
  }

  /// What comes out for bytes that arrive in pieces of a size.
  mutating func output(of bytes: [UInt8], by size: Int? = nil) -> String {
    var output: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: size ?? max(1, bytes.count)) {
      add(bytes[start..<min(start + (size ?? bytes.count), bytes.count)].span, to: &output)
    }
    finish(isLast: true, to: &output)
    return String(decoding: output, as: UTF8.self)
  }
}
