/// How much memory what waits may take, and as much again what is remembered of meters.
struct MemoryRoom {
  /// The most bytes that wait.
  let buffer: Int
  /// The most bytes of each of the things that are remembered of meters: topics, times, what was
  /// published last, and what Home Assistant is told.
  var share: Int { buffer / 4 }
}
