/* libcurl for Swift, which cannot call the variadic functions: one of a kind for each type. */
#include <curl/curl.h>
#include "gzip.h"

static inline CURLcode curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

/* The body of a request, which libcurl copies. */
static inline CURLcode curl_set_body(CURL *handle, const void *bytes, curl_off_t count) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
  return code ? code : curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes);
}

/* Who gets the body of the reply. */
static inline CURLcode curl_set_writer(CURL *handle, curl_write_callback writer, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, writer);
  return code ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode curl_set_headers(CURL *handle, struct curl_slist *list) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
}

static inline CURLcode curl_set_error_buffer(CURL *handle, char *room) {
  return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, room);
}

static inline long curl_response_code(CURL *handle) {
  long code = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

/* The seconds that the header Retry-After asks for, 0 without one. */
static inline long curl_retry_after(CURL *handle) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
  return (long)seconds;
}

/* How many connections the request had to make. */
static inline long curl_new_connections(CURL *handle) {
  long count = 0;
  curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &count);
  return count;
}

/* The address of the other side, as text; nothing where there was no connection. */
static inline const char *curl_peer(CURL *handle) {
  char *address = NULL;
  curl_easy_getinfo(handle, CURLINFO_PRIMARY_IP, &address);
  return address ? address : "";
}

/* A transfer that has ended, and its result; NULL where none has. */
static inline CURL *curl_next_ended(CURLM *multi, int *result) {
  int left = 0;
  CURLMsg *message = curl_multi_info_read(multi, &left);
  while (message && message->msg != CURLMSG_DONE) message = curl_multi_info_read(multi, &left);
  if (!message) return NULL;
  *result = (int)message->data.result;
  return message->easy_handle;
}
