/* What librootlet-lief.so, the module that has LIEF in it, is asked by the library that loads it: bytes in, calls out. */
#ifndef ROOTLET_LIEF_MODULE_H
#define ROOTLET_LIEF_MODULE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rootlet_lief_symbol {
  const char *name, *version; /* "" without a version; valid during the call */
  size_t name_length, version_length;
  unsigned binding, type, visibility;
  unsigned version_word; /* of DT_VERSYM, with its hidden bit; 1 without */
  int defined;
};

struct rootlet_lief_calls {
  void *context;
  void (*symbol)(void *context, const struct rootlet_lief_symbol *symbol);
  void (*definition)(void *context, const char *version, size_t length, unsigned index, unsigned flags);
  void (*requirement)(void *context, const char *file, size_t file_length, const char *version, size_t version_length);
};

/* 0, or -1 with a message of at most `room` bytes and a NUL. One thread at a time. The calls may not throw. */
typedef int rootlet_lief_read_function(const unsigned char *image, size_t size, const struct rootlet_lief_calls *calls, char *message, size_t room);
rootlet_lief_read_function rootlet_lief_read;

/* LIEF's own word for its version. */
typedef const char *rootlet_lief_version_function(void);
rootlet_lief_version_function rootlet_lief_version;

#ifdef __cplusplus
}
#endif
#endif
