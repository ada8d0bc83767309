import CommandLine
import DLMS
import Encryption
import SystemPackage
import Telegrams

/// Takes in the bytes of a source, makes telegrams of the frames of DLMS meters, decrypts what there are keys for, and
/// finds the telegrams.
struct TelegramFinder {
  private let newFramer: Framer
  private var framer: Framer
  private var translator: PushTranslator
  private var decryptor: Decryptor?
  /// `--raw`: the file that gets the bytes as they arrive.
  private var raw: RawFile?
  /// The bytes of the last read if they are not those of the framer.
  private var received: [UInt8]?
  private var count = 0
  /// Bytes outside telegrams that earlier framers counted.
  private var earlierNoiseCount = 0

  init(
    _ framer: Framer, _ translator: PushTranslator = PushTranslator(),
    _ decryptor: Decryptor? = nil, raw: RawFile? = nil
  ) {
    newFramer = framer
    self.framer = framer
    self.translator = translator
    self.decryptor = decryptor
    self.raw = raw
  }

  /// Whether the bytes of the source may go to the framer at once.
  private var isDirect: Bool { decryptor == nil && raw == nil && !translator.isWaiting }

  // MARK: - Bytes

  /// Reads from a descriptor once.
  ///
  /// - Returns: the number of bytes, 0 at the end; nil if there is nothing to read yet.
  mutating func fill(from descriptor: FileDescriptor) throws(Errno) -> Int? {
    do throws(Errno) {
      if isDirect {
        count = try framer.fill { room throws(Errno) in try descriptor.read(into: &room) }
        translateDirect()
      } else {
        var bytes: [UInt8] = []
        try bytes.append(addingCapacity: 64 * 1024) { room throws(Errno) in
          try descriptor.read(into: &room)
        }
        process(bytes)
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
      translateDirect()
    } else {
      process(piece)
    }
  }

  /// Translates the frames in the bytes that went to the framer at once.
  private mutating func translateDirect() {
    received = nil
    let first = framer.bytes.count - count
    let start = PushFramer.possibleFrameStart(in: framer.bytes.span.extracting(first...))
    guard let start else { return }
    received = Array(newBytes)
    let frames = framer.takeBack(from: first + start)
    var output: [UInt8] = []
    translator.add(frames.span, &decryptor, to: &output)
    framer.fill(with: output.span)
  }

  private mutating func process(_ bytes: [UInt8]) {
    received = bytes
    count = bytes.count
    raw?.append(bytes.span)
    let start = translator.isWaiting ? 0 : PushFramer.possibleFrameStart(in: bytes.span) ?? count
    pass(bytes[..<start])
    guard start < count else { return }
    let frames = bytes[start...]
    var output: [UInt8] = []
    translator.add(frames.span, &decryptor, to: &output)
    pass(output[...])
    // They may be the last ones of an encrypted telegram, which must not wait for the next one.
    if decryptor?.isWaiting == true { pass(translator.takeUncertain()[...]) }
  }

  /// Passes bytes without the frames of DLMS meters on to the framer.
  private mutating func pass(_ bytes: ArraySlice<UInt8>) {
    guard decryptor != nil else { return framer.fill(with: bytes.span) }
    var plain: [UInt8] = []
    decryptor?.add(bytes.span, to: &plain)
    framer.fill(with: plain.span)
  }

  /// The bytes of the last read, as they were received.
  var newBytes: ArraySlice<UInt8> { (received ?? framer.bytes).suffix(count) }

  /// Ends the stream, so that ``next(atEnd:isSourceLost:)`` finds what the last bytes hold.
  ///
  /// - Parameter isLast: whether no other stream follows.
  mutating func finish(isLast: Bool) {
    var output: [UInt8] = []
    translator.finish(isLast: isLast, &decryptor, to: &output)
    pass(output[...])
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

  // MARK: - DLMS

  /// Whether the next bytes may belong to a message of a DLMS meter that has begun.
  var isInMessage: Bool { translator.isWaiting }

  /// Ends the message of a DLMS meter that has begun, as the meter pauses: the next one must not wait for its rest.
  mutating func endMessage() {
    var output: [UInt8] = []
    translator.endMessage(&decryptor, to: &output)
    pass(output[...])
  }

  /// Whether a message of a DLMS meter was found since the last call.
  mutating func takeMessage() -> Bool { translator.takeMessage() }

  mutating func takePushEvents() -> [PushEvent] { translator.takeEvents() }

  /// When a list that waits for the number of its meter becomes a telegram all the same; nil if none waits.
  var listDeadline: ContinuousClock.Instant? { translator.listDeadline }

  /// Lets the lists become telegrams that have waited until an instant.
  ///
  /// - Returns: whether there are any.
  mutating func releaseLists(dueAt now: ContinuousClock.Instant) -> Bool {
    var output: [UInt8] = []
    guard translator.releaseLists(dueAt: now, to: &output) else { return false }
    pass(output[...])
    return true
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
