import Delivery
import SystemPackage

/// A model of the worst disk: in a power failure it loses any part of what was written and not
/// synced, file names included. Any operation can be made to fail.
final class ModelDisk: SpoolFiles {
  /// How an operation fails.
  enum Failure: Equatable {
    case error(Errno)
    /// Only half of the bytes are written.
    case short
  }

  struct Operation: Equatable {
    enum Kind {
      case list, create, open, write, truncate, sync, syncDirectories, read, rename, remove
    }
    let kind: Kind
    let name: String
  }

  /// A change of a file that was not synced yet.
  fileprivate enum Change {
    case written([UInt8], at: Int)
    case truncated(Int)
  }

  fileprivate enum NameChange {
    case created(String, File)
    case renamed(String, String, File)
    case removed(String)
  }

  fileprivate final class File {
    /// The contents as processes see them.
    var text: [UInt8] = []
    /// The contents at the last sync.
    var synced: [UInt8] = []
    /// The changes since the last sync.
    var changes: [Change] = []
    var modified: ContinuousClock.Instant

    init(_ modified: ContinuousClock.Instant) { self.modified = modified }
  }

  /// The synced state of the disk, and the changes of which a power failure may lose any.
  struct UnsyncedState {
    fileprivate var synced: [String: Int]
    fileprivate var names: [(change: NameChange, file: Int)]
    fileprivate var files: [(synced: [UInt8], changes: [Change])]

    /// How many changes may each survive or not.
    var count: Int { names.count + files.reduce(0) { $0 + $1.changes.count } }
  }

  /// The current time, for the ages of files.
  var now: ContinuousClock.Instant
  /// The most bytes in all files.
  var capacity = Int.max
  /// The operations that fail, by their number from 0.
  var failures: [Int: Failure] = [:]
  /// The kinds of operation that always fail.
  var broken: [Operation.Kind: Errno] = [:]
  /// Called before each operation.
  var onOperation: () -> Void = {}
  private(set) var operations: [Operation] = []
  private(set) var openCount = 0

  private var names: [String: File] = [:]
  private var syncedNames: [String: File] = [:]
  private var nameChanges: [NameChange] = []
  private var handles: [Handle: (file: File, name: String)] = [:]
  private var nextHandle: Handle = 3
  private(set) var size = 0

  init(at now: ContinuousClock.Instant = .now) {
    self.now = now
  }

  /// The names of all files.
  var fileNames: [String] { names.keys.sorted() }

  func text(_ name: String) -> [UInt8]? { names[name]?.text }

  func count(_ kind: Operation.Kind) -> Int { operations.count { $0.kind == kind } }

  /// Creates a synced file, or replaces the contents of one while the spool uses it.
  func put(_ text: [UInt8], as name: String) {
    let file = names[name] ?? File(now)
    size += text.count - file.text.count
    file.text = text
    file.synced = text
    file.changes = []
    names[name] = file
    syncedNames[name] = file
  }

  // MARK: - Power failure

  var unsyncedState: UnsyncedState {
    var indices: [ObjectIdentifier: Int] = [:]
    var files: [(synced: [UInt8], changes: [Change])] = []
    func index(_ file: File) -> Int {
      if let index = indices[ObjectIdentifier(file)] { return index }
      files.append((file.synced, file.changes))
      indices[ObjectIdentifier(file)] = files.count - 1
      return files.count - 1
    }
    let synced = syncedNames.mapValues { index($0) }
    let names = nameChanges.map { change in
      switch change {
      case .created(_, let file), .renamed(_, _, let file): (change, index(file))
      case .removed: (change, -1)
      }
    }
    return UnsyncedState(synced: synced, names: names, files: files)
  }

  /// The disk after a power failure.
  ///
  /// - Parameters:
  ///   - unsyncedState: the state at the power failure.
  ///   - now: the time.
  ///   - survives: called for each unsynced change: how much of it is on the disk afterwards.
  convenience init(
    after unsyncedState: UnsyncedState, at now: ContinuousClock.Instant, _ survives: () -> Survival
  ) {
    self.init(at: now)
    let files = unsyncedState.files.map { contents in
      let file = File(now)
      file.text = ModelDisk.contents(contents.synced, contents.changes, survives)
      file.synced = file.text
      return file
    }
    names = unsyncedState.synced.mapValues { files[$0] }
    for (change, index) in unsyncedState.names where survives() == .whole {
      switch change {
      case .created(let name, _): names[name] = files[index]
      case .renamed(let old, let new, _):
        names[old] = nil
        names[new] = files[index]
      case .removed(let name): names[name] = nil
      }
    }
    syncedNames = names
    size = names.values.reduce(0) { $0 + $1.text.count }
  }

  enum Survival: Equatable {
    case whole
    /// This many thousandths of it, from its beginning.
    case part(Int)
    case nothing
  }

