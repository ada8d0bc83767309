import Console
import Glibc
import SystemPackage

/// A serial line with a meter at its end: taken exclusively, raw, set as the meter sends.
struct SerialLine: Link {
  let name: String
  let isAtHand = true
  /// A meter may be silent for long, and nothing is gained by opening the line again.
  let isGoneWhenSilent = false

  private let settings: SerialLineSettings
  private let messages: Messages
  /// What was opened to see that it is a line, until ``open()`` takes it.
  private var found: FileDescriptor?
  /// The line once it is ours.
  private var descriptor: FileDescriptor?
  /// Looks for the speed where none is set.
  private var search: BaudRateSearch?
  /// The speed that was said to be the one.
  private var saidRate: Int?
  private var hasSaidVain = false
  /// What the receiver had counted when the line was last opened or its speed found, and what of all
  /// before counts.
  private var faultsBefore = LineFaults()
  private var faultsKept = LineFaults()

  /// - Parameters:
  ///   - name: the path of the device.
  ///   - found: the device, just opened.
  ///   - settings: what the line is set to.
  ///   - messages: where the speed is said that was found.
  init(
    _ name: String, _ found: FileDescriptor, _ settings: SerialLineSettings, messages: Messages
  ) {
    self.name = name
    self.settings = settings
    self.messages = messages
    self.found = found
    if settings.baudRate == nil { search = BaudRateSearch(at: .now) }
  }

  // MARK: - Coming and going

  var interests: [Interest] { [] }
  var deadline: ContinuousClock.Instant? { descriptor == nil ? nil : search?.deadline }

  mutating func open() throws -> FileDescriptor? {
    let line = try found ?? FileDescriptor.open(source: name)
    found = nil
    do {
      guard isatty(line.rawValue) == 1 else { throw Failure(name, "not a serial line", .noInput) }
      try take(line)
    } catch {
      try? line.close()
      throw error
    }
    descriptor = line
    try set(line)
    search?.begin(at: .now)
    faultsBefore = LineFaults(of: line) ?? LineFaults()
    return line
  }

  mutating func close() {
    guard let descriptor else { return }
    faultsKept = lineFaults
    // Else a pseudo-terminal would refuse all others from now on.
    _ = ioctl(descriptor.rawValue, UInt(TIOCNXCL))
    try? descriptor.close()
    self.descriptor = nil
  }

  func loss(_ errno: Errno?) -> Failure {
    switch errno {
    case nil, .ioError: Failure(name, "the line was hung up", .ioError)
    case let errno?: Failure(name, errno)
    }
  }

  /// Takes the line for this process alone.
  private func take(_ line: FileDescriptor) throws {
    guard flock(line.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw SerialLine.inUse(name) }
    // Nobody else can open it from here on; root can, and so finds the lock.
    _ = ioctl(line.rawValue, UInt(TIOCEXCL))
  }

  private func set(_ line: FileDescriptor) throws {
    var attributes = termios()
    guard unsafe tcgetattr(line.rawValue, &attributes) == 0 else {
      throw Failure(name, Errno(rawValue: errno))
    }
    settings.apply(to: &attributes, baudRate: settings.baudRate ?? search?.rate)
    guard unsafe tcsetattr(line.rawValue, TCSAFLUSH, &attributes) == 0 else {
      throw Failure(name, Errno(rawValue: errno))
    }
  }

  /// Somebody else reads the line: half of the bytes would be of use to nobody.
  static func inUse(_ name: String) -> Failure {
    Failure(name, "in use by another process", .temporaryFailure)
  }

  // MARK: - The speed

  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    search?.received(bytes, at: now)
  }

  mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool {
    guard let line = descriptor, let deadline = search?.deadline, now >= deadline else {
      return false
    }
    search?.turn(at: now)
    guard let search else { return false }
    messages.say(.info, name, "no telegram; trying \(search.rate) baud")
    if search.vainCount > BaudRateSearch.rates.count, !hasSaidVain {
      hasSaidVain = true
      let rates = BaudRateSearch.rates.map(String.init).joined(separator: " and ")
      messages.say(
        .warning, name,
        "bytes come, but no telegrams, at \(rates) baud: is the signal inverted, or encrypted?")
    }
    try set(line)
    return true
  }

  mutating func telegramCame(at now: ContinuousClock.Instant) {
    if let search, !search.isFound { rateIsFound(search.rate) }
    search?.telegramCame(at: now)
  }

  private mutating func rateIsFound(_ rate: Int) {
    if let descriptor { faultsBefore = LineFaults(of: descriptor) ?? LineFaults() }
    guard rate != saidRate else { return }
    saidRate = rate
    hasSaidVain = false
    messages.say(.notice, name, "telegrams at \(rate) baud")
  }

  // MARK: - What the receiver counts

  var lineFaults: LineFaults {
    // What is damaged at a wrong speed is no fault of the line.
    guard search?.isFound != false, let descriptor, let counted = LineFaults(of: descriptor) else {
      return faultsKept
    }
    return faultsKept + (counted - faultsBefore)
  }

}
