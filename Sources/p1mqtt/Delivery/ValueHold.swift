/// Whether values wait, in a connection to the broker: for changes of sensors in Home Assistant, or for announcements of
/// earlier runs.
struct ValueHold {
  /// How many changes of sensors the broker has not acknowledged.
  private var changeCount = 0
  /// Whether announcements of earlier runs may still come.
  private(set) var isSynchronizing = false
  /// Until when values wait, without an event that ends it.
  private(set) var deadline: ContinuousClock.Instant?
  /// Since when values wait.
  private var start: ContinuousClock.Instant?

  /// Values do not wait for sensors that come and go all the time.
  private static let longestTime = Duration.seconds(10)
  /// How long announcements of earlier runs may take to come.
  private static let synchronizationTime = Duration.seconds(5)

  init() {}

  /// - Parameter isSynchronizing: whether announcements of earlier runs will come.
  init(isSynchronizing: Bool, at now: ContinuousClock.Instant) {
    self.isSynchronizing = isSynchronizing
    deadline = isSynchronizing ? now + ValueHold.synchronizationTime : nil
  }

  /// Ends the wait at its deadline.
  mutating func advance(at now: ContinuousClock.Instant) {
    if let deadline, now >= deadline { end() }
  }

  /// Announcements of earlier runs have come, or the broker sends none.
  mutating func endSynchronization() {
    if isSynchronizing { end() }
  }

  private mutating func end() {
    isSynchronizing = false
    deadline = nil
  }

  /// A change of sensors was sent.
  mutating func noteChange() { changeCount += 1 }

  /// The broker has acknowledged or rejected a change of sensors.
  mutating func noteAnswer(at now: ContinuousClock.Instant) {
    guard changeCount > 0 else { return }
    changeCount -= 1
    deadline = now + Discovery.busyTime
  }

  /// Whether values wait now.
  ///
  /// - Parameter isPostponing: whether changes of sensors are still to be sent.
  mutating func isInForce(isPostponing: Bool, at now: ContinuousClock.Instant) -> Bool {
    guard changeCount > 0 || deadline != nil || isPostponing else {
      start = nil
      return false
    }
    let start = start ?? now
    self.start = start
    return now < start + ValueHold.longestTime
  }
}
