import CommandLine
import Records
import Telegrams

/// The keys of a file: a line for each meter, `SYSTEM-TITLE KEY`, or a key alone, for all other meters.
///
/// Blanks, colons and dashes between the digits are ignored, as letters of grid operators have them. A line that begins
/// with `#` is a comment.
public struct KeyFile: Sendable {
  private var keys: [SystemTitle?: MeterKey] = [:]

  public init() {}

  /// - Parameters:
  ///   - text: the contents of the file.
  ///   - path: its path, for messages.
  /// - Throws: `Failure` for a line that is neither; it shows nothing of the line.
  public init(_ text: [UInt8], path: String) throws {
    let isMarked = text.starts(with: "\u{FEFF}".utf8)
    for (index, line) in text.dropFirst(isMarked ? 3 : 0).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    )
    .enumerated() {
      func failure(_ reason: String) -> Failure {
        Failure("\(path):\(index + 1)", reason, .configuration)
      }
      let characters = line.filter { !KeyFile.separators.contains($0) }
      guard let first = characters.first, first != UInt8(ascii: "#") else { continue }
      guard characters.allSatisfy({ $0.hexadecimalDigit != nil }) else {
        throw failure("a key has only hexadecimal digits, 0 to 9 and A to F")
      }
      let bytes = [UInt8](hexadecimal: characters) ?? []
      let titleLength = max(0, bytes.count - MeterKey.length)
      guard bytes.count >= MeterKey.length, titleLength == 0 || titleLength == SystemTitle.length
      else {
        throw failure(
          "\(characters.count) hexadecimal digits; a key has 32, and a system title before it 16")
      }
      // The digits of each may be in groups.
      let firstGroup = line.split(whereSeparator: KeyFile.separators.contains).first ?? []
      guard titleLength == 0 || firstGroup.count <= 2 * SystemTitle.length else {
        throw failure("a key before a system title; write the system title first")
      }
      let title = titleLength == 0 ? nil : SystemTitle(bytes.span.extracting(first: titleLength))
      guard keys.updateValue(MeterKey(Array(bytes[titleLength...])), forKey: title) == nil else {
        throw failure(
          title == nil
            ? "a second key without system title; write that of its meter before each key"
            : "a second key for the same system title; remove one")
      }
    }
    guard !keys.isEmpty else {
      throw Failure(path, "it has no key; write the key of the meter there", .configuration)
    }
  }

  private static let separators = Array(" \t\r:-".utf8)

  /// The key of a meter; nil if the file has none for it.
  func key(of title: SystemTitle) -> MeterKey? { keys[title] ?? keys[nil] }
}
