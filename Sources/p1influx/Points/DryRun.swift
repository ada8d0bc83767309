import CommandLine
import Records
import Sinks
import SystemPackage

/// `--dry-run`: prints the points that a server would get, and contacts none.
struct DryRun {
  private var lines: LineProtocol
  private var preprocessor: RecordPreprocessor
  private var duplicates = DuplicateFilter()
  private var points: [UInt8] = []

  init(_ lines: LineProtocol, _ preprocessor: RecordPreprocessor) {
    self.lines = lines
    self.preprocessor = preprocessor
  }

  /// Prints the points of the input, to its end, those of each read in one write.
  ///
  /// - Throws: `Failure`; the end of the process, a quiet one, where the reader of the output has gone.
  mutating func run(_ input: inout RecordInput) throws {
    while !input.isEnded {
      let interests = input.interests(wantsMore: true)
      try input.read(wait(for: interests, until: input.deadline)) {
        append(preprocessor.process($0))
      }
      if input.isEnded { append(preprocessor.finish()) }
      try FileDescriptor.standardOutput.write(all: points.span)
      points.removeAll(keepingCapacity: true)
    }
  }

  private mutating func append(_ records: [Record]) {
    for record in records where !duplicates.contains(record) { lines.append(record, to: &points) }
  }
}
