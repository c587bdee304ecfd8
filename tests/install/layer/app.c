#include <stdio.h>

const char *text(void);

int main(void) { return printf("%s\n", text()) < 0; }
