/* tee(2) and splice(2) of Linux, which Swift's Glibc module does not show. */
#include <stddef.h>
#include <sys/types.h>

ssize_t tee(int from, int to, size_t count, unsigned int flags);
ssize_t splice(
    int from, off_t *from_offset, int to, off_t *to_offset, size_t count, unsigned int flags);

/* Copies what one pipe holds into another one, and leaves it there; never waits. */
static inline ssize_t pipe_peek(int from, int to, size_t count) {
  const unsigned int nonblock = 2; /* SPLICE_F_NONBLOCK */
  return tee(from, to, count, nonblock);
}

/* Moves what a pipe holds elsewhere, without copying it; never waits. */
static inline ssize_t pipe_move(int from, int to, size_t count) {
  const unsigned int nonblock = 2; /* SPLICE_F_NONBLOCK */
  return splice(from, NULL, to, NULL, count, nonblock);
}
