/* Calls every function of rootlet.h, with good and bad arguments, on a tree whose answer is known. */
#define _XOPEN_SOURCE 700

#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define LIB "/usr/lib/x86_64-linux-gnu/"

static const char *world, *out;
static char place[4096];

static const char *in_out(const char *name) {
  snprintf(place, sizeof place, "%s/%s", out, name);
  return place;
}

static int equal(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }

static int contains(const rootlet_text *text, const char *words) {
  return text != NULL && strstr(rootlet_text_data(text), words) != NULL;
}

static void errors_have_names_and_are_freed_as_null(void) {
  static const char *const names[] = {"ok",        "invalid_argument", "not_found",   "not_a_directory", "permission_denied",
                                      "io",        "malformed",        "unsupported", "already_exists",  "too_large",
                                      "cancelled", "no_memory",        "internal"};
  int i;
  for (i = 0; i < (int)(sizeof names / sizeof *names); ++i) CHECK(equal(rootlet_code_name(-i), names[i]));
  CHECK(equal(rootlet_code_name(-i), "unknown"));
  CHECK(equal(rootlet_code_name(1), "unknown"));
  CHECK(equal(rootlet_code_name(INT32_MIN), "unknown"));
  CHECK(equal(rootlet_version(), "0.1.0"));
  CHECK(rootlet_error_code(NULL) == ROOTLET_OK);
  CHECK(equal(rootlet_error_message(NULL), ""));
  CHECK(equal(rootlet_error_path(NULL), ""));
  rootlet_error_free(NULL);
  rootlet_text_free(NULL);
  rootlet_options_free(NULL);
  rootlet_root_free(NULL);
  rootlet_closure_free(NULL);
  rootlet_plan_free(NULL);
  rootlet_audit_free(NULL);
}

