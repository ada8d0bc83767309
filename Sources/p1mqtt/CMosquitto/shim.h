#include <dlfcn.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <string.h>

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

// Has OpenSSL leave its memory to the end of the process: a try to connect may go on to the very end,
// and would find it gone. Before anything else of the library.
static inline void tls_stay(void) {
  void *program = dlopen(NULL, RTLD_LAZY);
  if (!program) return;
  int (*init)(unsigned long long, const void *) =
      (int (*)(unsigned long long, const void *))dlsym(program, "OPENSSL_init_crypto");
  dlclose(program);
  if (init) init(0x00080000, NULL);  // OPENSSL_INIT_NO_ATEXIT
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
  void *program = dlopen(NULL, RTLD_LAZY);
  if (!program || strlen(identity) >= sizeof shared->identity || length > sizeof shared->key)
    return false;
  const void *(*method)(void) = (const void *(*)(void))dlsym(program, "TLS_client_method");
  void *(*create)(const void *) = (void *(*)(const void *))dlsym(program, "SSL_CTX_new");
  void (*verify)(void *, int, void *) =
      (void (*)(void *, int, void *))dlsym(program, "SSL_CTX_set_verify");
  void (*share)(void *, give *) =
      (void (*)(void *, give *))dlsym(program, "SSL_CTX_set_psk_client_callback");
  long (*control)(void *, int, long, void *) =
      (long (*)(void *, int, long, void *))dlsym(program, "SSL_CTX_ctrl");
  dlclose(program);
  if (!method || !create || !verify || !share || !control) return false;
  if (!context) context = create(method());
  if (!context) return false;
  strcpy(shared->identity, identity);
  memcpy(shared->key, key, length);
  shared->length = length;
  share(context, tls_give_key);
  verify(context, 1, NULL);
  // SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION
  if (control(context, 123, 0x0303, NULL) != 1) return false;
  mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
  return mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, context) == MOSQ_ERR_SUCCESS;
}
