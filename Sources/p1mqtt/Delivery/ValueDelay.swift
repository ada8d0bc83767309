import CommandLine

/// Whether values wait, in a connection to the broker: for changes of sensors in Home Assistant, or for announcements of
/// earlier runs.
struct ValueDelay {
  /// How many changes of sensors the broker has not acknowledged.
  private var changeCount = 0
  /// Until when announcements of earlier runs may come; nil once they have.
  private var synchronizationEnd: ContinuousClock.Instant?
  /// Until when Home Assistant is busy with the changes that the broker has acknowledged.
  private var busyEnd: ContinuousClock.Instant?
  /// Since when values wait.
  private var start: ContinuousClock.Instant?

  /// Values do not wait for sensors that come and go all the time.
  private static let longestTime = Duration.seconds(10)
  /// How long announcements of earlier runs may take to come.
  private static let synchronizationTime = Duration.seconds(5)

  init() {}

  /// - Parameter isSynchronizing: whether announcements of earlier runs will come.
  init(isSynchronizing: Bool, at now: ContinuousClock.Instant) {
    synchronizationEnd = isSynchronizing ? now + ValueDelay.synchronizationTime : nil
  }

  /// Whether announcements of earlier runs may still come.
  var isSynchronizing: Bool { synchronizationEnd != nil }

  /// When a wait ends without an event.
  var deadline: ContinuousClock.Instant? { earliest(synchronizationEnd, busyEnd) }

  /// Ends the waits that are over.
  mutating func advance(at now: ContinuousClock.Instant) {
    if let end = synchronizationEnd, now >= end { synchronizationEnd = nil }
    if let end = busyEnd, now >= end { busyEnd = nil }
  }

  /// Announcements of earlier runs have come, or the broker sends none.
  mutating func endSynchronization() { synchronizationEnd = nil }

  /// A change of sensors was sent.
  mutating func noteChange() { changeCount += 1 }

  /// The broker has acknowledged or rejected a change of sensors.
  mutating func noteAnswer(at now: ContinuousClock.Instant) {
    guard changeCount > 0 else { return }
    changeCount -= 1
    busyEnd = now + Discovery.busyTime
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
    return now < start + ValueDelay.longestTime
  }
}
