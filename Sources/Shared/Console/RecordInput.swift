import Records
import SystemPackage

/// The standard input of a sink: records, until the end of the input or a signal.
public struct RecordInput {
  /// Whether nothing more will come.
  public private(set) var isEnded = false

  private let messages: Messages
  private let stop: StopSignal
  /// Whether records without a timestamp are refused.
  private let needsTimestamp: Bool
  private var reader = RecordReader()
  private var isAsked = false
  private var wantsMore = false
  /// How much is read after a signal at most: what a pipe holds, and no endless input.
  private var readable = StopSignal.pipeSize
  private var refusedCount = 0

  /// How many bytes were read from the input so far.
  public private(set) var byteCount = 0

  /// The bytes of the file that the input is; nil where it is none.
  public let fileSize: Int?
  /// Whether the input is a file, which can wait.
  public var isFile: Bool { fileSize != nil }

  /// What leaves the input where it is until ``release()``; nil where nothing does.
  private let pipe: PeekedPipe?
  /// What was read and not yet taken out of the pipe.
  private var unreleased = 0
  /// When the rest of a record is to be there, of which the pipe holds the beginning.
  private var restDue: ContinuousClock.Instant?
  private var restPause = RecordInput.shortestPause
  private var restCount = 0

  /// So much is read at once: little beside what a sink may hold.
  private static let pieceSize = 64 * 1024
  /// Who writes records writes whole ones; for the rest of another one is looked after so long, and
  /// less and less often.
  private static let shortestPause = Duration.milliseconds(20)
  private static let longestPause = Duration.milliseconds(500)

  /// - Parameters:
  ///   - messages: where what is refused is said.
  ///   - stop: what asks to stop.
  ///   - needsTimestamp: whether records without a timestamp are refused.
  ///   - isCareful: whether records stay in the pipe until ``release()``.
  public init(messages: Messages, stop: StopSignal, needsTimestamp: Bool, isCareful: Bool = false) {
    self.messages = messages
    self.stop = stop
    self.needsTimestamp = needsTimestamp
    FileDescriptor.standardInput.enlargePipe()
    pipe = isCareful ? PeekedPipe() : nil
    let status = try? FileDescriptor.standardInput.stat()
    fileSize = status.flatMap { $0.type == .regular ? Int($0.size) : nil }
  }

  /// Whether a signal asked to stop.
  public var isAskedToStop: Bool { isAsked }

  /// What to wait for: more input, if it is wanted, and a signal, until one came.
  public mutating func interests(wantsMore: Bool) -> [Interest] {
    self.wantsMore = wantsMore
    return (wantsMore && !isEnded && restDue == nil ? [.reading(.standardInput)] : [])
      + (isAsked ? [] : [.reading(stop.descriptor)])
  }

  /// When to wait no longer: asked to stop, it takes what the pipe still holds, and no more.
  public var deadline: ContinuousClock.Instant? {
    guard wantsMore, !isEnded else { return nil }
    return isAsked ? .now : restDue
  }

  /// Reads what there is.
  ///
  /// - Parameters:
  ///   - happened: the interests that something happened on.
  ///   - handle: called with each record, in order.
  /// - Throws: `Failure` where the input cannot be read, and what `handle` throws.
  public mutating func read(
    _ happened: [Interest], _ handle: (Record) throws -> Void
  ) throws {
    if happened.contains(.reading(stop.descriptor)) { isAsked = true }
    let isRestDue = wantsMore && restDue.map { .now >= $0 } ?? false
    if happened.contains(.reading(.standardInput)) || isRestDue {
      try pipe.map { try peekPiece($0, handle) } ?? readPiece(handle)
    } else if isAsked, wantsMore {
      leave()
    }
  }

  /// Takes out of the pipe what was read: it is kept elsewhere now.
  public mutating func release() {
    guard unreleased > 0 else { return }
    pipe?.take(unreleased)
    unreleased = 0
  }

  /// Reads to the end and keeps nothing: what a sink does that is not wanted.
  public mutating func drain() throws {
    while !isEnded {
      let interests = self.interests(wantsMore: true)
      try read(wait(for: interests, until: deadline)) { _ in }
    }
  }

