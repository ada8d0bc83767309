import Metrics
import Records

/// What a stream without telegrams holds, guessed from some of its bytes, so that a message can say
/// that the wrong file was read, the signal is inverted or the meter sends another protocol.
public enum StreamKind: Hashable, Sendable {
  /// DLMS general-glo-ciphering frames, which meters in Luxembourg, Austria and Poland send, with telegrams inside;
  /// other meters send them with lists of values, in HDLC or M-Bus frames.
  case encryptedTelegrams(SystemTitle)
  /// HDLC frames (0x7E) with DLMS that is not encrypted.
  case dlms
  /// M-Bus frames, not with encrypted DLMS.
  case mbus
  case compressed(by: String)
  case image(String)
  case records
  /// Lines of telegrams, without the first line, which begins with `/`.
  case telegramLines
  case text
  /// Telegrams read at the right speed through a cable that does not invert the signal.
  case invertedSignal
  /// Characters read at a wrong baud rate, or with an inverted signal and at a wrong baud rate, which
  /// cannot be told apart.
  case misreadLine
  /// Zeros, which a line gives that is read at more than twice its baud rate.
  case zeros
  case binary
  case empty

  /// The number of bytes that ``init(_:)`` reads at most: an encrypted frame and the beginning of the
  /// next one.
  public static let length = 4096

  /// - Parameter bytes: the first bytes of a file, or the last bytes of a line.
  public init(_ bytes: Span<UInt8>) {
    let first = bytes.extracting(first: StreamKind.length)
    self =
      StreamKind.signature(of: first) ?? StreamKind(frameIn: first)
      ?? StreamKind.characters(first)
  }

  /// How surely this kind is told from the bytes, for a line that was read at two speeds, one of them
  /// wrong.
  public var certainty: Int {
    switch self {
    case .encryptedTelegrams, .dlms, .mbus: 5
    case .invertedSignal: 4
    case .compressed, .image, .records, .telegramLines, .text: 3
    case .misreadLine: 2
    case .zeros: 1
    case .binary, .empty: 0
    }
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

  // MARK: - Characters

  private static func characters(_ bytes: Span<UInt8>) -> StreamKind {
    if bytes.count == 0 { return .empty }
    let statistics = CharacterStatistics(bytes)
    if statistics.isTextWithAnyParity { return text(bytes) }
    if InvertedSignal(bytes).isFound { return .invertedSignal }
    if statistics.isZero { return .zeros }
    if statistics.isMostlyHigh { return .misreadLine }
    if bytes.indices.allSatisfy({ bytes[$0].isTextOrHigh }) { return text(bytes) }
    return statistics.isMisread ? .misreadLine : .binary
  }

  /// The kind of text, with or without parity bits.
  private static func text(_ bytes: Span<UInt8>) -> StreamKind {
    let characters = bytes.indices.map { bytes[$0] & 0x7F }
    if hasLine(characters.span, isRecordLine) { return .records }
    return hasLine(characters.span, isTelegramLine) ? .telegramLines : .text
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

/// Which bytes there are, and how often.
private struct CharacterStatistics {
  private var count = 0
  private var counts = [Int](repeating: 0, count: 256)

  init(_ bytes: Span<UInt8>) {
    // An idle line may show 0xFF, and meters in Hungary fill a message with it.
    for index in bytes.indices where bytes[index] != 0xFF {
      counts[Int(bytes[index])] += 1
      count += 1
    }
  }

  private func sum(where condition: (UInt8) -> Bool) -> Int {
    (UInt8.min...UInt8.max).reduce(0) { condition($1) ? $0 + counts[Int($1)] : $0 }
  }

  /// Whether nearly all bytes are characters, with even parity bits or none. Read at a wrong speed, at
  /// least a tenth are not.
  var isTextWithAnyParity: Bool {
    let characterCount = sum {
      ($0 & 0x7F).isTextOrHigh && ($0 < 0x80 || $0.nonzeroBitCount.isMultiple(of: 2))
    }
    return count > 0 && characterCount * 16 >= count * 15
  }

  var isZero: Bool { count > 0 && counts[0] * 16 >= count * 15 }

  var isMostlyHigh: Bool { count == 0 || sum { $0 > 0x7F } * 4 > count * 3 }

  /// Whether some bytes are much more frequent than others, as the characters of a telegram are, and
  /// zero is not one of them.
  ///
  /// The probability that two of the bytes are equal is at least 1/50 for telegrams read at a wrong
  /// speed, and 1/256 for encrypted or compressed data.
  var isMisread: Bool {
    let equalPairs = counts.reduce(0) { $0 + $1 * ($1 - 1) }
    return count >= 64 && counts[0] * 16 <= count && equalPairs * 64 >= count * (count - 1)
  }
}

extension UInt8 {
  fileprivate var isTextOrHigh: Bool {
    self >= 0x20 && self != 0x7F || (0x09...0x0D).contains(self)
  }
}

extension StreamKind: CustomStringConvertible {
  /// For a message: what it is and, if possible, what to do.
  public var description: String {
    switch self {
    case .encryptedTelegrams(let title):
      "encrypted telegrams" + (title == .none ? "" : " with system title \(title)")
        + "; ask the grid operator for the key, and set SER_KEY_FILE of p1cat"
    case .dlms: "DLMS frames; p1cat makes telegrams of the lists in them"
    case .mbus: "M-Bus frames; p1cat reads those with DLMS, wmbusmeters reads others"
    case .compressed(let program): "a file compressed by \(program); decompress it first"
    case .image(let format): "a \(format) image"
    case .records: "records, as p1parse writes them"
    case .telegramLines: "lines of a telegram, without its first line"
    case .text: "text"
    case .invertedSignal: "an inverted signal; use a P1 cable, which inverts it back"
    case .misreadLine:
      "a line read at a wrong baud rate, or an inverted signal; check SER_BAUDRATE and the cable"
    case .zeros: "zeros"
    case .binary: "binary data"
    case .empty: "nothing"
    }
  }
}
