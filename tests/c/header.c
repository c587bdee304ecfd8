/* rootlet.h alone, in many a dialect. */
#include "rootlet.h"
#include "rootlet.h" /* a second time nothing */

/* Numbers that programs were compiled with. An array of negative size stops the compiler. */
#define STABLE(name, value) typedef char stable_##name[(name) == (value) ? 1 : -1]
STABLE(ROOTLET_OK, 0);
STABLE(ROOTLET_INVALID_ARGUMENT, -1);
STABLE(ROOTLET_NOT_FOUND, -2);
STABLE(ROOTLET_NOT_A_DIRECTORY, -3);
STABLE(ROOTLET_PERMISSION_DENIED, -4);
STABLE(ROOTLET_IO, -5);
STABLE(ROOTLET_MALFORMED, -6);
STABLE(ROOTLET_UNSUPPORTED, -7);
STABLE(ROOTLET_ALREADY_EXISTS, -8);
STABLE(ROOTLET_TOO_LARGE, -9);
STABLE(ROOTLET_CANCELLED, -10);
STABLE(ROOTLET_NO_MEMORY, -11);
STABLE(ROOTLET_INTERNAL, -12);
STABLE(ROOTLET_DEBUG, 0);
STABLE(ROOTLET_NOTE, 1);
STABLE(ROOTLET_WARNING, 2);
STABLE(ROOTLET_FILE, 1);
STABLE(ROOTLET_DIRECTORY, 2);
STABLE(ROOTLET_SYMLINK, 3);
STABLE(ROOTLET_HARD_LINK, 4);
STABLE(ROOTLET_NONE, (size_t)-1);

extern const void *used;
const void *used = (const void *)sizeof(stable_ROOTLET_OK);

int main(void) { return rootlet_version() == 0; }
