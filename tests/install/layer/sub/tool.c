#include <stdio.h>

int main(void) {
  char line[80] = "";
  FILE *file = fopen("/etc/tool.conf", "r");
  return file == NULL || fgets(line, sizeof line, file) == NULL || printf("tool: %s", line) < 0;
}
