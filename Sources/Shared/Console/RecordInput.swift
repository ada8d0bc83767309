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

  /// So much is read at once: little beside what a sink may hold.
  private static let pieceSize = 64 * 1024

  public init(messages: Messages, stop: StopSignal, needsTimestamp: Bool) {
    self.messages = messages
    self.stop = stop
    self.needsTimestamp = needsTimestamp
    FileDescriptor.standardInput.enlargePipe()
  }

  /// What to wait for: more input, if it is wanted, and a signal, until one came.
  public mutating func interests(wantsMore: Bool) -> [Interest] {
    self.wantsMore = wantsMore
    return (wantsMore && !isEnded ? [.reading(.standardInput)] : [])
      + (isAsked ? [] : [.reading(stop.descriptor)])
  }

  /// When to wait no longer: asked to stop, it takes what the pipe still holds, and no more.
  public var deadline: ContinuousClock.Instant? {
    isAsked && wantsMore && !isEnded ? .now : nil
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
    if happened.contains(.reading(.standardInput)) {
      try readPiece(handle)
    } else if isAsked, wantsMore {
      leave()
    }
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
    isEnded = piece.isEmpty
    try take(piece.span, handle)
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