  /// Says what was refused, at the end.
  public func report() {
    guard refusedCount > 0 else { return }
    messages.say(.warning, "standard input", "\(counted(refusedCount, "piece")) refused in all")
  }

  private mutating func readPiece(_ handle: (Record) throws -> Void) throws {
    var piece: [UInt8] = []
    do throws(Errno) {
      try piece.append(addingCapacity: RecordInput.pieceSize) { room throws(Errno) in
        try FileDescriptor.standardInput.read(into: &room)
      }
    } catch .interrupted, .wouldBlock {
      return
    } catch {
      throw Failure("standard input", error)
    }
    try digest(piece.span, handle)
  }

  /// Reads what the pipe holds of whole records, and leaves it there.
  private mutating func peekPiece(
    _ pipe: PeekedPipe, _ handle: (Record) throws -> Void
  ) throws {
    // Asked first, so that what is written meanwhile is no reason to take half a record for all.
    let (isAll, count) = (pipe.isLeft, pipe.count)
    let piece: [UInt8]
    do throws(Errno) {
      piece = try pipe.peek(RecordInput.pieceSize)
    } catch .interrupted, .wouldBlock {
      return
    } catch {
      throw Failure("standard input", error)
    }
    var whole = piece.span.endOfRecords
    if whole == 0, !piece.isEmpty {
      // Half a record: the rest follows, unless it is all there will be, or no more can be seen.
      if !isAll, piece.count < RecordInput.pieceSize, piece.count >= count {
        let isNew = piece.count != restCount
        restPause = isNew ? Self.shortestPause : min(restPause * 2, Self.longestPause)
        restDue = .now + restPause
        restCount = piece.count
        return
      }
      whole = piece.count
    }
    restDue = nil
    restCount = 0
    unreleased = whole
    try digest(piece.span.extracting(..<whole), handle)
  }

  /// Takes what was read, or the end, which is an empty piece.
  private mutating func digest(_ piece: Span<UInt8>, _ handle: (Record) throws -> Void) throws {
    isEnded = piece.count == 0
    byteCount += piece.count
    try take(piece, handle)
    if !isEnded { StartMemory.giveBackOnceRunning() }
    if isAsked, !isEnded {
      readable -= piece.count
      if readable <= 0 { leave() }
    }
  }

  /// Reads no more, though the input may go on: its writer may be in the middle of a record, half a
  /// line of which could pass for a whole one.
  private mutating func leave() {
    isEnded = true
    if !reader.isBetweenRecords { refuse("a record that is not whole") }
  }

  /// Takes a piece, or the end, which is an empty one.
  private mutating func take(_ piece: Span<UInt8>, _ handle: (Record) throws -> Void) throws {
    // The reader is out of here for so long, as what it finds changes what is here.
    var reader = RecordReader()
    swap(&reader, &self.reader)
    defer { swap(&reader, &self.reader) }
    if piece.isEmpty {
      try reader.finish { try take($0, handle) }
    } else {
      try reader.read(piece) { try take($0, handle) }
    }
  }

  private mutating func take(
    _ event: RecordReader.Event, _ handle: (Record) throws -> Void
  ) throws {
    switch event {
    case .record(let record) where needsTimestamp && record.timestamp == nil:
      refuse("a record without a timestamp")
    case .record(let record):
      try handle(record)
    case .refused(let line, let reason):
      refuse("line \(line): \(reason)")
    }
  }

  private mutating func refuse(_ reason: String) {
    refusedCount += 1
    messages.say(.warning, "standard input", "refused: \(reason)", repeating: "refused")
  }
}

extension Span<UInt8> {
  /// Behind the last empty line, which ends a record; 0 where there is none.
  fileprivate var endOfRecords: Int {
    var index = count - 1
    while index > 0 {
      if self[index] == UInt8(ascii: "\n") {
        let before = self[index - 1]
        if before == UInt8(ascii: "\n") { return index + 1 }
        if before == UInt8(ascii: "\r"), index > 1, self[index - 2] == UInt8(ascii: "\n") {
          return index + 1
        }
      }
      index -= 1
    }
    return 0
  }
}
