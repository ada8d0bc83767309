import Glibc
import Synchronization

/// The memory that only the start of a tool needs: most of what runs of its program reads the
/// options, and is never run again.
public enum StartMemory {
  private static let rounds = Atomic(0)

  /// Takes the code of the program out of the process after the second round, as the first one is a
  /// part of the start: what it does for the first time is prepared then.
  ///
  /// The kernel keeps it as a part of the file, as long as it has room, and is free to drop it; what
  /// the tool goes on with is mapped again as it runs. So it counts no longer as memory of the tool
  /// (PSS). Called after each round of a tool's loop that has moved something.
  public static func giveBackOnceRunning() {
    guard rounds.load(ordering: .relaxed) < 2,
      rounds.add(1, ordering: .relaxed).newValue == 2, let code = code(in: "/proc/self/smaps")
    else {
      return
    }
    _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: code.start), code.length, MADV_DONTNEED)
  }

  /// Where the code is: the first mapping that can be run, as the program is before its libraries.
  /// Nil where any of it was written to, as a debugger does for a breakpoint: that would be lost.
  private static func code(in maps: String) -> (start: UInt, length: Int)? {
    guard let bytes = try? readFile(maps, limit: 1 << 20, .ioError) else { return nil }
    var code: (start: UInt, length: Int)?
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      // 55e653722000-55e653728000 r-xp 00002000 fe:00 254163    /usr/bin/p1cat
      let fields = line.split(separator: " ")
      if code == nil, fields.count > 1, fields[1] == "r-xp" {
        let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
        code = (bounds[0], Int(bounds[1] - bounds[0]))
      } else if code != nil, fields[0] == "Anonymous:" {
        return fields.count > 1 && fields[1] == "0" ? code : nil
      }
    }
    return nil
  }
}
