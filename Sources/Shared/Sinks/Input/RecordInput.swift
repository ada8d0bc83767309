import CommandLine
import Records
import SystemPackage

/// The records on standard input, until its end or a signal.
public struct RecordInput {
  public private(set) var isEnded = false
  /// Why the input could not be read to its end; nil where it could.
  public private(set) var failure: Failure?

  private let messages: Messages
  private let stopSignal: StopSignal
  private let needsTimestamp: Bool
  private var reader = RecordReader()
  private var wantsMore = false
  /// The most bytes to read after a signal: the size of a pipe, as the input may be endless.
  private var readable = StopSignal.pipeSize
  private var rejectedCount = 0

  public private(set) var byteCount = 0

  /// The size of the input in bytes; nil where it is no file.
  public let fileSize: Int?
  /// Whether the input is a file, whose reading can be paused.
  public var isFile: Bool { fileSize != nil }

  /// Leaves the input in the pipe until ``release()``; nil where it is taken out as it is read.
  private let pipe: PeekedPipe?
  /// How many bytes were read and not yet taken out of the pipe.
  private var unreleased = 0
  /// The size of an incomplete record in the pipe, and since when it has that size; nil without one.
  private var incomplete: (count: Int, since: ContinuousClock.Instant)?
  /// When to look for the rest of the incomplete record.
  private var restDue: ContinuousClock.Instant?

  /// The most bytes of a read: few compared to the limits of the buffer.
  private static let pieceSize = 64 * 1024
  /// The time between two looks for the rest of a record, which grows within this range.
  private static let restInterval = Duration.milliseconds(20)...(.milliseconds(200))
  /// How long an incomplete record may stay in a pipe that may be too small for the rest of it.
  private static let restTimeout = Duration.seconds(5)

  /// - Parameters:
  ///   - needsTimestamp: whether records without a timestamp are rejected.
  ///   - isCareful: whether records stay in the pipe until ``release()``.
  public init(messages: Messages, stop: StopSignal, needsTimestamp: Bool, isCareful: Bool = false) {
    self.messages = messages
    stopSignal = stop
    self.needsTimestamp = needsTimestamp
    FileDescriptor.standardInput.enlargePipe()
    pipe = isCareful ? PeekedPipe() : nil
    let status = try? FileDescriptor.standardInput.stat()
    fileSize = status.flatMap { $0.type == .regular ? Int($0.size) : nil }
  }

  /// Whether a signal asked to stop.
  public private(set) var isAskedToStop = false

  /// What to wait for: more input, if it is wanted, and the first signal.
  public mutating func interests(wantsMore: Bool) -> [Interest] {
    self.wantsMore = wantsMore
    return (wantsMore && !isEnded && restDue == nil ? [.reading(.standardInput)] : [])
      + (isAskedToStop ? [] : [.reading(stopSignal.descriptor)])
  }

  /// When to call ``read(_:_:)`` even if nothing happened: at once after a signal, as only the rest of the
  /// pipe is read then.
  public var deadline: ContinuousClock.Instant? {
    guard wantsMore, !isEnded else { return nil }
    return isAskedToStop ? .now : restDue
  }

  /// Reads what is available.
  ///
  /// - Parameters:
  ///   - happened: the interests that something happened on.
  ///   - handle: called with each record, in order.
  /// - Throws: what `handle` throws.
  public mutating func read(
    _ happened: [Interest], _ handle: (Record) throws -> Void
  ) throws {
    if happened.contains(.reading(stopSignal.descriptor)) {
      isAskedToStop = true
      // The rest of a file is not lost, and may be long.
      if isFile { return stop() }
      // The rest of the record may have come meanwhile.
      if restDue != nil { restDue = .now }
    }
    let isRestDue = wantsMore && restDue.map { .now >= $0 } ?? false
    if happened.contains(.reading(.standardInput)) || isRestDue {
      try pipe.map { try peekPiece($0, handle) } ?? readPiece(handle)
    } else if isAskedToStop, wantsMore {
      leave()
    }
  }

