/// What the receiver of a line lost while we read it, over all the times that it was opened.
struct LineFaultCount {
  private(set) var faults = LineFaults()
  /// What the driver had counted when it was last asked; nil where that is none of ours.
  private var last: LineFaults?

  /// Begins to count here: what the driver counted before is none of ours.
  ///
  /// - Parameter now: what the driver has counted; nil where it counts nothing, or the line is gone.
  mutating func begin(_ now: LineFaults?) { last = now }

  /// Adds what the driver has counted since it was last asked.
  ///
  /// - Parameter now: as above.
  mutating func add(_ now: LineFaults?) {
    guard let last, let now else { return }
    faults.add(from: last, to: now)
    self.last = now
  }
}
