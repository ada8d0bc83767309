import CommandLine
import DequeModule
import Records
import SystemPackage

/// Standard output for received records. Each write has whole records, and no write blocks: what the reader
/// does not take yet is kept here.
struct RecordOutput {
  /// Nil for a file, to which a write may block as long as the disk needs.
  private let output: NonblockingOutput?
  private let isPipe: Bool
  /// The most bytes that are written as a whole.
  private let writeSize: Int
  /// What is to be written, one piece per write.
  private var pieces: Deque<[UInt8]> = []
  /// How much of the first piece is written.
  private var writtenCount = 0
  private var isFirst = true

  init() {
    let descriptor = FileDescriptor.standardOutput
    descriptor.enlargePipe()
    output = NonblockingOutput(descriptor)
    isPipe = (try? descriptor.stat().type) == .fifo
    writeSize = descriptor.wholeWriteSize
  }

  var isPending: Bool { !pieces.isEmpty }

  mutating func add(_ record: Record) {
    let lineFeed = UInt8(ascii: "\n")
    var text = record.text + [lineFeed]
    // An earlier process may have been killed in the middle of a record that it wrote into the same
    // pipe. Two line feeds end that record.
    if isFirst, isPipe { text = [lineFeed, lineFeed] + text }
    isFirst = false
    let isNew = pieces.isEmpty || pieces.count == 1 && writtenCount > 0
    if !isNew, pieces[pieces.count - 1].count + text.count <= writeSize {
      pieces[pieces.count - 1] += text
    } else {
      pieces.append(text)
    }
  }

  /// Writes as much as the output takes.
  ///
  /// - Throws: `Failure`; an error that ends the process quietly if the reader has gone.
  mutating func flush() throws {
    while let piece = pieces.first {
      guard let output else {
        try FileDescriptor.standardOutput.write(all: piece.span)
        pieces.removeFirst()
        continue
      }
      let count = try output.write(piece.span.extracting(writtenCount...))
      writtenCount += count
      if writtenCount == piece.count {
        pieces.removeFirst()
        writtenCount = 0
      } else if count == 0 {
        return
      }
    }
  }

  /// Whether something is left to be written, or the output takes nothing more.
  func isBlocked() throws -> Bool {
    guard let output else { return false }
    return try isPending || wait(for: [.writing(output.descriptor)], until: .now).isEmpty
  }

  /// What to wait for: room in the output, or the end of the reader.
  func interests(isBlocked: Bool) -> [Interest] {
    guard let output else { return [] }
    if isBlocked { return [.writing(output.descriptor)] }
    // The writing end of a pipe is readable only when the reader has gone.
    return isPipe ? [.reading(output.descriptor)] : []
  }

  /// Whether the reader has gone.
  func isAbandoned(_ happened: [Interest]) -> Bool {
    guard let output, isPipe else { return false }
    return happened.contains(.reading(output.descriptor))
  }

  /// Writes the rest, as far as the reader takes it in time.
  mutating func close(within limit: Duration) throws {
    let deadline = ContinuousClock.now + limit
    try flush()
    while let output, isPending, .now < deadline {
      _ = try wait(for: [.writing(output.descriptor)], until: deadline)
      try flush()
    }
  }

  /// Restores the descriptor.
  func leave() { output?.leave() }
}
