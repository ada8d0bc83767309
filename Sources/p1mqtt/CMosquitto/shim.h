#include <dlfcn.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>

// Why OpenSSL does not trust the certificate of a broker; NULL where it has no complaint. It is
// libmosquitto's own OpenSSL, whose headers need not be here.
static inline const char *tls_verify_error(struct mosquitto *client) {
  const void *ssl = mosquitto_ssl_get(client);
  void *program = dlopen(NULL, RTLD_LAZY);
  if (!ssl || !program) return NULL;
  long (*result)(const void *) = (long (*)(const void *))dlsym(program, "SSL_get_verify_result");
  const char *(*text)(long) =
      (const char *(*)(long))dlsym(program, "X509_verify_cert_error_string");
  long code = result && text ? result(ssl) : 0;
  dlclose(program);
  return code ? text(code) : NULL;
}