static void texts_are_written_as_they_are(void) {
  rootlet_text *text = (rootlet_text *)&failures;
  rootlet_error *error = NULL;
  int ends[2];
  char read_back[64];
  CHECK(fails(rootlet_printable(NULL, 1, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(text == NULL);
  CHECK(fails(rootlet_printable("x", 1, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(rootlet_printable("x", 1, NULL, NULL) == ROOTLET_INVALID_ARGUMENT);
  CHECK(succeeds(rootlet_printable(NULL, 0, &text, &error), &error));
  CHECK(rootlet_text_size(text) == 0 && equal(rootlet_text_data(text), ""));
  rootlet_text_free(text);
  CHECK(succeeds(rootlet_printable("a\n\xff\0z", 5, &text, &error), &error));
  CHECK(equal(rootlet_text_data(text), "a\\x0a\\xff\\x00z"));
  CHECK(rootlet_text_size(text) == strlen(rootlet_text_data(text)));
  CHECK(rootlet_text_data(NULL) == NULL);
  CHECK(rootlet_text_size(NULL) == 0);

  CHECK(pipe(ends) == 0);
  CHECK(succeeds(rootlet_text_write(text, ends[1], &error), &error));
  CHECK(read(ends[0], read_back, sizeof read_back) == (ssize_t)rootlet_text_size(text));
  CHECK(memcmp(read_back, rootlet_text_data(text), rootlet_text_size(text)) == 0);
  close(ends[0]);
  close(ends[1]);
  CHECK(fails(rootlet_text_write(text, ends[1], &error), ROOTLET_IO, &error));
  CHECK(fails(rootlet_text_write(text, -1, &error), ROOTLET_IO, &error));
  CHECK(fails(rootlet_text_write(NULL, 1, &error), ROOTLET_INVALID_ARGUMENT, &error));

  CHECK(succeeds(rootlet_text_save(text, in_out("text"), &error), &error));
  CHECK(succeeds(rootlet_text_save(text, in_out("text"), &error), &error));
  CHECK(unlink(in_out("text")) == 0);
  CHECK(fails(rootlet_text_save(text, in_out("none/text"), &error), ROOTLET_NOT_FOUND, &error));
  CHECK(fails(rootlet_text_save(text, out, &error), ROOTLET_ALREADY_EXISTS, &error));
  CHECK(fails(rootlet_text_save(text, "", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_text_save(text, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_text_save(NULL, in_out("text"), &error), ROOTLET_INVALID_ARGUMENT, &error));
  rootlet_text_free(text);
}

static void options_say_what_they_are(void) {
  size_t i, lists = 0;
  for (i = 0; i < rootlet_option_count(); ++i) {
    const char *kind = rootlet_option_kind(i);
    CHECK(rootlet_option_name(i) != NULL && *rootlet_option_name(i) != '\0');
    CHECK(equal(kind, "text") || equal(kind, "number") || equal(kind, "flag") || equal(kind, "list"));
    CHECK(rootlet_option_summary(i) != NULL && strchr(rootlet_option_summary(i), '\n') == NULL);
    if (equal(kind, "list")) ++lists;
  }
  CHECK(lists == 12);
  CHECK(rootlet_option_name(i) == NULL && rootlet_option_kind(i) == NULL && rootlet_option_summary(i) == NULL);
  CHECK(rootlet_option_name(SIZE_MAX) == NULL);
}

static void options_keep_what_they_are_given(void) {
  static const char rules[] =
      "[[rule]]\nname = \"a\"\nbecause = \"b\"\nsource = \"c\"\nwhen = {soname = [\"x\"]}\nthen = {files = [\"/x\"]}\n";
  rootlet_options *options = rootlet_options_new();
  rootlet_error *error = NULL;
  FILE *file;
  CHECK(options != NULL);
  CHECK(equal(rootlet_options_get(options, "data", 0), "auto"));
  CHECK(equal(rootlet_options_get(options, "epoch", 0), "0"));
  CHECK(equal(rootlet_options_get(options, "library-path", 0), ""));
  CHECK(rootlet_options_count(options, "data") == 1 && rootlet_options_count(options, "locale") == 0);
  CHECK(rootlet_options_count(options, "none") == 0 && rootlet_options_count(options, NULL) == 0 &&
        rootlet_options_count(NULL, "data") == 0);
  CHECK(rootlet_options_get(options, "data", 1) == NULL && rootlet_options_get(options, "none", 0) == NULL);
  CHECK(rootlet_options_get(options, NULL, 0) == NULL && rootlet_options_get(NULL, "data", 0) == NULL);

  CHECK(succeeds(rootlet_options_set(options, "locale", "de_DE.UTF-8", &error), &error));
  CHECK(succeeds(rootlet_options_add(options, "locale", "C.UTF-8", &error), &error));
  CHECK(rootlet_options_count(options, "locale") == 2 && equal(rootlet_options_get(options, "locale", 1), "C.UTF-8"));
  CHECK(succeeds(rootlet_options_set(options, "locale", "none", &error), &error));
  CHECK(rootlet_options_count(options, "locale") == 1);
  CHECK(succeeds(rootlet_options_set(options, "epoch", "1700000000", &error), &error));
  CHECK(fails(rootlet_options_set(options, "epoch", "-1", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "epoch", "1e9", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "epoch", "99999999999999999999", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(equal(rootlet_options_get(options, "epoch", 0), "1700000000"));
  CHECK(succeeds(rootlet_options_set(options, "kernel", "5.10", &error), &error));
  CHECK(succeeds(rootlet_options_set(options, "kernel", "", &error), &error));
  CHECK(fails(rootlet_options_set(options, "kernel", "5.x", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "kernel", "5.10.0.1", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "data", "some", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "keep-setid", "maybe", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "--data", "none", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "", "none", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(NULL, "data", "none", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, NULL, "none", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "data", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(rootlet_options_set(options, "data", NULL, NULL) == ROOTLET_INVALID_ARGUMENT);
  CHECK(fails(rootlet_options_add(options, "data", "none", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_add(options, "none", "none", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_add(NULL, "locale", "none", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_add(options, "rules", "/dev/zero", &error), ROOTLET_TOO_LARGE, &error));
  CHECK(fails(rootlet_options_add(options, "rules", "", &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_set(options, "platform", "linux", &error), ROOTLET_INVALID_ARGUMENT, &error));

  CHECK(succeeds(rootlet_options_add_rules(options, "mine", rules, sizeof rules - 1, &error), &error));
  CHECK(fails(rootlet_options_add_rules(options, "mine", "[[rule]", 7, &error), ROOTLET_MALFORMED, &error));
  CHECK(fails(rootlet_options_add_rules(options, "mine", NULL, 0, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_add_rules(options, NULL, rules, 0, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_options_add_rules(NULL, "mine", rules, 0, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(rootlet_options_count(options, "rules") == 1 && equal(rootlet_options_get(options, "rules", 0), "mine"));
  file = fopen(in_out("rules.toml"), "w");
  CHECK(file != NULL && fputs(rules, file) >= 0 && fclose(file) == 0);
  CHECK(succeeds(rootlet_options_add(options, "rules", in_out("rules.toml"), &error), &error));
  CHECK(rootlet_options_count(options, "rules") == 2);
  CHECK(fails(rootlet_options_add(options, "rules", in_out("none.toml"), &error), ROOTLET_NOT_FOUND, &error));
  CHECK(fails(rootlet_options_set(options, "rules", out, &error), ROOTLET_IO, &error));
  CHECK(rootlet_options_count(options, "rules") == 2);
  unlink(in_out("rules.toml"));
  rootlet_options_set_progress(NULL, NULL, NULL);
  rootlet_options_set_log(NULL, NULL, NULL);
  rootlet_options_free(options);
}

static void roots_are_directories(rootlet_root **root) {
  rootlet_error *error = NULL;
  char path[4096];
  CHECK(fails(rootlet_root_open(NULL, root, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(*root == NULL);
  CHECK(fails(rootlet_root_open("/", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_root_open("/none/such", root, &error), ROOTLET_NOT_FOUND, &error));
  CHECK(fails(rootlet_root_open("", root, &error), ROOTLET_NOT_FOUND, &error));
  CHECK(rootlet_root_open("/dev/null", root, &error) == ROOTLET_NOT_A_DIRECTORY);
  CHECK(equal(rootlet_error_path(error), "/dev/null"));
  CHECK(fails(ROOTLET_NOT_A_DIRECTORY, ROOTLET_NOT_A_DIRECTORY, &error));
  rootlet_options *options = rootlet_options_new();
  CHECK(succeeds(rootlet_options_set(options, "platform", "linux/riscv64", &error), &error));
  CHECK(equal(rootlet_options_get(options, "platform", 0), "linux/riscv64"));
  CHECK(fails(rootlet_root_open_with(NULL, options, root, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_root_open_with("/", options, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_root_open_with("oci:/none/such", options, root, &error), ROOTLET_NOT_FOUND, &error));
  CHECK(fails(rootlet_root_open_with("oci:", NULL, root, &error), ROOTLET_NOT_FOUND, &error));
  CHECK(*root == NULL);
  CHECK(succeeds(rootlet_root_open_with("/", options, root, &error), &error)); /* a directory is as it is */
  rootlet_root_free(*root);
  rootlet_options_free(options);
  CHECK(rootlet_root_name(NULL) == NULL);
  snprintf(path, sizeof path, "%s/dpkg", world);
  CHECK(succeeds(rootlet_root_open(path, root, &error), &error));
  CHECK(equal(rootlet_root_name(*root), path));
}

struct told {
  int lines[3], calls, stop_at;
  const char *path;
};

static int progress(void *data, uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total, const char *path) {
  struct told *told = data;
  CHECK(path != NULL && done <= (total == 0 ? UINT64_MAX : total) && bytes_done <= bytes_total);
  return ++told->calls == told->stop_at;
}

static void take_line(void *data, int level, const char *line) {
  struct told *told = data;
  CHECK(level >= ROOTLET_DEBUG && level <= ROOTLET_WARNING);
  CHECK(line != NULL && *line != '\0' && strchr(line, '\n') == NULL);
  if (level >= 0 && level <= 2) ++told->lines[level];
}

static const char *const entries[] = {"/usr/bin/app", "/bin/broken", "/usr/bin/tool"};

static void what_cannot_be_resolved_is_an_error(rootlet_root *root) {
  static const char *const relative[] = {"usr/bin/app"}, *const absent[] = {"/usr/bin/absent"},
                           *const null[] = {"/usr/bin/app", NULL};
  rootlet_closure *closure = (rootlet_closure *)&failures;
  rootlet_options *options = rootlet_options_new();
  rootlet_error *error = NULL;
  struct told told = {{0, 0, 0}, 0, 1, NULL};
  CHECK(fails(rootlet_resolve(NULL, NULL, entries, 3, &closure, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(closure == NULL);
  CHECK(fails(rootlet_resolve(root, NULL, entries, 3, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_resolve(root, NULL, entries, 0, &closure, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_resolve(root, NULL, NULL, 0, &closure, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_resolve(root, NULL, NULL, 1, &closure, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_resolve(root, NULL, null, 2, &closure, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_resolve(root, NULL, relative, 1, &closure, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(rootlet_resolve(root, NULL, absent, 1, &closure, &error) == ROOTLET_NOT_FOUND);
  CHECK(equal(rootlet_error_path(error), "/usr/bin/absent"));
  CHECK(fails(ROOTLET_NOT_FOUND, ROOTLET_NOT_FOUND, &error));
  CHECK(rootlet_resolve(root, NULL, absent, 1, &closure, NULL) == ROOTLET_NOT_FOUND);
  rootlet_options_set_progress(options, progress, &told);
  CHECK(fails(rootlet_resolve(root, options, entries, 3, &closure, &error), ROOTLET_CANCELLED, &error));
  CHECK(closure == NULL && told.calls == 1);
  rootlet_options_free(options);
}

static rootlet_closure *resolved(rootlet_root *root) {
  rootlet_closure *closure = NULL;
  rootlet_options *options = rootlet_options_new();
  rootlet_error *error = NULL;
  struct told told = {{0, 0, 0}, 0, 0, NULL};
  CHECK(succeeds(rootlet_options_set(options, "record-attempts", "yes", &error), &error));
  CHECK(succeeds(rootlet_options_add(options, "include", "/usr/share/app/*.txt", &error), &error));
  rootlet_options_set_progress(options, progress, &told);
  rootlet_options_set_log(options, take_line, &told);
  CHECK(succeeds(rootlet_resolve(root, options, entries, 3, &closure, &error), &error));
  CHECK(told.calls >= 1 && told.lines[ROOTLET_WARNING] >= 1 && told.lines[ROOTLET_DEBUG] >= 1);
  rootlet_options_free(options);
  return closure;
}

static void files_are_known_with_their_reasons(const rootlet_closure *closure) {
  size_t i, j, app = rootlet_file_find(closure, "/usr/bin/app"), link = rootlet_file_find(closure, LIB "libz.so.1");
  char root[4096];
  snprintf(root, sizeof root, "%s/dpkg", world);
  CHECK(equal(rootlet_closure_root(closure), root));
  CHECK(rootlet_entry_count(closure) == 3 && equal(rootlet_entry(closure, 1), "/bin/broken") &&
        rootlet_entry(closure, 3) == NULL);
  CHECK(rootlet_file_count(closure) > 20);
  CHECK(app != ROOTLET_NONE && link != ROOTLET_NONE && rootlet_file_find(closure, "/usr/bin/absent") == ROOTLET_NONE);
  CHECK(rootlet_file_find(closure, NULL) == ROOTLET_NONE && rootlet_file_find(closure, "") == ROOTLET_NONE);
  CHECK(equal(rootlet_file_path(closure, app), "/usr/bin/app"));
  CHECK(rootlet_file_type(closure, app) == ROOTLET_FILE && rootlet_file_mode(closure, app) == 0755 &&
        rootlet_file_size(closure, app) > 100);
  CHECK(equal(rootlet_file_package(closure, app), "app 1.0") && rootlet_file_target(closure, app) == NULL &&
        rootlet_file_generated(closure, app) == 0);
  CHECK(rootlet_reason_count(closure, app) >= 1 && equal(rootlet_reason_kind(closure, app, 0), "entry"));
  CHECK(equal(rootlet_reason_by(closure, app, 0), "") && equal(rootlet_reason_detail(closure, app, 0), "/usr/bin/app"));
  CHECK(rootlet_reason_how(closure, app, 0) == NULL);
  CHECK(rootlet_file_type(closure, link) == ROOTLET_SYMLINK && equal(rootlet_file_target(closure, link), "libz.so.1.2.13"));
  CHECK(rootlet_file_size(closure, link) == 0 && equal(rootlet_file_package(closure, link), "zlib1g 1:1.2.13"));
  for (i = 0; i < rootlet_file_count(closure); ++i) {
    CHECK(rootlet_file_find(closure, rootlet_file_path(closure, i)) == i);
    CHECK(i == 0 || strcmp(rootlet_file_path(closure, i - 1), rootlet_file_path(closure, i)) < 0);
    CHECK(rootlet_file_type(closure, i) >= ROOTLET_FILE && rootlet_file_type(closure, i) <= ROOTLET_SYMLINK);
    CHECK(rootlet_file_mode(closure, i) <= 07777 && (rootlet_file_generated(closure, i) & ~1) == 0);
    CHECK(rootlet_reason_count(closure, i) > 0);
    for (j = 0; j < rootlet_reason_count(closure, i); ++j) {
      CHECK(rootlet_reason_kind(closure, i, j) != NULL && rootlet_reason_by(closure, i, j) != NULL &&
            rootlet_reason_detail(closure, i, j) != NULL);
      if (equal(rootlet_reason_kind(closure, i, j), "needed")) CHECK(rootlet_reason_how(closure, i, j) != NULL);
    }
    CHECK(rootlet_reason_kind(closure, i, j) == NULL && rootlet_reason_by(closure, i, j) == NULL);
    CHECK(rootlet_reason_detail(closure, i, j) == NULL && rootlet_reason_how(closure, i, j) == NULL);
  }
}

static void what_is_missing_is_said(const rootlet_closure *closure) {
  size_t i, j, found = 0;
  for (i = 0; i < rootlet_missing_count(closure); ++i) {
    CHECK(rootlet_missing_by(closure, i) != NULL && rootlet_missing_kind(closure, i) != NULL);
    if (!equal(rootlet_missing_name(closure, i), "libgone.so.3")) continue;
    ++found;
    CHECK(equal(rootlet_missing_by(closure, i), "/usr/bin/broken") && equal(rootlet_missing_kind(closure, i), "needed"));
    CHECK(rootlet_attempt_count(closure, i) >= 3 && equal(rootlet_attempt_path(closure, i, 0), "/opt/none/libgone.so.3"));
    CHECK(equal(rootlet_attempt_how(closure, i, 0), "runpath"));
    for (j = 0; j < rootlet_attempt_count(closure, i); ++j) CHECK(*rootlet_attempt_why(closure, i, j) != '\0');
    CHECK(rootlet_attempt_path(closure, i, j) == NULL && rootlet_attempt_how(closure, i, j) == NULL &&
          rootlet_attempt_why(closure, i, j) == NULL);
  }
  CHECK(found == 1);
  CHECK(rootlet_missing_name(closure, i) == NULL && rootlet_missing_by(closure, i) == NULL &&
        rootlet_missing_kind(closure, i) == NULL);
  CHECK(rootlet_attempt_count(closure, i) == 0 && rootlet_attempt_path(closure, i, 0) == NULL);
  for (i = 0; i < rootlet_finding_count(closure); ++i) {
    CHECK(*rootlet_finding_kind(closure, i) != '\0' && rootlet_finding_by(closure, i) != NULL &&
          rootlet_finding_detail(closure, i) != NULL);
  }
  CHECK(i > 0);
  CHECK(rootlet_finding_kind(closure, i) == NULL && rootlet_finding_by(closure, i) == NULL &&
        rootlet_finding_detail(closure, i) == NULL);
}

static void beyond_the_end_and_of_null_there_is_nothing(const rootlet_closure *closure) {
  const rootlet_closure *of[2];
  size_t i;
  of[0] = closure;
  of[1] = NULL;
  for (i = 0; i < 2; ++i) {
    const rootlet_closure *c = of[i];
    const size_t beyond[2] = {rootlet_file_count(c), SIZE_MAX};
    size_t j;
    for (j = 0; j < 2; ++j) {
      const size_t f = beyond[j];
      CHECK(rootlet_file_path(c, f) == NULL && rootlet_file_type(c, f) == 0 && rootlet_file_size(c, f) == 0 &&
            rootlet_file_mode(c, f) == 0);
      CHECK(rootlet_file_target(c, f) == NULL && rootlet_file_package(c, f) == NULL && rootlet_file_generated(c, f) == 0);
      CHECK(rootlet_reason_count(c, f) == 0 && rootlet_reason_kind(c, f, 0) == NULL && rootlet_reason_by(c, f, 0) == NULL);
      CHECK(rootlet_reason_detail(c, f, 0) == NULL && rootlet_reason_how(c, f, 0) == NULL);
      CHECK(rootlet_missing_name(c, SIZE_MAX) == NULL && rootlet_finding_kind(c, SIZE_MAX) == NULL &&
            rootlet_entry(c, SIZE_MAX) == NULL);
    }
  }
  CHECK(rootlet_closure_root(NULL) == NULL && rootlet_entry_count(NULL) == 0 && rootlet_file_count(NULL) == 0);
  CHECK(rootlet_missing_count(NULL) == 0 && rootlet_finding_count(NULL) == 0 && rootlet_file_find(NULL, "/") == ROOTLET_NONE);
}

static void closures_are_told_in_many_ways(const rootlet_closure *closure) {
  static const char *const formats[] = {"json", "paths", "tree", "color-tree", "dot"};
  static const char *const words[] = {"\"libgone.so.3\"", "\n" LIB "libz.so.1\n", "libz.so.1", "\033[", "digraph"};
  rootlet_text *text = NULL;
  rootlet_error *error = NULL;
  int present = -1;
  size_t i;
  for (i = 0; i < 5; ++i) {
    CHECK(succeeds(rootlet_closure_text(closure, formats[i], &text, &error), &error));
    CHECK(contains(text, words[i]) && strlen(rootlet_text_data(text)) == rootlet_text_size(text));
    rootlet_text_free(text);
  }
  CHECK(fails(rootlet_closure_text(closure, "yaml", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(text == NULL);
  CHECK(fails(rootlet_closure_text(closure, "", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_text(closure, NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_text(NULL, "json", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_text(closure, "json", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));

  CHECK(fails(rootlet_closure_report(NULL, NULL, 0, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_report(closure, NULL, 0, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  if (rootlet_closure_report(closure, NULL, 0, &text, &error) != ROOTLET_UNSUPPORTED) CHECK(contains(text, "<html"));
  rootlet_text_free(text);
  rootlet_error_free(error);

  CHECK(succeeds(rootlet_closure_depfile(closure, "layer.tar", &text, &error), &error));
  CHECK(contains(text, "layer.tar:") && contains(text, "/dpkg/usr/bin/app"));
  rootlet_text_free(text);
  CHECK(fails(rootlet_closure_depfile(closure, NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_depfile(NULL, "layer.tar", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_depfile(closure, "layer.tar", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));

  CHECK(succeeds(rootlet_closure_why(closure, LIB "libz.so.1", 0, "text", &present, &text, &error), &error));
  CHECK(present == 1 && contains(text, "/usr/bin/app"));
  rootlet_text_free(text);
  CHECK(succeeds(rootlet_closure_why(closure, "libgone.so.3", 1, "json", &present, &text, &error), &error));
  CHECK(present == 0 && contains(text, "\"present\": false"));
  rootlet_text_free(text);
  CHECK(succeeds(rootlet_closure_why(closure, "/usr/bin/app", SIZE_MAX, "color-text", NULL, &text, &error), &error));
  rootlet_text_free(text);
  CHECK(
      fails(rootlet_closure_why(closure, "/usr/bin/app", 1, "html", &present, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_why(closure, "", 1, "text", &present, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_why(closure, NULL, 1, "text", &present, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_why(closure, "/usr/bin/app", 1, NULL, &present, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_why(closure, "/usr/bin/app", 1, "text", &present, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_closure_why(NULL, "/usr/bin/app", 1, "text", &present, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(text == NULL && present == 0);
}

static void plans_are_sorted_and_sized(const rootlet_plan *plan) {
  size_t i;
  uint64_t bytes = 0;
  for (i = 0; i < rootlet_plan_count(plan); ++i) {
    const int type = rootlet_plan_type(plan, i);
    CHECK(i == 0 || strcmp(rootlet_plan_path(plan, i - 1), rootlet_plan_path(plan, i)) < 0);
    CHECK(type >= ROOTLET_FILE && type <= ROOTLET_HARD_LINK && rootlet_plan_mode(plan, i) <= 07777);
    CHECK((rootlet_plan_target(plan, i) != NULL) == (type == ROOTLET_SYMLINK || type == ROOTLET_HARD_LINK));
    CHECK(rootlet_plan_modified(plan, i) == 0 || rootlet_plan_modified(plan, i) == 1700000000);
    CHECK(rootlet_plan_uid(plan, i) == 0 && rootlet_plan_gid(plan, i) == 0);
    if (type == ROOTLET_FILE) bytes += rootlet_plan_size(plan, i);
  }
  CHECK(i > 20 && bytes == rootlet_plan_bytes(plan));
  CHECK(rootlet_plan_path(plan, i) == NULL && rootlet_plan_type(plan, i) == 0 && rootlet_plan_mode(plan, i) == 0 &&
        rootlet_plan_uid(plan, i) == 0);
  CHECK(rootlet_plan_gid(plan, i) == 0 && rootlet_plan_modified(plan, i) == 0 && rootlet_plan_size(plan, i) == 0 &&
        rootlet_plan_target(plan, i) == NULL);
  CHECK(rootlet_plan_path(NULL, 0) == NULL && rootlet_plan_type(NULL, 0) == 0 && rootlet_plan_mode(NULL, 0) == 0 &&
        rootlet_plan_uid(NULL, 0) == 0);
  CHECK(rootlet_plan_gid(NULL, 0) == 0 && rootlet_plan_modified(NULL, 0) == 0 && rootlet_plan_size(NULL, 0) == 0 &&
        rootlet_plan_target(NULL, 0) == NULL);
  CHECK(rootlet_plan_count(NULL) == 0 && rootlet_plan_bytes(NULL) == 0 && rootlet_plan_finding_count(NULL) == 0);
  for (i = 0; i < rootlet_plan_finding_count(plan); ++i) {
    CHECK(rootlet_plan_finding_kind(plan, i) != NULL && rootlet_plan_finding_by(plan, i) != NULL &&
          rootlet_plan_finding_detail(plan, i) != NULL);
  }
  CHECK(rootlet_plan_finding_kind(plan, i) == NULL && rootlet_plan_finding_by(plan, i) == NULL &&
        rootlet_plan_finding_detail(plan, i) == NULL);
}

static void layers_are_written(const rootlet_plan *plan) {
  rootlet_error *error = NULL;
  int descriptor;
  CHECK(succeeds(rootlet_plan_write(plan, NULL, "tar", in_out("layer"), &error), &error));
  CHECK(fails(rootlet_plan_write(plan, NULL, "dir", in_out("layer"), &error), ROOTLET_ALREADY_EXISTS, &error));
  CHECK(fails(rootlet_plan_write(plan, NULL, "dir", out, &error), ROOTLET_ALREADY_EXISTS, &error));
  CHECK(unlink(in_out("layer")) == 0);
  CHECK(fails(rootlet_plan_write(plan, NULL, "zip", in_out("layer"), &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write(plan, NULL, NULL, in_out("layer"), &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write(plan, NULL, "tar", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write(NULL, NULL, "tar", in_out("layer"), &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write(plan, NULL, "tar", in_out("none/layer"), &error), ROOTLET_NOT_FOUND, &error));
  CHECK(access(in_out("layer"), F_OK) != 0);
  descriptor = open(in_out("layer"), O_WRONLY | O_CREAT | O_EXCL, 0600);
  CHECK(succeeds(rootlet_plan_write_to(plan, NULL, "tar", descriptor, &error), &error));
  CHECK(fcntl(descriptor, F_GETFD) >= 0); /* stays open */
  CHECK(fails(rootlet_plan_write_to(plan, NULL, "dir", descriptor, &error), ROOTLET_NOT_A_DIRECTORY, &error));
  CHECK(fails(rootlet_plan_write_to(plan, NULL, "zip", descriptor, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write_to(plan, NULL, NULL, descriptor, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write_to(NULL, NULL, "tar", descriptor, &error), ROOTLET_INVALID_ARGUMENT, &error));
  close(descriptor);
  CHECK(fails(rootlet_plan_write_to(plan, NULL, "tar", descriptor, &error), ROOTLET_IO, &error));
  CHECK(fails(rootlet_plan_write_to(plan, NULL, "dir", descriptor, &error), ROOTLET_IO, &error));
  CHECK(unlink(in_out("layer")) == 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status, (void)type, (void)where;
  return remove(path);
}

static void images_are_written_and_joined(const rootlet_plan *plan) {
  static const char *const formats[] = {"oci-archive", "docker-archive"};
  static const char *const none[] = {NULL};
  static const char *const first[] = {"first"};
  rootlet_options *options = rootlet_options_new();
  rootlet_text *about = (rootlet_text *)&failures;
  rootlet_error *error = NULL;
  struct stat status;
  char layout[4096];
  int descriptor;
  size_t i;
  strcpy(layout, in_out("layout"));
  CHECK(succeeds(rootlet_options_set(options, "tag", "first", &error), &error));
  CHECK(succeeds(rootlet_options_set(options, "layers", "split", &error), &error));
  CHECK(succeeds(rootlet_plan_write(plan, options, "oci", layout, &error), &error));
  CHECK(succeeds(rootlet_plan_write_image(plan, options, "oci", layout, -1, &about, &error), &error));
  CHECK(contains(about, "\"digest\": \"sha256:") && contains(about, "\"diff_id\"") && contains(about, "\"size\""));
  rootlet_text_free(about);
  CHECK(succeeds(rootlet_index(layout, first, 1, "all", &about, &error), &error));
  CHECK(rootlet_text_size(about) == strlen("sha256:") + 64);
  rootlet_text_free(about);
  CHECK(succeeds(rootlet_index(layout, first, 1, "again", NULL, &error), &error));
  CHECK(fails(rootlet_index(layout, first, 0, "all", &about, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(about == NULL);
  CHECK(fails(rootlet_index(layout, none, 1, "all", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_index(layout, NULL, 1, "all", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_index(layout, first, 1, NULL, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_index(NULL, first, 1, "all", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_index(in_out("none"), first, 1, "all", NULL, &error), ROOTLET_NOT_FOUND, &error));
  CHECK(nftw(layout, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);

  for (i = 0; i < 2; ++i) {
    descriptor = open(in_out("image"), O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(succeeds(rootlet_plan_write_image(plan, NULL, formats[i], NULL, descriptor, &about, &error), &error));
    CHECK(contains(about, "\"config\": \"sha256:"));
    rootlet_text_free(about);
    CHECK(fstat(descriptor, &status) == 0 && status.st_size > 10240);
    CHECK(close(descriptor) == 0 && unlink(in_out("image")) == 0);
    CHECK(succeeds(rootlet_plan_write_image(plan, NULL, formats[i], in_out("image"), -1, NULL, &error), &error));
    CHECK(unlink(in_out("image")) == 0);
  }
  CHECK(fails(rootlet_plan_write_image(plan, NULL, "oci", NULL, 1, &about, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(about == NULL);
  CHECK(fails(rootlet_plan_write_image(plan, NULL, "tar", in_out("image"), -1, &about, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write_image(plan, NULL, NULL, in_out("image"), -1, &about, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write_image(NULL, NULL, "oci", in_out("image"), -1, &about, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_write_image(plan, NULL, "oci-archive", in_out("none/image"), -1, &about, &error), ROOTLET_NOT_FOUND, &error));
  rootlet_options_free(options);
}

static void layers_are_described_and_compared(const rootlet_plan *plan) {
  static const char *const kinds[] = {"spdx", "cyclonedx"};
  static const char *const words[] = {"\"SPDX-2.3\"", "\"specVersion\": \"1.6\""};
  rootlet_text *manifest = NULL, *text = NULL;
  rootlet_root *layer = NULL;
  rootlet_options *options = rootlet_options_new();
  rootlet_error *error = NULL;
  const char *json;
  char directory[4096], file[4096];
  size_t i, size;
  int differs = -1;
  strcpy(directory, in_out("layer"));
  strcpy(file, in_out("manifest"));

  CHECK(fails(rootlet_plan_manifest(NULL, NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_manifest(plan, NULL, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(succeeds(rootlet_plan_manifest(plan, NULL, &manifest, &error), &error));
  json = rootlet_text_data(manifest);
  size = rootlet_text_size(manifest);
  CHECK(contains(manifest, "\"sha256\"") && strlen(json) == size);

  CHECK(succeeds(rootlet_options_set(options, "epoch", "1700000000", &error), &error));
  for (i = 0; i < 2; ++i) {
    CHECK(succeeds(rootlet_plan_sbom(plan, options, kinds[i], &text, &error), &error));
    CHECK(contains(text, words[i]) && contains(text, "\"2023-11-14T22:13:20Z\""));
    rootlet_text_free(text);
  }
  rootlet_options_free(options);
  CHECK(fails(rootlet_plan_sbom(plan, NULL, "none", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(text == NULL);
  CHECK(fails(rootlet_plan_sbom(plan, NULL, NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_sbom(NULL, NULL, "spdx", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_plan_sbom(plan, NULL, "spdx", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));

  CHECK(succeeds(rootlet_plan_write(plan, NULL, "dir", directory, &error), &error));
  CHECK(succeeds(rootlet_text_save(manifest, file, &error), &error));
  CHECK(succeeds(rootlet_root_open(directory, &layer, &error), &error));
  CHECK(succeeds(rootlet_verify(layer, NULL, json, size, "text", &differs, &text, &error), &error));
  CHECK(differs == 0 && rootlet_text_size(text) == 0);
  rootlet_text_free(text);
  rootlet_root_free(layer);
  CHECK(chmod(strcat(directory, "/usr/bin/app"), 0700) == 0);
  *strstr(directory, "/usr/bin/app") = '\0';
  CHECK(succeeds(rootlet_root_open(directory, &layer, &error), &error));
  CHECK(succeeds(rootlet_verify(layer, NULL, json, size, "json", &differs, &text, &error), &error));
  CHECK(differs == 1 && contains(text, "\"mode 0755, now 0700\""));
  rootlet_text_free(text);
  CHECK(succeeds(rootlet_verify(layer, NULL, json, size, "color-text", NULL, &text, &error), &error));
  CHECK(contains(text, "\033["));
  rootlet_text_free(text);
  CHECK(fails(rootlet_verify(layer, NULL, json, size - 3, "json", &differs, &text, &error), ROOTLET_MALFORMED, &error));
  CHECK(differs == 0 && text == NULL);
  CHECK(fails(rootlet_verify(layer, NULL, json, size, "html", &differs, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_verify(layer, NULL, json, size, NULL, &differs, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_verify(layer, NULL, NULL, 0, "json", &differs, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_verify(NULL, NULL, json, size, "json", &differs, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_verify(layer, NULL, json, size, "json", &differs, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  rootlet_root_free(layer);

  CHECK(succeeds(rootlet_diff(file, directory, NULL, "text", &differs, &text, &error), &error));
  CHECK(differs == 1 && contains(text, "~ /usr/bin/app"));
  rootlet_text_free(text);
  CHECK(succeeds(rootlet_diff(file, file, NULL, "json", &differs, &text, &error), &error));
  CHECK(differs == 0 && contains(text, "\"same\": true"));
  rootlet_text_free(text);
  CHECK(fails(rootlet_diff(file, in_out("none"), NULL, "json", NULL, &text, &error), ROOTLET_NOT_FOUND, &error));
  CHECK(fails(rootlet_diff(file, file, NULL, "html", NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_diff(file, file, NULL, NULL, NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_diff(NULL, file, NULL, "json", NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_diff(file, NULL, NULL, "json", NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_diff(file, file, NULL, "json", NULL, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  rootlet_text_free(manifest);
  CHECK(unlink(file) == 0 && nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static rootlet_plan *planned(const rootlet_closure *closure) {
  rootlet_plan *plan = (rootlet_plan *)&failures;
  rootlet_options *options = rootlet_options_new();
  rootlet_error *error = NULL;
  CHECK(fails(rootlet_plan_make(NULL, NULL, &plan, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(plan == NULL);
  CHECK(fails(rootlet_plan_make(closure, NULL, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(succeeds(rootlet_options_set(options, "times", "epoch", &error), &error));
  CHECK(succeeds(rootlet_options_set(options, "epoch", "77", &error), &error));
  CHECK(succeeds(rootlet_plan_make(closure, options, &plan, &error), &error));
  CHECK(rootlet_plan_modified(plan, rootlet_plan_count(plan) - 1) == 77);
  rootlet_plan_free(plan);
  rootlet_options_free(options);
  CHECK(succeeds(rootlet_plan_make(closure, NULL, &plan, &error), &error));
  return plan;
}

static void rules_say_what_to_do(void) {
  size_t i;
  for (i = 0; i < rootlet_audit_rule_count(); ++i) {
    CHECK(*rootlet_audit_rule_name(i) != '\0' && *rootlet_audit_rule_summary(i) != '\0' && *rootlet_audit_rule_help(i) != '\0');
  }
  CHECK(i > 10);
  CHECK(rootlet_audit_rule_name(i) == NULL && rootlet_audit_rule_summary(i) == NULL && rootlet_audit_rule_help(SIZE_MAX) == NULL);
}

static void what_is_amiss_is_found(const rootlet_audit *audit) {
  static const char *const effects[] = {"stops-start", "fails-on-call", "fails-to-open", "note"};
  static const char *const relro[] = {"none", "partial", "full"};
  size_t i, j, counts = 0, known;
  CHECK(rootlet_audit_programs(audit) > 0);
  for (i = 0; i < rootlet_audit_finding_count(audit); ++i) {
    for (j = 0, known = 0; j < 4; ++j) known += equal(rootlet_audit_finding_effect(audit, i), effects[j]);
    CHECK(known == 1);
    for (j = 0, known = 0; j < rootlet_audit_rule_count(); ++j) known += equal(rootlet_audit_finding_rule(audit, i), rootlet_audit_rule_name(j));
    CHECK(known == 1);
    CHECK(rootlet_audit_finding_object(audit, i) != NULL && rootlet_audit_finding_subject(audit, i) != NULL && rootlet_audit_finding_symbol(audit, i) != NULL);
    CHECK(rootlet_audit_finding_version(audit, i) != NULL && rootlet_audit_finding_from(audit, i) != NULL && rootlet_audit_finding_nearest(audit, i) != NULL);
    CHECK(rootlet_audit_finding_program(audit, i) != NULL && *rootlet_audit_finding_message(audit, i) != '\0' && rootlet_audit_finding_programs(audit, i) >= 1);
    CHECK(strncmp(rootlet_audit_finding_key(audit, i), rootlet_audit_finding_rule(audit, i), strlen(rootlet_audit_finding_rule(audit, i))) == 0);
    CHECK(rootlet_audit_finding_accepted(audit, i) == 0);
    if (!equal(rootlet_audit_finding_effect(audit, i), "note")) ++counts;
  }
  CHECK(counts > 0 && rootlet_audit_bound(audit) == 0);
  CHECK(rootlet_audit_object_count(audit) > 0);
  for (i = 0; i < rootlet_audit_object_count(audit); ++i) {
    for (j = 0, known = 0; j < 3; ++j) known += equal(rootlet_audit_object_protection(audit, i, "relro"), relro[j]);
    CHECK(known == 1);
    CHECK(rootlet_audit_object_path(audit, i)[0] == '/' && (rootlet_audit_object_program(audit, i) & ~1) == 0 && rootlet_audit_object_references(audit, i) < 100000);
    CHECK(rootlet_audit_object_protection(audit, i, "none such") == NULL && rootlet_audit_object_protection(audit, i, NULL) == NULL);
  }
}

static void beyond_the_end_of_an_audit_there_is_nothing(const rootlet_audit *audit) {
  const size_t f = rootlet_audit_finding_count(audit), o = rootlet_audit_object_count(audit), u = rootlet_audit_unreached_count(audit);
  CHECK(rootlet_audit_finding_rule(audit, f) == NULL && rootlet_audit_finding_effect(audit, f) == NULL && rootlet_audit_finding_object(audit, f) == NULL);
  CHECK(rootlet_audit_finding_subject(audit, f) == NULL && rootlet_audit_finding_symbol(audit, f) == NULL && rootlet_audit_finding_version(audit, f) == NULL);
  CHECK(rootlet_audit_finding_from(audit, f) == NULL && rootlet_audit_finding_nearest(audit, f) == NULL && rootlet_audit_finding_program(audit, f) == NULL);
  CHECK(rootlet_audit_finding_programs(audit, f) == 0 && rootlet_audit_finding_message(audit, f) == NULL && rootlet_audit_finding_key(audit, f) == NULL);
  CHECK(rootlet_audit_finding_accepted(audit, f) == 0);
  CHECK(rootlet_audit_object_path(audit, o) == NULL && rootlet_audit_object_program(audit, o) == 0 && rootlet_audit_object_references(audit, o) == 0);
  CHECK(rootlet_audit_object_protection(audit, o, "relro") == NULL);
  CHECK(rootlet_audit_unreached_path(audit, u) == NULL && rootlet_audit_unreached_size(audit, u) == 0 && rootlet_audit_unreached_package(audit, u) == NULL);
}

static void audits_are_told_in_many_ways(const rootlet_audit *audit) {
  static const char *const formats[] = {"text", "color-text", "hardening", "color-hardening", "json", "sarif", "junit", "baseline"};
  static const char *const words[] = {"looked up; ", "\033[", "RELRO", "\033[1m", "\"bound\": false", "\"2.1.0\"", "<testsuite ", "\n# "};
  rootlet_text *text = (rootlet_text *)&failures;
  rootlet_error *error = NULL;
  size_t i;
  for (i = 0; i < 8; ++i) {
    CHECK(succeeds(rootlet_audit_text(audit, formats[i], &text, &error), &error));
    CHECK(contains(text, words[i]) && strlen(rootlet_text_data(text)) == rootlet_text_size(text));
    rootlet_text_free(text);
  }
  CHECK(fails(rootlet_audit_text(audit, "xml", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(text == NULL);
  CHECK(fails(rootlet_audit_text(audit, NULL, &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_audit_text(NULL, "json", &text, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_audit_text(audit, "json", NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
}

static void what_is_accepted_does_not_count(rootlet_audit *audit) {
  static const char gone[] = "# mine\n\nundefined-symbol /gone foo\n";
  rootlet_text *baseline = NULL, *stale = (rootlet_text *)&failures;
  rootlet_error *error = NULL;
  size_t i;
  CHECK(fails(rootlet_audit_accept(audit, "no rule", 7, &stale, &error), ROOTLET_MALFORMED, &error));
  CHECK(stale == NULL);
  CHECK(fails(rootlet_audit_accept(audit, NULL, 1, &stale, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_audit_accept(NULL, gone, 0, &stale, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(succeeds(rootlet_audit_accept(audit, NULL, 0, NULL, &error), &error));
  CHECK(succeeds(rootlet_audit_accept(audit, gone, sizeof gone - 1, &stale, &error), &error));
  CHECK(equal(rootlet_text_data(stale), "undefined-symbol /gone foo\n") && rootlet_audit_bound(audit) == 0);
  rootlet_text_free(stale);
  CHECK(succeeds(rootlet_audit_text(audit, "baseline", &baseline, &error), &error));
  CHECK(succeeds(rootlet_audit_accept(audit, rootlet_text_data(baseline), rootlet_text_size(baseline), &stale, &error), &error));
  CHECK(rootlet_text_size(stale) == 0 && rootlet_audit_bound(audit) == 1);
  for (i = 0; i < rootlet_audit_finding_count(audit); ++i) {
    CHECK(rootlet_audit_finding_accepted(audit, i) != equal(rootlet_audit_finding_effect(audit, i), "note"));
  }
  rootlet_text_free(stale);
  rootlet_text_free(baseline);
}

static void programs_are_audited(rootlet_root *root, const rootlet_closure *closure) {
  static const char *const null[] = {NULL};
  rootlet_options *options = rootlet_options_new();
  rootlet_audit *audit = (rootlet_audit *)&failures;
  rootlet_error *error = NULL;
  struct told told = {{0, 0, 0}, 0, 0, NULL};
  size_t i;
  CHECK(fails(rootlet_closure_audit(NULL, NULL, &audit, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(audit == NULL);
  CHECK(fails(rootlet_closure_audit(closure, NULL, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  rootlet_options_set_progress(options, progress, &told);
  rootlet_options_set_log(options, take_line, &told);
  CHECK(succeeds(rootlet_closure_audit(closure, options, &audit, &error), &error));
  CHECK(told.calls >= 1 && told.lines[ROOTLET_WARNING] >= 1 && told.lines[ROOTLET_DEBUG] >= 1);
  what_is_amiss_is_found(audit);
  CHECK(rootlet_audit_unreached_count(audit) == 0);
  beyond_the_end_of_an_audit_there_is_nothing(audit);
  beyond_the_end_of_an_audit_there_is_nothing(NULL);
  CHECK(rootlet_audit_bound(NULL) == 0 && rootlet_audit_programs(NULL) == 0 && rootlet_audit_bindings(NULL) == 0 && rootlet_audit_bindings(audit) < 1000000);
  audits_are_told_in_many_ways(audit);
  what_is_accepted_does_not_count(audit);
  rootlet_audit_free(audit);
  told.stop_at = ++told.calls;
  told.calls = told.stop_at - 1;
  CHECK(fails(rootlet_closure_audit(closure, options, &audit, &error), ROOTLET_CANCELLED, &error));
  CHECK(audit == NULL);

  CHECK(fails(rootlet_root_audit(NULL, NULL, entries, 1, &audit, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_root_audit(root, NULL, entries, 1, NULL, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_root_audit(root, NULL, NULL, 1, &audit, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(fails(rootlet_root_audit(root, NULL, null, 1, &audit, &error), ROOTLET_INVALID_ARGUMENT, &error));
  CHECK(succeeds(rootlet_root_audit(root, NULL, entries, 3, &audit, &error), &error));
  CHECK(rootlet_audit_unreached_count(audit) > 0);
  for (i = 0; i < rootlet_audit_unreached_count(audit); ++i) {
    CHECK(rootlet_audit_unreached_path(audit, i)[0] == '/');
    CHECK(i == 0 || rootlet_audit_unreached_size(audit, i - 1) >= rootlet_audit_unreached_size(audit, i));
    CHECK(rootlet_audit_unreached_package(audit, i) == NULL || *rootlet_audit_unreached_package(audit, i) != '\0');
  }
  rootlet_audit_free(audit);
  CHECK(succeeds(rootlet_root_audit(root, NULL, NULL, 0, &audit, &error), &error));
  rootlet_audit_free(audit);
  rootlet_options_free(options);
}

int main(int argc, char **argv) {
  rootlet_root *root = NULL;
  rootlet_closure *closure;
  rootlet_plan *plan;
  if (argc != 3) return fputs("usage: c_walk_test WORLD OUT\n", stderr), 2;
  world = argv[1];
  out = argv[2];
  mkdir(out, 0755);
  errors_have_names_and_are_freed_as_null();
  texts_are_written_as_they_are();
  options_say_what_they_are();
  options_keep_what_they_are_given();
  roots_are_directories(&root);
  what_cannot_be_resolved_is_an_error(root);
  closure = resolved(root);
  if (closure == NULL) return 1;
  files_are_known_with_their_reasons(closure);
  what_is_missing_is_said(closure);
  beyond_the_end_and_of_null_there_is_nothing(closure);
  closures_are_told_in_many_ways(closure);
  rules_say_what_to_do();
  programs_are_audited(root, closure);
  plan = planned(closure);
  plans_are_sorted_and_sized(plan);
  /* In this order the plan keeps the closure, and the closure its root. */
  rootlet_root_free(root);
  rootlet_closure_free(closure);
  layers_are_written(plan);
  images_are_written_and_joined(plan);
  layers_are_described_and_compared(plan);
  rootlet_plan_free(plan);
  if (rmdir(out) != 0) printf("something is left in %s\n", out), ++failures;
  return failures == 0 ? 0 : 1;
}
