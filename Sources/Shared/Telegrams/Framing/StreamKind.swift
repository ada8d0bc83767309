import Metrics
import Records

/// What a stream without telegrams looks like, by its first bytes: a person who redirected the wrong
/// file, or whose meter sends something else, is told so.
public enum StreamKind: Equatable, Sendable {
  /// General-glo-ciphering frames (0xDB), as meters in Luxembourg and Austria send them.
  case encryptedTelegrams
  /// HDLC frames (0x7E) with DLMS inside, which some meters send by the same socket.
  case dlms
  /// M-Bus long frames (0x68 L L 0x68).
  case mbus
  case compressed(by: String)
  case image(String)
  /// Records, as p1parse writes them.
  case records
  /// Lines of telegrams, without a first line that begins with `/`.
  case telegramLines
  case text
  /// Bytes of which nearly all are above 0x7F: what a wrong baud rate or an inverted signal make.
  case misreadLine
  case binary
  case empty

  /// So many bytes are enough to tell.
  public static let length = 1024

  /// - Parameter bytes: the first bytes of the stream; those behind ``length`` are not looked at.
  public init(_ bytes: Span<UInt8>) {
    let first = bytes.extracting(first: StreamKind.length)
    self = StreamKind.signature(of: first) ?? StreamKind.frame(in: first) ?? StreamKind.text(first)
  }

  // MARK: - By a signature at the beginning

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

  // MARK: - By a frame anywhere, as a reader of a line may begin in the middle of one

  private static func frame(in bytes: Span<UInt8>) -> StreamKind? {
    for index in bytes.indices {
      let rest = bytes.extracting(index...)
      switch bytes[index] {
      case 0xDB where isCiphered(rest): return .encryptedTelegrams
      // ISO/IEC 13239: the format of an HDLC frame is type 3, so its highest four bits are 0xA.
      case 0x7E where rest.count > 1 && rest[1] & 0xF0 == 0xA0: return .dlms
      // EN 13757-2: a long frame says its length twice; then comes what the frame is for.
      case 0x68
      where rest.count > 4 && rest[1] == rest[2] && rest[3] == 0x68
        && [0x08, 0x53, 0x73].contains(rest[4]):
        return .mbus
      default: continue
      }
    }
    return nil
  }

  /// Whether the tag is followed by a title of eight bytes, a length, and a security control that says
  /// encrypted.
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

  // MARK: - By its characters

  private static func text(_ bytes: Span<UInt8>) -> StreamKind {
    if bytes.count == 0 { return .empty }
    let highCount = bytes.indices.count { bytes[$0] > 0x7F }
    if highCount * 4 > bytes.count * 3 { return .misreadLine }
    let isText = bytes.indices.allSatisfy { bytes[$0] >= 0x20 || (0x09...0x0D).contains(bytes[$0]) }
    guard isText else { return .binary }
    if hasLine(bytes, isRecordLine) { return .records }
    return hasLine(bytes, isTelegramLine) ? .telegramLines : .text
  }

  /// Whether one of the lines fulfils a condition.
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
  /// As a message says it, with what to do where something can be done.
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
