#include <dlfcn.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <string.h>

// A function of libmosquitto's own OpenSSL, whose headers need not be here; NULL where it has none.
static inline void *openssl(const char *name) {
  void *program = dlopen(NULL, RTLD_LAZY);
  void *function = program ? dlsym(program, name) : NULL;
  if (program) dlclose(program);
  return function;
}

// What OpenSSL's headers call so.
enum {
  openssl_init_no_atexit = 0x00080000,
  openssl_set_min_proto_version = 123,
  openssl_tls1_2_version = 0x0303,
  openssl_verify_peer = 1,
};

// Why OpenSSL does not trust the certificate of a broker; NULL where it has no complaint.
static inline const char *tls_verify_error(struct mosquitto *client) {
  const void *ssl = mosquitto_ssl_get(client);
  long (*result)(const void *) = (long (*)(const void *))openssl("SSL_get_verify_result");
  const char *(*text)(long) = (const char *(*)(long))openssl("X509_verify_cert_error_string");
  long code = ssl && result && text ? result(ssl) : 0;
  return code ? text(code) : NULL;
}

// Has OpenSSL leave its memory to the end of the process: a try to connect may go on to the very end,
// and would find it gone. Before anything else of the library.
static inline void tls_stay(void) {
  int (*init)(unsigned long long, const void *) =
      (int (*)(unsigned long long, const void *))openssl("OPENSSL_init_crypto");
  if (init) init(openssl_init_no_atexit, NULL);
}

// What OpenSSL cannot use of a file with authorities, one with a certificate and one with its key, each
// of which may be NULL.
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
  // The key first: beside a certificate that it is not of, it would seem to be a bad one.
  enum tls_fault fault = ca && trust(context, ca, NULL) != 1           ? tls_bad_ca
                         : key && sign(context, key, pem) != 1         ? tls_bad_key
                         : certificate && show(context, certificate) != 1 ? tls_bad_certificate
                         : certificate && key && match(context) != 1   ? tls_no_pair
                                                                       : tls_no_fault;
  forget();
  destroy(context);
  return fault;
}

// The shared key of the one connection there is.
struct tls_shared_key {
  char identity[129];
  unsigned char key[256];
  unsigned length;
};

static inline struct tls_shared_key *tls_shared_key(void) {
  static struct tls_shared_key key;
  return &key;
}

static inline unsigned tls_give_key(void *ssl, const char *hint, char *identity,
                                    unsigned identity_room, unsigned char *key, unsigned room) {
  const struct tls_shared_key *shared = tls_shared_key();
  if (strlen(shared->identity) >= identity_room || shared->length > room) return 0;
  strcpy(identity, shared->identity);
  memcpy(key, shared->key, shared->length);
  return shared->length;
}

// Has a client use a shared key. libmosquitto would take any certificate in place of the key, from
// whoever, and look at none; here none is trusted. False where OpenSSL is not there, or does not do so.
static inline bool tls_set_shared_key(struct mosquitto *client, const char *identity,
                                      const unsigned char *key, unsigned length) {
  typedef unsigned give(void *, const char *, char *, unsigned, unsigned char *, unsigned);
  // One for all connections: the library does not free all that it is given.
  static void *context;
  struct tls_shared_key *shared = tls_shared_key();
  if (strlen(identity) >= sizeof shared->identity || length > sizeof shared->key) return false;
  const void *(*method)(void) = (const void *(*)(void))openssl("TLS_client_method");
  void *(*create)(const void *) = (void *(*)(const void *))openssl("SSL_CTX_new");
  void (*verify)(void *, int, void *) = (void (*)(void *, int, void *))openssl("SSL_CTX_set_verify");
  void (*share)(void *, give *) =
      (void (*)(void *, give *))openssl("SSL_CTX_set_psk_client_callback");
  long (*control)(void *, int, long, void *) =
      (long (*)(void *, int, long, void *))openssl("SSL_CTX_ctrl");
  if (!method || !create || !verify || !share || !control) return false;
  if (!context) context = create(method());
  if (!context) return false;
  strcpy(shared->identity, identity);
  memcpy(shared->key, key, length);
  shared->length = length;
  share(context, tls_give_key);
  verify(context, openssl_verify_peer, NULL);
  if (control(context, openssl_set_min_proto_version, openssl_tls1_2_version, NULL) != 1)
    return false;
  mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
  return mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, context) == MOSQ_ERR_SUCCESS;
}
