import CommandLine
import Records
import Sinks
import SystemPackage

/// Records on their way to standard output: the points that a server would get, and no server.
struct DryRun {
  private var lines: LineProtocol
  private var intake: Intake
  private var duplicates = DuplicateFilter()
  private var points: [UInt8] = []

  init(_ lines: LineProtocol, _ intake: Intake) {
    self.lines = lines
    self.intake = intake
  }

  /// Prints what the input holds, to its end: all that was there at once in one write.
  ///
  /// - Throws: `Failure`, or a quiet end where nobody reads any more.
  mutating func run(_ input: inout RecordInput) throws {
    while !input.isEnded {
      let interests = input.interests(wantsMore: true)
      try input.read(wait(for: interests, until: input.deadline)) { append(intake.take($0)) }
      if input.isEnded { append(intake.finish()) }
      try FileDescriptor.standardOutput.write(all: points.span)
      points.removeAll(keepingCapacity: true)
    }
  }

  private mutating func append(_ records: [Record]) {
    for record in records where !duplicates.contains(record) { lines.append(record, to: &points) }
  }
}
