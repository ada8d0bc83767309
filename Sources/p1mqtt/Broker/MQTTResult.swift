import CMosquitto
import Glibc
import SystemPackage

/// What a function of libmosquitto has returned, with the error of the system behind it, which the
/// next call of any function may change.
struct MQTTResult {
  /// A code of the library's; from 128 on it is one of MQTT 5.
  let code: Int32
  private let number: Int32

  init(_ code: Int32) {
    number = errno
    self.code = code
  }

  var isSuccess: Bool { code == MOSQ_ERR_SUCCESS.rawValue }

  /// What it means.
  var reason: String {
    if code >= 128 {
      return MQTTResult.sentence(unsafe String(cString: mosquitto_reason_string(code)))
    }
    if code == MOSQ_ERR_ERRNO.rawValue {
      return number == 0 ? "no answer of a broker" : Errno(rawValue: number).description
    }
    return MQTTResult.sentence(unsafe String(cString: mosquitto_strerror(code)))
  }

  /// Whether it may mean that the broker has hung up, which looks like an error with TLS, and where
  /// something was still to be sent.
  var isHangUp: Bool {
    if code == MOSQ_ERR_ERRNO.rawValue { return [EPROTO, EPIPE, ECONNRESET].contains(number) }
    return code == MOSQ_ERR_CONN_LOST.rawValue || code == MOSQ_ERR_TLS.rawValue
  }

  /// What the library says, without its full stop.
  static func sentence(_ text: String) -> String {
    text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}
