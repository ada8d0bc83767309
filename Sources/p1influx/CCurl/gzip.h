/* gzip (RFC 1952) by the zlib that libcurl needs too. Its two functions are declared here, and its library is
   linked by the name of the run-time package, as libcurl's package of headers brings neither zlib.h nor
   libz.so. */
#include <stddef.h>
#include <string.h>

extern int compress2(unsigned char *, unsigned long *, const unsigned char *, unsigned long, int);
extern unsigned long crc32(unsigned long, const unsigned char *, unsigned int);

/* The most bytes that the compressed bytes take. */
static inline size_t gzip_bound(size_t count) {
  return count + count / 1000 + 64;
}

/* Compresses bytes. Returns how many they became, 0 where there is no memory for it. */
static inline size_t gzip(const void *bytes, size_t count, void *room, size_t size) {
  /* compress2 writes RFC 1950: two bytes, the data (RFC 1951), four bytes of a checksum. gzip has
     ten bytes before the same data, and eight after it. */
  static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255};
  unsigned char *out = room;
  unsigned long length = size - 16;
  if (size < gzip_bound(count)) return 0;
  if (compress2(out + 8, &length, bytes, count, 1) != 0 || length < 6) return 0;
  memcpy(out, header, sizeof header);
  unsigned char *end = out + 8 + length - 4;
  unsigned long sum = crc32(0, bytes, (unsigned int)count);
  for (int i = 0; i < 4; i++) *end++ = (unsigned char)(sum >> 8 * i);
  for (int i = 0; i < 4; i++) *end++ = (unsigned char)(count >> 8 * i);
  return (size_t)(end - out);
}