  /// Missing bytes are zeros. Bytes that were written after the file was truncated survive only
  /// together with the truncation.
  private static func contents(
    _ synced: [UInt8], _ changes: [Change], _ survives: () -> Survival
  ) -> [UInt8] {
    var text = synced
    let survivals = changes.map { _ in survives() }
    guard let last = survivals.lastIndex(where: { $0 != .nothing }) else { return text }
    for (change, survival) in zip(changes, survivals).prefix(last + 1) {
      switch (change, survival) {
      case (.truncated(let size), _): text.cut(to: size)
      case (.written(let bytes, let offset), .whole): text.write(bytes[...], at: offset)
      case (.written(let bytes, let offset), .part(let thousandths)):
        text.write(bytes.prefix(bytes.count * thousandths / 1000), at: offset)
      case (.written, .nothing): continue
      }
    }
    return text
  }

  // MARK: - Operations

  private func begin(_ kind: Operation.Kind, _ name: String) throws(Errno) -> Failure? {
    onOperation()
    operations.append(Operation(kind: kind, name: name))
    let failure = failures[operations.count - 1]
    if let error = broken[kind] { throw error }
    if case .error(let error)? = failure { throw error }
    return failure
  }

  private func file(_ handle: Handle) throws(Errno) -> File {
    guard let file = handles[handle]?.file else { throw .badFileDescriptor }
    return file
  }

  private func name(_ handle: Handle) -> String { handles[handle]?.name ?? "" }

  func list(bad: Bool) throws(Errno) -> [(name: String, size: Int, age: Duration)] {
    _ = try begin(.list, "")
    return names.filter { $0.key.hasPrefix("bad/") == bad }.map {
      ($0.key, $0.value.text.count, $0.value.modified.duration(to: now))
    }
  }

  func create(_ name: String) throws(Errno) -> Handle {
    _ = try begin(.create, name)
    guard names[name] == nil else { throw .fileExists }
    let file = File(now)
    names[name] = file
    nameChanges.append(.created(name, file))
    return handle(of: file, name)
  }

  func open(_ name: String) throws(Errno) -> Handle {
    _ = try begin(.open, name)
    guard let file = names[name] else { throw .noSuchFileOrDirectory }
    return handle(of: file, name)
  }

  private func handle(of file: File, _ name: String) -> Handle {
    nextHandle += 1
    handles[nextHandle] = (file, name)
    openCount = handles.count
    return nextHandle
  }

  func write(_ bytes: Span<UInt8>, to handle: Handle) throws(Errno) -> Int {
    let failure = try begin(.write, name(handle))
    let file = try file(handle)
    var count = min(bytes.count, capacity - size)
    if failure == .short { count = min(count, bytes.count / 2) }
    guard count > 0 else { throw .noSpace }
    let taken = bytes.withUnsafeBytes { [UInt8]($0.prefix(count)) }
    file.changes.append(.written(taken, at: file.text.count))
    file.text += taken
    file.modified = now
    size += count
    return count
  }

  func truncate(_ handle: Handle, to size: Int) throws(Errno) {
    _ = try begin(.truncate, name(handle))
    let file = try file(handle)
    file.changes.append(.truncated(size))
    self.size -= file.text.count - size
    file.text.cut(to: size)
  }

  func sync(_ handle: Handle) throws(Errno) {
    // After a failed fsync the kernel takes the pages for written, as Linux does.
    let file = try file(handle)
    do throws(Errno) {
      _ = try begin(.sync, name(handle))
    } catch {
      if error != .interrupted { file.changes = [] }
      throw error
    }
    for change in file.changes {
      switch change {
      case .written(let bytes, let offset): file.synced.write(bytes[...], at: offset)
      case .truncated(let size): file.synced.cut(to: size)
      }
    }
    file.changes = []
  }

  func syncDirectories() throws(Errno) {
    _ = try begin(.syncDirectories, "")
    nameChanges = []
    syncedNames = names
  }

  func exists(_ handle: Handle) -> Bool {
    guard let file = handles[handle]?.file else { return false }
    return names.values.contains { $0 === file }
  }

  func close(_ handle: Handle) {
    handles[handle] = nil
    openCount = handles.count
  }

  func read(_ name: String, from offset: Int, count: Int) throws(Errno) -> [UInt8] {
    _ = try begin(.read, name)
    guard let file = names[name] else { throw .noSuchFileOrDirectory }
    return Array(file.text.dropFirst(offset).prefix(count))
  }

  func rename(_ name: String, to other: String) throws(Errno) {
    _ = try begin(.rename, name)
    guard let file = names.removeValue(forKey: name) else { throw .noSuchFileOrDirectory }
    size -= names[other]?.text.count ?? 0
    names[other] = file
    nameChanges.append(.renamed(name, other, file))
  }

  func remove(_ name: String) throws(Errno) {
    _ = try begin(.remove, name)
    guard let file = names.removeValue(forKey: name) else { throw .noSuchFileOrDirectory }
    size -= file.text.count
    nameChanges.append(.removed(name))
  }

  /// Closes the files of a process that was killed.
  func kill() {
    handles = [:]
    openCount = 0
  }
}

extension [UInt8] {
  fileprivate mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
    if bytes.isEmpty { return }
    if count < offset { append(contentsOf: repeatElement(0, count: offset - count)) }
    replaceSubrange(offset..<Swift.min(count, offset + bytes.count), with: bytes)
  }

  fileprivate mutating func cut(to size: Int) {
    if count > size { removeSubrange(size...) }
  }
}
