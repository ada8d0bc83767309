/* gzip (RFC 1952) by the zlib that libcurl itself has with it: found at run time, as its headers
   are a package of their own. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

typedef int (*gzip_compress)(unsigned char *, unsigned long *, const unsigned char *, unsigned long,
                             int);
typedef unsigned long (*gzip_crc)(unsigned long, const unsigned char *, unsigned int);

/* Whether there is a zlib. */
static inline int gzip_is_available(void) {
  void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
  return library && dlsym(library, "crc32") && dlsym(library, "compress2");
}

/* What the compressed bytes take at most. */
static inline size_t gzip_bound(size_t count) {
  return count + count / 1000 + 64;
}

/* Compresses bytes. Returns how many they became, 0 where there is no zlib or it fails. */
static inline size_t gzip(const void *bytes, size_t count, void *room, size_t size) {
  static gzip_compress compress;
  static gzip_crc crc;
  if (!compress) {
    void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
    crc = (gzip_crc)dlsym(library, "crc32");
    compress = (gzip_compress)dlsym(library, "compress2");
  }
  if (!compress || !crc || size < gzip_bound(count)) return 0;

  /* compress2 writes RFC 1950: two bytes, the data (RFC 1951), four bytes of a checksum. gzip has
     ten bytes before the same data, and eight behind it. */
  static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255};
  unsigned char *out = room;
  unsigned long length = size - 16;
  if (compress(out + 8, &length, bytes, count, 1) != 0 || length < 6) return 0;
  memcpy(out, header, sizeof header);
  unsigned char *end = out + 8 + length - 4;
  unsigned long sum = crc(0, bytes, (unsigned int)count);
  for (int i = 0; i < 4; i++) *end++ = (unsigned char)(sum >> 8 * i);
  for (int i = 0; i < 4; i++) *end++ = (unsigned char)(count >> 8 * i);
  return (size_t)(end - out);
}
