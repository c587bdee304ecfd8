/* layer OUTPUT.tar ENTRY...: writes what the entries need as a tar, with progress on standard error. Exits with 1 if something
 * is missing, and 2 if anything cannot be used; then nothing was written.
 *
 *     cc layer.c $(pkg-config --cflags --libs rootlet) -o layer
 */
#include <inttypes.h>
#include <rootlet.h>
#include <stdio.h>

static int show(void *data, uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total, const char *path) {
  (void)data, (void)path;
  if (total == 0) return fprintf(stderr, "\r%" PRIu64 " files found", done) < 0;
  return fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " files, %" PRIu64 " of %" PRIu64 " MiB ", done, total, bytes_done >> 20, bytes_total >> 20) < 0;
}

int main(int argc, char **argv) {
  rootlet_root *root = NULL;
  rootlet_closure *closure = NULL;
  rootlet_plan *plan = NULL;
  rootlet_error *error = NULL;
  rootlet_options *options = NULL;
  int status = 2;
  if (argc < 3) {
    fprintf(stderr, "usage: layer OUTPUT.tar ENTRY...\n");
    return status;
  }
  options = rootlet_options_new();
  if (options == NULL) goto end;
  rootlet_options_set_progress(options, show, NULL);
  if (rootlet_root_open("/", &root, &error) != ROOTLET_OK) goto end;
  if (rootlet_resolve(root, options, (const char *const *)argv + 2, (size_t)argc - 2, &closure, &error) != ROOTLET_OK) goto end;
  for (size_t i = 0; i < rootlet_missing_count(closure); i++) {
    status = 1;
    fprintf(stderr, "\n%s is missing, which %s needs", rootlet_missing_name(closure, i), rootlet_missing_by(closure, i));
  }
  if (status == 1) goto end;
  if (rootlet_plan_make(closure, options, &plan, &error) != ROOTLET_OK) goto end;
  if (rootlet_plan_write(plan, options, "tar", argv[1], &error) == ROOTLET_OK) status = 0;
end:
  fprintf(stderr, "\n");
  if (status == 2) fprintf(stderr, "layer: %s\n", error != NULL ? rootlet_error_message(error) : "out of memory");
  rootlet_error_free(error);
  rootlet_plan_free(plan);
  rootlet_closure_free(closure);
  rootlet_root_free(root);
  rootlet_options_free(options);
  return status;
}