  /// Ends reading, and leaves the rest of the input where it is.
  public mutating func stop() {
    isEnded = true
    reader = RecordReader()
  }

  /// Takes out of the pipe what was read, as it is in the outbox now.
  public mutating func release() {
    guard unreleased > 0 else { return }
    do throws(Errno) {
      try pipe?.take(unreleased)
    } catch {
      fail(error)
    }
    unreleased = 0
  }

  /// Reads to the end and discards all records.
  public mutating func drain() throws {
    while !isEnded {
      let interests = self.interests(wantsMore: true)
      try read(wait(for: interests, until: deadline)) { _ in }
    }
  }

  /// Logs at the end how many lines and records were rejected.
  public func report() {
    guard rejectedCount > 0 else { return }
    messages.say(.warning, "standard input", "\(counted(rejectedCount, "rejection")) in all")
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
      return fail(error)
    }
    try digest(piece.span, handle)
  }

  /// Reads the whole records in the pipe, and leaves them there.
  private mutating func peekPiece(
    _ pipe: PeekedPipe, _ handle: (Record) throws -> Void
  ) throws {
    let piece: [UInt8]
    do throws(Errno) {
      piece = try pipe.peek(RecordInput.pieceSize)
    } catch .interrupted, .wouldBlock {
      return
    } catch {
      return fail(error)
    }
    var whole = piece.span.endOfRecords
    if whole == 0, !piece.isEmpty {
      guard takesIncomplete(piece.count, of: pipe) else { return }
      whole = piece.count
    }
    incomplete = nil
    restDue = nil
    unreleased = whole
    try digest(piece.span.extracting(..<whole), handle)
  }

  /// Whether an incomplete record is taken out of the pipe. Otherwise it stays there until it is complete,
  /// so that after a kill the next process reads all of it.
  private mutating func takesIncomplete(_ count: Int, of pipe: PeekedPipe) -> Bool {
    let now = ContinuousClock.now
    if incomplete?.count != count { incomplete = (count, now) }
    let waited = incomplete.map { now - $0.since } ?? .zero
    let isStuck = waited >= RecordInput.restTimeout && pipe.mayBeFull(with: count)
    if count == RecordInput.pieceSize || pipe.isAbandoned || isStuck { return true }
    let interval = RecordInput.restInterval
    restDue = now + min(max(interval.lowerBound, waited), interval.upperBound)
    return false
  }

  /// Handles bytes that were read, or the end of the input: an empty piece.
  private mutating func digest(_ piece: Span<UInt8>, _ handle: (Record) throws -> Void) throws {
    isEnded = piece.count == 0
    byteCount += piece.count
    try take(piece, handle)
    if !isEnded { StartupCode.unmapAfterStart() }
    if isAskedToStop, !isEnded {
      readable -= piece.count
      if readable <= 0 { leave() }
    }
  }

  /// Ends reading though the input may go on. A record that its writer has not finished is rejected, as
  /// half a line could look like a whole one.
  private mutating func leave() {
    guard !isEnded else { return }
    isEnded = true
    if !reader.isBetweenRecords { reject("an incomplete record") }
  }

  /// Notes an error of the input, which then counts as ended: the records before it are delivered.
  private mutating func fail(_ errno: Errno) {
    failure = Failure("standard input", errno)
    leave()
  }

  private mutating func take(_ piece: Span<UInt8>, _ handle: (Record) throws -> Void) throws {
    // The reader is moved out meanwhile, as the records that it finds change this struct.
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
      reject("a record without a timestamp")
    case .record(let record):
      try handle(record)
    case .rejected(let line, let reason):
      reject("line \(line): \(reason)")
    }
  }

  private mutating func reject(_ reason: String) {
    rejectedCount += 1
    messages.say(.warning, "standard input", "rejected: \(reason)", repeating: "rejected")
  }
}

extension Span<UInt8> {
  /// The index after the last empty line, which ends a record; 0 where there is none.
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
