import CMosquitto
import Glibc
import SystemPackage

/// The result of a function of libmosquitto, with `errno`, which any further call may change.
struct MQTTResult {
  /// A code of the library; from 128 on, a reason code of MQTT 5.
  let code: Int32
  private let number: Int32

  init(_ code: Int32) {
    number = errno
    self.code = code
  }

  var isSuccess: Bool { code == MOSQ_ERR_SUCCESS.rawValue }

  var reason: String {
    if code >= 128 {
      return MQTTResult.sentence(unsafe String(cString: mosquitto_reason_string(code)))
    }
    if code == MOSQ_ERR_ERRNO.rawValue {
      return number == 0 ? "no answer from the broker" : Errno(rawValue: number).description
    }
    if code == MOSQ_ERR_EAI.rawValue {
      return "host name not found; check MQTT_BROKER and the network"
    }
    return MQTTResult.sentence(unsafe String(cString: mosquitto_strerror(code)))
  }

  /// Whether the broker may have closed the connection. With TLS, and while writing, that looks like an
  /// error.
  var isHangUp: Bool {
    if code == MOSQ_ERR_ERRNO.rawValue { return [EPROTO, EPIPE, ECONNRESET].contains(number) }
    return code == MOSQ_ERR_CONN_LOST.rawValue || code == MOSQ_ERR_TLS.rawValue
  }

  /// A sentence of the library without its full stop.
  static func sentence(_ text: String) -> String {
    text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}
