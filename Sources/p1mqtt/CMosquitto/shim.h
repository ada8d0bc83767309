#include <dlfcn.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>

// A function of the OpenSSL that libmosquitto links, so that the headers of OpenSSL are not needed; NULL
// if libmosquitto links none.
static inline void *openssl(const char *name) {
  void *program = dlopen(NULL, RTLD_LAZY);
  void *function = program ? dlsym(program, name) : NULL;
  if (program) dlclose(program);
  return function;
}

// Why OpenSSL does not trust the certificate of a broker; NULL if it does.
static inline const char *tls_verify_error(struct mosquitto *client) {
  const void *ssl = mosquitto_ssl_get(client);
  long (*result)(const void *) = (long (*)(const void *))openssl("SSL_get_verify_result");
  const char *(*text)(long) = (const char *(*)(long))openssl("X509_verify_cert_error_string");
  long code = ssl && result && text ? result(ssl) : 0;
  return code ? text(code) : NULL;
}

// Keeps OpenSSL's memory until the process has ended, as a thread may still be connecting when `exit`
// runs. It has to come before any other call of OpenSSL.
static inline void tls_stay(void) {
  enum { no_atexit = 0x00080000 };  // OPENSSL_INIT_NO_ATEXIT
  int (*init)(unsigned long long, const void *) =
      (int (*)(unsigned long long, const void *))openssl("OPENSSL_init_crypto");
  if (init) init(no_atexit, NULL);
}

// Which of these files OpenSSL cannot use: authorities, a certificate and its key. Each may be NULL.
enum tls_fault { tls_no_fault, tls_bad_ca, tls_bad_certificate, tls_bad_key, tls_no_pair };

static inline enum tls_fault tls_fault(const char *ca, const char *certificate, const char *key) {
  enum { pem = 1 };
  tls_stay();
  const void *(*method)(void) = (const void *(*)(void))openssl("TLS_client_method");
  void *(*create)(const void *) = (void *(*)(const void *))openssl("SSL_CTX_new");
  void (*destroy)(void *) = (void (*)(void *))openssl("SSL_CTX_free");
  int (*trust)(void *, const char *, const char *) =
      (int (*)(void *, const char *, const char *))openssl("SSL_CTX_load_verify_locations");
  int (*show)(void *, const char *) =
      (int (*)(void *, const char *))openssl("SSL_CTX_use_certificate_chain_file");
  int (*sign)(void *, const char *, int) =
      (int (*)(void *, const char *, int))openssl("SSL_CTX_use_PrivateKey_file");
  int (*match)(const void *) = (int (*)(const void *))openssl("SSL_CTX_check_private_key");
  void (*forget)(void) = (void (*)(void))openssl("ERR_clear_error");
  if (!method || !create || !destroy || !trust || !show || !sign || !match || !forget)
    return tls_no_fault;
  void *context = create(method());
  if (!context) return tls_no_fault;
  // The key comes first: OpenSSL rejects a good key that does not belong to a certificate already there.
  enum tls_fault fault = ca && trust(context, ca, NULL) != 1           ? tls_bad_ca
                         : key && sign(context, key, pem) != 1         ? tls_bad_key
                         : certificate && show(context, certificate) != 1 ? tls_bad_certificate
                         : certificate && key && match(context) != 1   ? tls_no_pair
                                                                       : tls_no_fault;
  forget();
  destroy(context);
  return fault;
}
