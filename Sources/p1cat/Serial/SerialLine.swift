import CommandLine
import Glibc
import SystemPackage

/// A serial line with a meter at its end: taken exclusively, raw, set as the meter sends.
struct SerialLine: MeterConnection {
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
  private var faultCount = SerialErrorCounter()

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
    faultCount.begin(SerialErrors(of: line))
    return line
  }

  mutating func close() {
    guard let descriptor else { return }
    // Else a pseudo-terminal would refuse all others from now on.
    _ = ioctl(descriptor.rawValue, UInt(TIOCNXCL))
    try? descriptor.close()
    self.descriptor = nil
  }

  func loss(_ errno: Errno?) -> DisconnectReason {
    switch errno {
    case nil, .ioError: .failure(Failure(name, "the line was hung up", .ioError))
    case let errno?: .failure(Failure(name, errno))
    }
  }

  /// Takes the line for this process alone.
  private func take(_ line: FileDescriptor) throws {
    guard flock(line.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let errno = Errno(rawValue: errno)
      throw errno == .wouldBlock ? Failure.inUse(name) : Failure(name, errno)
    }
    // Nobody else can open it from here on; root can, and so finds the lock.
    _ = ioctl(line.rawValue, UInt(TIOCEXCL))
  }

  private func set(_ line: FileDescriptor) throws {
    var attributes = termios()
    guard unsafe tcgetattr(line.rawValue, &attributes) == 0 else {
      throw Failure(name, Errno(rawValue: errno))
    }
    settings.apply(to: &attributes, baudRate: settings.baudRate ?? search?.rate)
    var taken = attributes
    guard unsafe tcsetattr(line.rawValue, TCSAFLUSH, &attributes) == 0,
      unsafe tcgetattr(line.rawValue, &taken) == 0
    else {
      throw Failure(name, Errno(rawValue: errno))
    }
    // It succeeds where the driver has taken any of it.
    let refused = SerialLineSettings.differences(between: attributes, and: taken)
    if !refused.isEmpty {
      let names = refused.joined(separator: ", ")
      messages.say(.warning, name, "its driver does not take: \(names)", repeating: "refused")
    }
  }

  // MARK: - The speed

  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    search?.received(bytes, at: now)
  }

  mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool {
    guard let line = descriptor, let deadline = search?.deadline, now >= deadline else {
      return false
    }
    search?.turn(at: .now)
    if let rate = search?.rate {
      messages.say(.info, name, "no telegram; trying \(rate) baud", repeating: "trying")
    }
    try set(line)
    return true
  }

  mutating func telegramCame(at now: ContinuousClock.Instant) {
    if let search, !search.isFound { rateIsFound(search.rate) }
    search?.telegramCame(at: now)
  }

  private mutating func rateIsFound(_ rate: Int) {
    // What is damaged at a wrong speed is no fault of the line.
    faultCount.begin(descriptor.flatMap(SerialErrors.init(of:)))
    guard rate != saidRate else { return }
    saidRate = rate
    messages.say(.notice, name, "telegrams at \(rate) baud")
  }

  mutating func lineFaults() -> SerialErrors {
    if search?.isFound != false { faultCount.add(descriptor.flatMap(SerialErrors.init(of:))) }
    return faultCount.faults
  }
}
