import Glibc
import Records

extension Timestamp {
  /// The instant that the machine's clock shows.
  public static var now: Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: time.tv_nsec)
  }
}
