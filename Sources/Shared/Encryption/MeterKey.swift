import Crypto
import Records
import Telegrams

/// A key of a meter, with AES-128-GCM (NIST SP 800-38D) as DLMS uses it. No message shows it.
public struct MeterKey: Equatable, Sendable, CustomStringConvertible {
  private let key: SymmetricKey

  /// In bytes.
  public static let length = 16

  /// The authentication key of all meters in Luxembourg, which is public.
  public static let luxembourg = MeterKey((0...15).map { UInt8($0 * 0x11) })

  /// - Parameter bytes: sixteen bytes.
  public init(_ bytes: [UInt8]) {
    precondition(bytes.count == MeterKey.length)
    key = SymmetricKey(data: bytes)
  }

  /// - Parameter text: 32 hexadecimal digits; nil for anything else.
  public init?(hexadecimal text: String) {
    guard let bytes = [UInt8](hexadecimal: text.utf8), bytes.count == MeterKey.length else {
      return nil
    }
    self.init(bytes)
  }

  public var description: String { "(secret)" }

  /// Encrypts a plain text, or decrypts a cipher text: in GCM both are XOR with the same keystream, so the beginning of a
  /// text gives the beginning of the other. `AES.GCM.open` needs a tag of 16 bytes; DLMS sends 12, or none.
  public func applyKeystream(
    to text: some Sequence<UInt8>, _ vector: InitializationVector
  ) throws -> [UInt8] {
    Array(try seal(Array(text), vector, authenticating: []).ciphertext)
  }

  /// The tag of a frame.
  ///
  /// - Parameters:
  ///   - plainText: the decrypted text.
  ///   - control: the security control byte.
  ///   - authenticationKey: another key of the meter, which the tag also depends on.
  public func tag(
    of plainText: [UInt8], _ vector: InitializationVector, control: UInt8,
    authenticationKey: MeterKey
  ) throws -> [UInt8] {
    let data = unsafe authenticationKey.key.withUnsafeBytes { unsafe Array($0) }
    let box = try seal(plainText, vector, authenticating: [control] + data)
    return Array(box.tag.prefix(EncryptedFrame.tagLength))
  }

  private func seal(
    _ text: [UInt8], _ vector: InitializationVector, authenticating data: [UInt8]
  ) throws -> AES.GCM.SealedBox {
    try AES.GCM.seal(
      text, using: key, nonce: AES.GCM.Nonce(data: vector.bytes), authenticating: data)
  }
}

/// What makes a frame unique among all with the same key.
public struct InitializationVector {
  let title: SystemTitle
  let counter: UInt32

  public init(title: SystemTitle, counter: UInt32) {
    self.title = title
    self.counter = counter
  }

  var bytes: [UInt8] { title.value.bigEndianBytes + counter.bigEndianBytes }
}

extension FixedWidthInteger {
  /// Its bytes, the most significant one first.
  var bigEndianBytes: [UInt8] {
    stride(from: Self.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: self >> $0)
    }
  }
}

extension [UInt8] {
  /// The bytes of an even number of hexadecimal digits; nil for anything else.
  init?(hexadecimal text: some Sequence<UInt8>) {
    let characters = Array(text)
    let digits = characters.compactMap(\.hexadecimalDigit)
    guard digits.count == characters.count, digits.count.isMultiple(of: 2) else { return nil }
    self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
