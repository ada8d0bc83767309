import Metrics
import Records

/// What a stream without telegrams holds, guessed from its first bytes, so that a message can say
/// that the wrong file was read or that the meter sends another protocol.
public enum StreamKind: Equatable, Sendable {
  /// DLMS general-glo-ciphering frames (0xDB), which meters in Luxembourg and Austria send.
  case encryptedTelegrams
  /// HDLC frames (0x7E) with DLMS, which some meters send on the P1 port.
  case dlms
  /// M-Bus long frames (0x68 L L 0x68).
  case mbus
  case compressed(by: String)
  case image(String)
  case records
  /// Lines of telegrams, without the first line, which begins with `/`.
  case telegramLines
  case text
  /// Most bytes are above 0x7F, as with a wrong baud rate or an inverted signal.
  case misreadLine
  case binary
  case empty

  /// The number of bytes that ``init(_:)`` reads at most.
  public static let length = 1024

  /// - Parameter bytes: the first bytes of the stream.
  public init(_ bytes: Span<UInt8>) {
    let first = bytes.extracting(first: StreamKind.length)
    self = StreamKind.signature(of: first) ?? StreamKind.frame(in: first) ?? StreamKind.text(first)
  }

  // MARK: - Signature at the beginning

  private static let signatures: [(bytes: [UInt8], kind: StreamKind)] = [
    ([0x1F, 0x8B], .compressed(by: "gzip")), ([0x28, 0xB5, 0x2F, 0xFD], .compressed(by: "zstd")),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], .compressed(by: "xz")),
    ([0x42, 0x5A, 0x68], .compressed(by: "bzip2")),
    ([0x50, 0x4B, 0x03, 0x04], .compressed(by: "zip")),
    ([0xFF, 0xD8, 0xFF], .image("JPEG")), ([0x89, 0x50, 0x4E, 0x47], .image("PNG")),
    ([0x47, 0x49, 0x46, 0x38], .image("GIF")),
  ]

  private static func signature(of bytes: Span<UInt8>) -> StreamKind? {
    signatures.first { signature in
      signature.bytes.count <= bytes.count
        && signature.bytes.indices.allSatisfy { bytes[$0] == signature.bytes[$0] }
    }?.kind
  }

  // MARK: - Frame anywhere, as reading a serial line may begin in the middle of one

  private static func frame(in bytes: Span<UInt8>) -> StreamKind? {
    for index in bytes.indices {
      let rest = bytes.extracting(index...)
      switch bytes[index] {
      case 0xDB where isCiphered(rest): return .encryptedTelegrams
      // ISO/IEC 13239: the format of an HDLC frame is type 3, so its highest four bits are 0xA.
      case 0x7E where rest.count > 1 && rest[1] & 0xF0 == 0xA0: return .dlms
      // EN 13757-2: a long frame has its length twice, a second start byte, then the control field.
      case 0x68
      where rest.count > 4 && rest[1] == rest[2] && rest[3] == 0x68
        && [0x08, 0x53, 0x73].contains(rest[4]):
        return .mbus
      default: continue
      }
    }
    return nil
  }

  /// Whether the tag is followed by a system title of eight bytes, a length, and a security control
  /// byte with the encryption bit.
  private static func isCiphered(_ frame: Span<UInt8>) -> Bool {
    guard frame.count > 13, frame[1] == 8 else { return false }
    let control =
      switch frame[10] {
      case 0x82: frame[13]
      case 0x81: frame[12]
      default: frame[11]
      }
    return control & 0xEF == 0x20
  }

  // MARK: - Characters

  private static func text(_ bytes: Span<UInt8>) -> StreamKind {
    if bytes.count == 0 { return .empty }
    let highCount = bytes.indices.count { bytes[$0] > 0x7F }
    if highCount * 4 > bytes.count * 3 { return .misreadLine }
    let isText = bytes.indices.allSatisfy { bytes[$0] >= 0x20 || (0x09...0x0D).contains(bytes[$0]) }
    guard isText else { return .binary }
    if hasLine(bytes, isRecordLine) { return .records }
    return hasLine(bytes, isTelegramLine) ? .telegramLines : .text
  }

  private static func hasLine(_ bytes: Span<UInt8>, _ condition: (Span<UInt8>) -> Bool) -> Bool {
    var start = 0
    while start < bytes.count {
      let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? bytes.count
      if condition(bytes.extracting(start..<end)) { return true }
      start = end + 1
    }
    return false
  }

  private static func isRecordLine(_ line: Span<UInt8>) -> Bool {
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return false }
    return RecordKey.timestamp.matches(line.extracting(..<equals))
      && line.count > equals + 1
  }

  private static func isTelegramLine(_ line: Span<UInt8>) -> Bool {
    guard let bracket = line.firstIndex(of: UInt8(ascii: "(")) else { return false }
    let code = OBISCode(line.extracting(..<bracket))
    return code != nil
  }
}

extension StreamKind: CustomStringConvertible {
  /// For a message: what it is and, if possible, what to do.
  public var description: String {
    switch self {
    case .encryptedTelegrams: "encrypted telegrams; decrypt them with the key of the meter first"
    case .dlms: "DLMS frames, which are not telegrams of a P1 port"
    case .mbus: "M-Bus frames, which are not telegrams of a P1 port"
    case .compressed(let program): "a file compressed by \(program); decompress it first"
    case .image(let format): "a \(format) image"
    case .records: "records, as p1parse writes them"
    case .telegramLines: "lines of a telegram, without its first line"
    case .text: "text"
    case .misreadLine: "a line read with a wrong baud rate or an inverted signal"
    case .binary: "binary data"
    case .empty: "nothing"
    }
  }
}
