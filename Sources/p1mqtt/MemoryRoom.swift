/// The bound of the buffer in memory, which also bounds what is remembered of meters.
struct MemoryRoom {
  /// The most bytes in the buffer.
  let buffer: Int
  /// The most bytes of each of the things that are remembered of meters: topics, times, what was
  /// published last, and what Home Assistant is told.
  var share: Int { buffer / 4 }
}
