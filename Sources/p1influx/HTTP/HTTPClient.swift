import CCurl
import CommandLine
import Glibc
import SystemPackage

/// Performs requests at the same time, over connections that stay open.
@safe final class HTTPClient {
  private let multi: OpaquePointer
  private var busy: [HTTPRequest] = []

  /// - Throws: `Failure` where libcurl cannot be used.
  init() throws {
    guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK,
      let multi = unsafe curl_multi_init()
    else {
      throw Failure("libcurl", "cannot be started", .ioError)
    }
    unsafe self.multi = OpaquePointer(multi)
  }

  var isBusy: Bool { !busy.isEmpty }

  /// Begins a request that was prepared and is not under way.
  func begin(_ request: HTTPRequest) throws {
    guard unsafe curl_multi_add_handle(handle, request.easy) == CURLM_OK else {
      throw Failure("libcurl", "cannot send a request", .ioError)
    }
    request.isBusy = true
    busy.append(request)
    try proceed()
  }

  /// Sends and receives what is possible without waiting. A request that has ended then has its answer.
  func proceed() throws {
    guard isBusy else { return }
    var running: Int32 = 0
    guard unsafe curl_multi_perform(handle, &running) == CURLM_OK else {
      throw Failure("libcurl", "cannot perform a request", .ioError)
    }
    var result: Int32 = 0
    while let ended = unsafe curl_next_ended(handle, &result) {
      unsafe curl_multi_remove_handle(handle, ended)
      guard let index = busy.firstIndex(where: { unsafe $0.easy == ended }) else { continue }
      busy.remove(at: index).end(result)
    }
  }

  /// Waits until ``proceed()`` can do something, something happens on one of the descriptors, or the
  /// deadline comes.
  ///
  /// - Returns: the interests that something happened on.
  func wait(
    for interests: [Interest], until deadline: ContinuousClock.Instant?
  ) throws -> [Interest] {
    var descriptors = interests.map { interest in
      curl_waitfd(
        fd: interest.descriptor.rawValue,
        events: Int16(interest.isWrite ? CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN), revents: 0)
    }
    let timeout = deadline.map { milliseconds(until: $0) } ?? 3_600_000
    let code = unsafe curl_multi_poll(
      handle, &descriptors, UInt32(descriptors.count), timeout, nil)
    guard code == CURLM_OK else { throw Failure("libcurl", "cannot wait", .ioError) }
    return zip(interests, descriptors).filter { $0.1.revents != 0 }.map(\.0)
  }

  private var handle: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(multi) }
}
