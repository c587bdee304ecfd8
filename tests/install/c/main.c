/* Prints the paths of what an entry needs. */
#include <rootlet.h>
#include <stdio.h>

int main(int argc, char **argv) {
  rootlet_root *root = NULL;
  rootlet_closure *closure = NULL;
  rootlet_text *text = NULL;
  rootlet_error *error = NULL;
  const char *entry = argc > 1 ? argv[1] : "";
  int failed = rootlet_root_open("/", &root, &error) != ROOTLET_OK || rootlet_resolve(root, NULL, &entry, 1, &closure, &error) != ROOTLET_OK ||
               rootlet_closure_text(closure, "paths", &text, &error) != ROOTLET_OK;
  if (failed) fprintf(stderr, "%s\n", rootlet_error_message(error));
  if (!failed) fputs(rootlet_text_data(text), stdout);
  rootlet_text_free(text);
  rootlet_closure_free(closure);
  rootlet_root_free(root);
  rootlet_error_free(error);
  return failed;
}
