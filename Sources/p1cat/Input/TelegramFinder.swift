import CommandLine
import Encryption
import SystemPackage
import Telegrams

/// Takes in the bytes of a source, decrypts them if there are keys, and finds the telegrams.
struct TelegramFinder {
  private let newFramer: Framer
  private var framer: Framer
  private var decryptor: Decryptor?
  /// `--raw`: the file that gets the bytes as they arrive.
  private var raw: RawFile?
  /// The bytes of the last read if they are not those of the framer.
  private var received: [UInt8] = []
  private var count = 0
  /// Bytes outside telegrams that earlier framers counted.
  private var earlierNoiseCount = 0

  init(_ framer: Framer, _ decryptor: Decryptor? = nil, raw: RawFile? = nil) {
    newFramer = framer
    self.framer = framer
    self.decryptor = decryptor
    self.raw = raw
  }

  private var isDirect: Bool { decryptor == nil && raw == nil }

  // MARK: - Bytes

  /// Reads from a descriptor once.
  ///
  /// - Returns: the number of bytes, 0 at the end; nil if there is nothing to read yet.
  mutating func fill(from descriptor: FileDescriptor) throws(Errno) -> Int? {
    do throws(Errno) {
      if isDirect {
        count = try framer.fill { room throws(Errno) in try descriptor.read(into: &room) }
      } else {
        received.removeAll(keepingCapacity: true)
        try received.append(addingCapacity: 64 * 1024) { room throws(Errno) in
          try descriptor.read(into: &room)
        }
        process()
      }
      return count
    } catch .wouldBlock, .interrupted {
      return nil
    }
  }

  mutating func fill(with piece: [UInt8]) {
    if isDirect {
      framer.fill(with: piece.span)
      count = piece.count
    } else {
      received = piece
      process()
    }
  }

  private mutating func process() {
    count = received.count
    let received = received
    raw?.append(received.span)
    guard decryptor != nil else { return framer.fill(with: received.span) }
    var plain: [UInt8] = []
    decryptor?.add(received.span, to: &plain)
    framer.fill(with: plain.span)
  }

  /// The bytes of the last read, as they were received.
  var newBytes: ArraySlice<UInt8> { (isDirect ? framer.bytes : received).suffix(count) }

  /// Ends the stream, so that ``next(atEnd:isSourceLost:)`` finds what the last bytes hold.
  ///
  /// - Parameter isLast: whether no other stream follows.
  mutating func finish(isLast: Bool) {
    guard decryptor != nil else { return }
    var plain: [UInt8] = []
    decryptor?.finish(isLast: isLast, to: &plain)
    framer.fill(with: plain.span)
  }

  /// Begins anew, as the next bytes do not continue the last ones.
  mutating func restart() {
    earlierNoiseCount += framer.noiseCount
    framer = newFramer
  }

  // MARK: - Telegrams

  /// The bytes that the places of telegrams are in.
  var bytes: [UInt8] { framer.bytes }

  /// The number of bytes outside telegrams.
  var noiseCount: Int { earlierNoiseCount + framer.noiseCount }

  /// The next telegram, or the next defect; nil if more bytes are needed.
  mutating func next(atEnd: Bool, isSourceLost: Bool) -> Framer.Event? {
    framer.next(atEnd: atEnd, isSourceLost: isSourceLost)
  }

  // MARK: - Encryption

  /// The counters of the decryption; nil without keys.
  var decryption: DecryptionStatistics? { decryptor?.statistics }
  /// Why telegrams cannot be decrypted; nil if they can.
  var problem: String? { decryptor?.problem?.description }
  /// Why received bytes are not in the file of `--raw`; nil if they are, or need not be.
  var rawProblem: String? { raw?.problem }

  mutating func takeEvents() -> [DecryptionEvent] { decryptor?.takeEvents() ?? [] }
}
