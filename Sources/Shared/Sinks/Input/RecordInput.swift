import CommandLine
import Records
import SystemPackage

/// The standard input of a sink: records, until the end of the input or a signal.
public struct RecordInput {
  /// Whether nothing more will come.
  public private(set) var isEnded = false
  /// Why it could not be read to its end; nil where it could.
  public private(set) var failure: Failure?

  private let messages: Messages
  private let stopSignal: StopSignal
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
  /// Since when the pipe holds so much of a record, and no more; nil where it holds whole ones.
  private var half: (count: Int, since: ContinuousClock.Instant)?
  /// When to look for the rest of it.
  private var restDue: ContinuousClock.Instant?

  /// So much is read at once: little beside what a sink may hold.
  private static let pieceSize = 64 * 1024
  /// The rest of a record is looked for so soon, and then not quite so often.
  private static let patience = Duration.milliseconds(20)...(.milliseconds(200))
  /// What does not become a whole record for so long is taken out of a small pipe all the same: there
  /// may be no room for the rest.
  private static let longestPatience = Duration.seconds(5)

  /// - Parameters:
  ///   - messages: where what is refused is said.
  ///   - stop: what asks to stop.
  ///   - needsTimestamp: whether records without a timestamp are refused.
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
  public var isAskedToStop: Bool { isAsked }

  /// What to wait for: more input, if it is wanted, and a signal, until one came.
  public mutating func interests(wantsMore: Bool) -> [Interest] {
    self.wantsMore = wantsMore
    return (wantsMore && !isEnded && restDue == nil ? [.reading(.standardInput)] : [])
      + (isAsked ? [] : [.reading(stopSignal.descriptor)])
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
  /// - Throws: what `handle` throws.
  public mutating func read(
    _ happened: [Interest], _ handle: (Record) throws -> Void
  ) throws {
    if happened.contains(.reading(stopSignal.descriptor)) {
      isAsked = true
      // A file stays as it is.
      if isFile { return stop() }
      // The rest may have come meanwhile.
      if restDue != nil { restDue = .now }
    }
    let isRestDue = wantsMore && restDue.map { .now >= $0 } ?? false
    if happened.contains(.reading(.standardInput)) || isRestDue {
      try pipe.map { try peekPiece($0, handle) } ?? readPiece(handle)
    } else if isAsked, wantsMore {
      leave()
    }
  }

  /// Reads no more: what is left in the input is for others.
  public mutating func stop() {
    isEnded = true
    reader = RecordReader()
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
      return fail(error)
    }
    try digest(piece.span, handle)
  }

  /// Reads what the pipe holds of whole records, and leaves it there.
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
      guard takesHalf(piece.count, of: pipe) else { return }
      whole = piece.count
    }
    half = nil
    restDue = nil
    unreleased = whole
    try digest(piece.span.extracting(..<whole), handle)
  }

  /// Whether half a record is taken out of the pipe: else it stays there until the rest comes, so that
  /// who reads on after a kill finds all of it.
  private mutating func takesHalf(_ count: Int, of pipe: PeekedPipe) -> Bool {
    let now = ContinuousClock.now
    if half?.count != count { half = (count, now) }
    let waited = half.map { now - $0.since } ?? .zero
    let isStuck = waited >= RecordInput.longestPatience && pipe.mayBeFull(with: count)
    if count == RecordInput.pieceSize || pipe.isAbandoned || isStuck { return true }
    let patience = RecordInput.patience
    restDue = now + min(max(patience.lowerBound, waited), patience.upperBound)
    return false
  }

  /// Takes what was read, or the end, which is an empty piece.
  private mutating func digest(_ piece: Span<UInt8>, _ handle: (Record) throws -> Void) throws {
    isEnded = piece.count == 0
    byteCount += piece.count
    try take(piece, handle)
    if !isEnded { StartupCode.unmapAfterStart() }
    if isAsked, !isEnded {
      readable -= piece.count
      if readable <= 0 { leave() }
    }
  }

  /// Reads no more, though the input may go on: its writer may be in the middle of a record, half a
  /// line of which could pass for a whole one.
  private mutating func leave() {
    guard !isEnded else { return }
    isEnded = true
    if !reader.isBetweenRecords { refuse("a record that is not whole") }
  }

  /// The input cannot be read: that is its end, for what came before is not lost with it.
  private mutating func fail(_ errno: Errno) {
    failure = Failure("standard input", errno)
    leave()
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
