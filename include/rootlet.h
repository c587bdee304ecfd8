/* rootlet.h: which files must stand beside a Linux program for it to run, and a layer made of them.
 *
 * C99; the only interface of rootlet whose binary form is kept stable. The whole way through the house:
 *
 *     rootlet_root *root; rootlet_closure *closure; rootlet_plan *plan; rootlet_error *error;
 *     const char *entries[] = {"/usr/bin/curl"};
 *     if (rootlet_root_open("/", &root, &error) == ROOTLET_OK &&
 *         rootlet_resolve(root, NULL, entries, 1, &closure, &error) == ROOTLET_OK &&
 *         rootlet_plan_make(closure, NULL, &plan, &error) == ROOTLET_OK &&
 *         rootlet_plan_write(plan, NULL, "tar", "layer.tar", &error) == ROOTLET_OK) ...
 *
 * Ownership. A function that hands out a handle (through a `_new`, or into a pointer to one) hands out its ownership;
 * the handle's `_free` ends it, and takes NULL. Handles may be freed in any order: a plan keeps the closure that it needs,
 * a closure its root. Strings and pointers that are returned belong to the handle they were asked of and live as long as it
 * does (those of options: until the option is changed). What is passed in is copied, or used only during the call.
 *
 * Errors. A function that can fail returns ROOTLET_OK (0) or a negative code, and then stores an owned rootlet_error in its
 * last argument, unless that is NULL. On failure the other results are set to NULL. Errors are never kept in a global or
 * in a thread. When memory runs out the code is ROOTLET_NO_MEMORY, the error is still there, and nothing is lost; but libarchive, which
 * writes tar archives and reads Java's, may end the process if what is left is less than it needs (some KiB, asked for before).
 * A library or file that is missing is no error but part of the answer (rootlet_missing_...).
 *
 * Threads. A handle that is made is not changed any more, but for rootlet_options and by rootlet_audit_accept(), and may be used by several threads at
 * once; calls that read the tree again take turns on one root. Calls on different roots never disturb each other.
 * The library has no global state that changes, and never prints, exits, waits for input, changes the locale, the working
 * directory, the umask, a signal's disposition or an environment variable, nor reads one. A handle must be freed once, by a
 * thread that knows that no other still uses it.
 *
 * Strings are bytes that end in NUL. Paths inside the root are absolute ("/usr/bin/curl") and are, as Linux has it, any bytes;
 * messages are UTF-8, but hold paths as they are. Indices count from 0; asking beyond the end, or of a NULL handle, gives NULL
 * or 0. Sizes are in bytes, times in seconds since 1970, modes as in stat(2) without the type (07777).
 *
 * Names for words (kinds of reasons, ways in which a library was found, kinds of findings) are the ones of the JSON, which
 * rootlet-json(5) describes.
 */
#ifndef ROOTLET_H
#define ROOTLET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ROOTLET_API __attribute__((visibility("default")))
#else
#define ROOTLET_API
#endif

/* "0.1.0". */
ROOTLET_API const char *rootlet_version(void);

/* ---- errors ---------------------------------------------------------------------------------------------------- */

/* What a call returns. The numbers are stable; more may follow. */
enum rootlet_code {
  ROOTLET_OK = 0,
  ROOTLET_INVALID_ARGUMENT = -1,  /* the caller's own words are off: an unknown option, a relative path, NULL */
  ROOTLET_NOT_FOUND = -2,         /* a path that should exist does not */
  ROOTLET_NOT_A_DIRECTORY = -3,   /* a component, or the root itself, is not a directory */
  ROOTLET_PERMISSION_DENIED = -4,
  ROOTLET_IO = -5,                /* the system refused to read or write for any other reason */
  ROOTLET_MALFORMED = -6,         /* bytes that are not what they claim to be */
  ROOTLET_UNSUPPORTED = -7,       /* understood, and not handled */
  ROOTLET_ALREADY_EXISTS = -8,    /* an output that would have to be overwritten */
  ROOTLET_TOO_LARGE = -9,         /* a bound on counts, sizes or depth was reached */
  ROOTLET_CANCELLED = -10,        /* the progress callback asked to stop */
  ROOTLET_NO_MEMORY = -11,
  ROOTLET_INTERNAL = -12          /* a defect of rootlet, or of a library that it uses; the message says which */
};

/* "not_found"; "unknown" for a number that is no code. Lives forever. */
ROOTLET_API const char *rootlet_code_name(int code);

typedef struct rootlet_error rootlet_error;
ROOTLET_API int rootlet_error_code(const rootlet_error *error);
/* What is wrong, where, and where possible what to do, for people. */
ROOTLET_API const char *rootlet_error_message(const rootlet_error *error);
/* The file concerned, as it is called inside the root or by the caller; "" if there is none. */
ROOTLET_API const char *rootlet_error_path(const rootlet_error *error);
ROOTLET_API void rootlet_error_free(rootlet_error *error);

/* ---- texts ----------------------------------------------------------------------------------------------------- */

/* A piece of text that was made on demand: JSON, a tree, a report. */
typedef struct rootlet_text rootlet_text;
ROOTLET_API const char *rootlet_text_data(const rootlet_text *text); /* followed by a NUL that `size` does not count */
ROOTLET_API size_t rootlet_text_size(const rootlet_text *text);
/* Writes it as the file `path`, of mode 0644 less the umask. The file appears complete, in place of a regular file of that
 * name, or not at all. */
ROOTLET_API int rootlet_text_save(const rootlet_text *text, const char *path, rootlet_error **error);
/* Writes it to an open descriptor, which stays open. */
ROOTLET_API int rootlet_text_write(const rootlet_text *text, int descriptor, rootlet_error **error);
ROOTLET_API void rootlet_text_free(rootlet_text *text);

/* `bytes` with control characters, and what is not UTF-8, as \xHH: names from strangers, fit for a terminal. */
ROOTLET_API int rootlet_printable(const char *bytes, size_t size, rootlet_text **text, rootlet_error **error);

/* ---- options --------------------------------------------------------------------------------------------------- */

/* Options have the names and meanings of the command line's, without the dashes; those that the command line may repeat are
 * lists. rootlet_option_count() enumerates them, so
 * that what a later version knows arrives in every binding:
 *
 *     name            kind    meaning                                                                      default
 *     library-path    text    as LD_LIBRARY_PATH will be set at run time, inside the root                  ""
 *     preload         text    as LD_PRELOAD                                                                ""
 *     cpu             text    highest CPU level wanted: base, x86-64-v2, ..., all                          all
 *     kernel          text    the kernel that it must run on: 5.10; "": any                                ""
 *     data            text    data files: none; auto: what evidence calls for; package: also the packages'  auto
 *     locale          list    a locale and its message catalogs too: a name, all, none                     as evidence says
 *     charset         list    a character set for iconv too: a name, all, none                             as evidence says
 *     timezone        list    a time zone too: a name, all, none                                           as evidence says
 *     rules           list    more rules: a TOML file of this machine, of 4 MiB at most, read at once
 *     include         list    carry along too: a path or shell pattern inside the root
 *     exclude         list    leave out what matches
 *     path            text    where programs that are started by name are looked for; if empty, as the
 *                             root's image sets PATH, or else in the usual directories                     ""
 *     record-attempts flag    remember every candidate that was passed over: rootlet_closure_why says more no
 *     times           text    of the layer's files: package, epoch, root                                   package
 *     epoch           number  seconds since 1970 for files that do not keep a time of their own            0
 *     keep-setid      flag    keep set-user-ID and set-group-ID bits                                       no
 *     package-metadata flag   say which packages the layer has files of, as scanners read it               yes
 *     licenses        flag    carry copyright files and licenses of those packages along                   no
 *     compression     text    of a tar or an image's layers: auto (gzip for OCI, else none), none, gzip, zstd auto
 *     level           number  of the compression; 0: the compressor's usual one                            0
 *     threads         number  that compress; 0: one for each processor                                     0
 *
 * Of images, `platform` also of the one that is looked into (rootlet_root_open_with), where there are several:
 *     platform        text    OS/ARCHITECTURE[/VARIANT]                                                    as the entries say
 *     tag             text    what it is called: a tag; of a docker archive NAME[:TAG]                     latest
 *     entrypoint      list    words of the command that it starts; one empty word: none                    the first entry
 *     cmd             list    arguments of it that `docker run` can replace
 *     env             list    NAME=VALUE; there is a PATH by default, and LD_LIBRARY_PATH and LD_PRELOAD as above
 *     label           list    NAME=VALUE
 *     annotation      list    NAME=VALUE, of the manifest
 *     expose          list    ports: 8080, 53/udp
 *     user            text    who it runs as, USER[:GROUP], names or numbers up to 4294967294; nonroot is 65532,
 *                             with an entry in passwd and group                                            ""
 *     workdir         text    the directory that it starts in                                              ""
 *     stop-signal     text    SIGINT, SIGRTMIN+3, or a number from 1 to 64                                 ""
 *     layers          text    one, or split: loader and libc, libraries, data, entries                     one
 *     base            text    an image to build on: a layout, DIR[:TAG], or an archive                         ""
 *     sbom            text    a bill of materials that goes with an OCI image: none, spdx, cyclonedx       none
 *
 * A flag is "yes" or "no"; a number is decimal. */
typedef struct rootlet_options rootlet_options;

/* All defaults; NULL if there is no memory. Wherever options are taken, NULL stands for all defaults. */
ROOTLET_API rootlet_options *rootlet_options_new(void);
/* Gives the option this value, in place of all that it had. */
ROOTLET_API int rootlet_options_set(rootlet_options *options, const char *name, const char *value, rootlet_error **error);
/* Gives a list one value more. */
ROOTLET_API int rootlet_options_add(rootlet_options *options, const char *name, const char *value, rootlet_error **error);
/* More rules, from memory; `name` is for messages about them. */
ROOTLET_API int rootlet_options_add_rules(rootlet_options *options, const char *name, const char *text, size_t size,
                                          rootlet_error **error);
/* How many values a list has; 1 for any other option, 0 for an unknown name. */
ROOTLET_API size_t rootlet_options_count(const rootlet_options *options, const char *name);
ROOTLET_API const char *rootlet_options_get(const rootlet_options *options, const char *name, size_t index);
ROOTLET_API void rootlet_options_free(rootlet_options *options);

/* What options there are. The strings live forever. */
ROOTLET_API size_t rootlet_option_count(void);
ROOTLET_API const char *rootlet_option_name(size_t index);
ROOTLET_API const char *rootlet_option_kind(size_t index);    /* "text", "number", "flag", "list" */
ROOTLET_API const char *rootlet_option_summary(size_t index); /* one line */

/* Called on the caller's thread at the beginning of rootlet_resolve() and then about every 10 ms, with `total` 0, since nobody
 * knows yet; before each program that is audited, with `done` and `total` counting these; and while a layer is written before each entry, after about each MiB, and once more when all is written but not yet
 * in place. `done` and `total` count files, the others their content. `path` is the file at work, or "". Anything but 0 stops the
 * call, which then fails with ROOTLET_CANCELLED and leaves nothing behind. It may call anything here but what uses the same root,
 * and must not leave by an exception or longjmp. NULL ends it. */
typedef int (*rootlet_progress_function)(void *data, uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total,
                                         const char *path);
ROOTLET_API void rootlet_options_set_progress(rootlet_options *options, rootlet_progress_function function, void *data);

enum rootlet_level {
  ROOTLET_DEBUG = 0,  /* what is being done */
  ROOTLET_NOTE = 1,   /* findings */
  ROOTLET_WARNING = 2 /* what is required and missing */
};
/* Called on the caller's thread with one line, without its end, of text that is printable(). NULL ends it. */
typedef void (*rootlet_log_function)(void *data, int level, const char *line);
ROOTLET_API void rootlet_options_set_log(rootlet_options *options, rootlet_log_function function, void *data);

/* ---- the tree that is looked into -------------------------------------------------------------------------------- */

/* A directory or an image seen as `/`. It is a view of one moment: what was looked up is remembered, so that further calls with the same root
 * are faster and see nothing that changed since. `reference` is
 *     DIRECTORY              a directory
 *     oci:DIRECTORY[:TAG]    an image in an image layout; TAG may be left out where there is one image
 *     FILE                   an OCI archive, what `docker save` writes, or a tar of a root, also compressed by gzip or zstd
 *     oci:FILE:TAG           one of several images in such an archive
 * An image is read where it lies: nothing is unpacked to disk, and its files' owners and modes keep nobody from reading them. What
 * does not have the digest that the image says is ROOTLET_MALFORMED. */
typedef struct rootlet_root rootlet_root;
ROOTLET_API int rootlet_root_open(const char *reference, rootlet_root **root, rootlet_error **error);
/* The same with options, of which `platform` counts. */
ROOTLET_API int rootlet_root_open_with(const char *reference, const rootlet_options *options, rootlet_root **root,
                                       rootlet_error **error);
ROOTLET_API const char *rootlet_root_name(const rootlet_root *root); /* as it was given */
ROOTLET_API void rootlet_root_free(rootlet_root *root);

/* ---- the closure: every file that the entries need, and why -------------------------------------------------------- */

typedef struct rootlet_closure rootlet_closure;

/* Entries are absolute paths inside the root: programs, libraries, scripts, or any file or directory to carry along. One that does
 * not exist or cannot be read is an error. */
ROOTLET_API int rootlet_resolve(rootlet_root *root, const rootlet_options *options, const char *const *entries, size_t count,
                                rootlet_closure **closure, rootlet_error **error);
ROOTLET_API void rootlet_closure_free(rootlet_closure *closure);

ROOTLET_API const char *rootlet_closure_root(const rootlet_closure *closure);
ROOTLET_API size_t rootlet_entry_count(const rootlet_closure *closure);
ROOTLET_API const char *rootlet_entry(const rootlet_closure *closure, size_t index);

enum rootlet_type {
  ROOTLET_FILE = 1,
  ROOTLET_DIRECTORY = 2,
  ROOTLET_SYMLINK = 3,
  ROOTLET_HARD_LINK = 4 /* only in a plan: the same file as an earlier entry */
};

/* The files, sorted by path, bytewise, each path once. Directories that exist only to hold others are not among them. */
#define ROOTLET_NONE SIZE_MAX
ROOTLET_API size_t rootlet_file_count(const rootlet_closure *closure);
ROOTLET_API size_t rootlet_file_find(const rootlet_closure *closure, const char *path); /* its index, or ROOTLET_NONE */
ROOTLET_API const char *rootlet_file_path(const rootlet_closure *closure, size_t file);
ROOTLET_API int rootlet_file_type(const rootlet_closure *closure, size_t file); /* enum rootlet_type */
ROOTLET_API uint64_t rootlet_file_size(const rootlet_closure *closure, size_t file);
ROOTLET_API uint32_t rootlet_file_mode(const rootlet_closure *closure, size_t file);
ROOTLET_API const char *rootlet_file_target(const rootlet_closure *closure, size_t file);  /* of a link, else NULL */
ROOTLET_API const char *rootlet_file_package(const rootlet_closure *closure, size_t file); /* "libc6 2.36-9", or NULL */
ROOTLET_API int rootlet_file_generated(const rootlet_closure *closure, size_t file);       /* 1: made by rootlet, not copied */

/* Why a file is there: one reason for each file or name that asks for it. */
ROOTLET_API size_t rootlet_reason_count(const rootlet_closure *closure, size_t file);
ROOTLET_API const char *rootlet_reason_kind(const rootlet_closure *closure, size_t file, size_t reason); /* "needed" */
ROOTLET_API const char *rootlet_reason_by(const rootlet_closure *closure, size_t file, size_t reason);   /* "": the caller */
ROOTLET_API const char *rootlet_reason_detail(const rootlet_closure *closure, size_t file, size_t reason);
ROOTLET_API const char *rootlet_reason_how(const rootlet_closure *closure, size_t file, size_t reason); /* "cache"; NULL: no library */

/* What is required and not there, with every candidate that was tried for it, in order. The closure is complete if there is
 * nothing here. */
ROOTLET_API size_t rootlet_missing_count(const rootlet_closure *closure);
ROOTLET_API const char *rootlet_missing_name(const rootlet_closure *closure, size_t missing);
ROOTLET_API const char *rootlet_missing_by(const rootlet_closure *closure, size_t missing);
ROOTLET_API const char *rootlet_missing_kind(const rootlet_closure *closure, size_t missing);
ROOTLET_API size_t rootlet_attempt_count(const rootlet_closure *closure, size_t missing);
ROOTLET_API const char *rootlet_attempt_path(const rootlet_closure *closure, size_t missing, size_t attempt);
ROOTLET_API const char *rootlet_attempt_how(const rootlet_closure *closure, size_t missing, size_t attempt);
ROOTLET_API const char *rootlet_attempt_why(const rootlet_closure *closure, size_t missing, size_t attempt); /* why not */

/* What the caller should know and does not make the closure incomplete: what cannot be proved, what was left out. */
ROOTLET_API size_t rootlet_finding_count(const rootlet_closure *closure);
ROOTLET_API const char *rootlet_finding_kind(const rootlet_closure *closure, size_t finding);
ROOTLET_API const char *rootlet_finding_by(const rootlet_closure *closure, size_t finding);
ROOTLET_API const char *rootlet_finding_detail(const rootlet_closure *closure, size_t finding);

/* The whole answer. `format` is one of
 *     json       the object of `rootlet resolve --format json`
 *     paths      the paths, one a line
 *     tree       what needs what, for people; color-tree the same with ANSI colours
 *     dot        a Graphviz graph */
ROOTLET_API int rootlet_closure_text(const rootlet_closure *closure, const char *format, rootlet_text **text, rootlet_error **error);
/* One page of HTML that needs nothing else. `before` is the JSON of an earlier closure to compare with, or NULL. */
ROOTLET_API int rootlet_closure_report(const rootlet_closure *closure, const char *before, size_t before_size, rootlet_text **text,
                                       rootlet_error **error);
/* A rule for make and ninja: `target` depends on every file that the closure was made of, by its name on this machine, but for names
 * that make cannot read in a rule. ROOTLET_INVALID_ARGUMENT if it cannot read `target`. */
ROOTLET_API int rootlet_closure_depfile(const rootlet_closure *closure, const char *target, rootlet_text **text, rootlet_error **error);
/* Every chain of reasons from an entry to `path`, the shortest first, at most `limit` (0: all); or why it is not there. `path`
 * may be a name instead that something was looked for by, as a soname. `format` is json, text or color-text. `present`, unless NULL, tells whether the path is in the closure. */
ROOTLET_API int rootlet_closure_why(const rootlet_closure *closure, const char *path, size_t limit, const char *format, int *present,
                                    rootlet_text **text, rootlet_error **error);

/* ---- the plan: exactly what will be written --------------------------------------------------------------------------- */

typedef struct rootlet_plan rootlet_plan;
ROOTLET_API int rootlet_plan_make(const rootlet_closure *closure, const rootlet_options *options, rootlet_plan **plan,
                                  rootlet_error **error);
ROOTLET_API void rootlet_plan_free(rootlet_plan *plan);

/* Entries sorted by path, bytewise, each parent directory before what is in it. */
ROOTLET_API uint64_t rootlet_plan_bytes(const rootlet_plan *plan); /* content of all files */
ROOTLET_API size_t rootlet_plan_count(const rootlet_plan *plan);
ROOTLET_API const char *rootlet_plan_path(const rootlet_plan *plan, size_t entry);
ROOTLET_API int rootlet_plan_type(const rootlet_plan *plan, size_t entry);
ROOTLET_API uint32_t rootlet_plan_mode(const rootlet_plan *plan, size_t entry);
ROOTLET_API uint32_t rootlet_plan_uid(const rootlet_plan *plan, size_t entry);
ROOTLET_API uint32_t rootlet_plan_gid(const rootlet_plan *plan, size_t entry);
ROOTLET_API int64_t rootlet_plan_modified(const rootlet_plan *plan, size_t entry);
ROOTLET_API uint64_t rootlet_plan_size(const rootlet_plan *plan, size_t entry);
ROOTLET_API const char *rootlet_plan_target(const rootlet_plan *plan, size_t entry); /* of both kinds of links, else NULL */

/* What the plan changed and the caller should know. */
ROOTLET_API size_t rootlet_plan_finding_count(const rootlet_plan *plan);
ROOTLET_API const char *rootlet_plan_finding_kind(const rootlet_plan *plan, size_t finding);
ROOTLET_API const char *rootlet_plan_finding_by(const rootlet_plan *plan, size_t finding);
ROOTLET_API const char *rootlet_plan_finding_detail(const rootlet_plan *plan, size_t finding);

/* Writes the layer. `format` is one of
 *     dir             a new or empty directory
 *     tar             POSIX pax, compressed only if the option says so
 *     oci             an OCI image layout: a new or empty directory, or one that exists and gains an image
 *     oci-archive     the same in a tar
 *     docker-archive  what `docker load` takes
 * The output appears complete under its name or not at all; a layout that exists is as before until all is there, but for blobs of
 * the image that lie there damaged, which are replaced. Of the options the callbacks, those of compression and those of images
 * count here, with epoch, library-path and preload. */
ROOTLET_API int rootlet_plan_write(const rootlet_plan *plan, const rootlet_options *options, const char *format, const char *path,
                                   rootlet_error **error);
/* The same to an open descriptor, which stays open: a file, pipe or socket for "tar" and the archives, an empty directory for "dir".
 * An archive waits in a nameless file in /var/tmp until its digests are known. A socket whose
 * peer is gone is an error and raises no SIGPIPE; a pipe raises it as any write does. */
ROOTLET_API int rootlet_plan_write_to(const rootlet_plan *plan, const rootlet_options *options, const char *format, int descriptor,
                                      rootlet_error **error);

/* Writes an image to `path` or, if that is NULL, to the descriptor. `about`, unless NULL, receives JSON: "digest" (of the manifest, which
 * `IMAGE@DIGEST` names; not of a docker archive), "config" (the digest of the configuration, which is the image's ID), and "layers": of each
 * its "digest", "diff_id" and "size" in bytes. */
ROOTLET_API int rootlet_plan_write_image(const rootlet_plan *plan, const rootlet_options *options, const char *format, const char *path,
                                         int descriptor, rootlet_text **about, rootlet_error **error);
/* Joins images of an OCI image layout, by their tags, each for another platform, into an index called `tag`. They keep their own tags.
 * `digest`, unless NULL, receives the index's digest. */
ROOTLET_API int rootlet_index(const char *layout, const char *const *images, size_t count, const char *tag, rootlet_text **digest,
                              rootlet_error **error);

/* ---- what stands in a layer, and what differs ----------------------------------------------------------------------------- */

/* The manifest of the layer: the JSON of its closure, with the SHA-256 of every file, the entries that no reason names, and packages.
 * Reads every file once. Of the options base counts (all that the base has is described, too), platform, and the callbacks. */
ROOTLET_API int rootlet_plan_manifest(const rootlet_plan *plan, const rootlet_options *options, rootlet_text **text, rootlet_error **error);
/* A bill of materials as JSON. `format` is "spdx" (2.3) or "cyclonedx" (1.6). Of the options epoch counts, base and platform as
 * for a manifest, and the callbacks. */
ROOTLET_API int rootlet_plan_sbom(const rootlet_plan *plan, const rootlet_options *options, const char *format, rootlet_text **text,
                                  rootlet_error **error);

/* What was added, removed or changed since the manifest was written, in what the root shows: files only, by path, type, content, mode,
 * link target, and owner where an ordinary user's directory does not hide it. `format` is json, text (empty if nothing differs) or
 * color-text. `differs`, unless NULL, becomes 1 or 0. */
ROOTLET_API int rootlet_verify(rootlet_root *root, const rootlet_options *options, const char *manifest, size_t manifest_size,
                               const char *format, int *differs, rootlet_text **text, rootlet_error **error);
/* The same of two, each the file of a manifest or whatever rootlet_root_open() takes, with their packages, sizes, and the reasons that
 * manifests give. Of the options `platform` counts, and the callbacks. */
ROOTLET_API int rootlet_diff(const char *before, const char *after, const rootlet_options *options, const char *format, int *differs,
                             rootlet_text **text, rootlet_error **error);

/* ---- would it start? ------------------------------------------------------------------------------------------------------ */

/* Every symbol of the programs bound as their loader would bind it, without running anything; with what only looks at a file: what
 * processor and kernel it asks for, how it is protected. What is amiss is in the answer, and no error. It needs neither the closure nor the
 * root any more. */
typedef struct rootlet_audit rootlet_audit;

/* Audits the programs of a closure. Of the options those that the loader goes by count, which should be the closure's, and the callbacks. */
ROOTLET_API int rootlet_closure_audit(const rootlet_closure *closure, const rootlet_options *options, rootlet_audit **audit,
                                      rootlet_error **error);
/* Audits every program that is in a root, and lists the files that the entries do not reach; without entries (`count` is 0), those that
 * no program reaches. */
ROOTLET_API int rootlet_root_audit(rootlet_root *root, const rootlet_options *options, const char *const *entries, size_t count,
                                   rootlet_audit **audit, rootlet_error **error);
ROOTLET_API void rootlet_audit_free(rootlet_audit *audit);

ROOTLET_API int rootlet_audit_bound(const rootlet_audit *audit);         /* 1: no finding but notes and what is accepted */
ROOTLET_API uint64_t rootlet_audit_programs(const rootlet_audit *audit); /* that were audited */
ROOTLET_API uint64_t rootlet_audit_bindings(const rootlet_audit *audit); /* references that were looked up, over all programs */

/* Findings by effect, then file, rule, subject. What a finding has nothing to say of is "". */
ROOTLET_API size_t rootlet_audit_finding_count(const rootlet_audit *audit);
ROOTLET_API const char *rootlet_audit_finding_rule(const rootlet_audit *audit, size_t finding);    /* "undefined-symbol" */
ROOTLET_API const char *rootlet_audit_finding_effect(const rootlet_audit *audit, size_t finding);  /* stops-start, fails-on-call, fails-to-open, note */
ROOTLET_API const char *rootlet_audit_finding_object(const rootlet_audit *audit, size_t finding);  /* path of the file concerned */
ROOTLET_API const char *rootlet_audit_finding_subject(const rootlet_audit *audit, size_t finding); /* what is amiss: "foo@V_2" */
ROOTLET_API const char *rootlet_audit_finding_symbol(const rootlet_audit *audit, size_t finding);
ROOTLET_API const char *rootlet_audit_finding_version(const rootlet_audit *audit, size_t finding); /* that is wanted */
ROOTLET_API const char *rootlet_audit_finding_from(const rootlet_audit *audit, size_t finding);    /* the soname that it is wanted of */
ROOTLET_API const char *rootlet_audit_finding_nearest(const rootlet_audit *audit, size_t finding); /* who nearly provides it */
ROOTLET_API const char *rootlet_audit_finding_program(const rootlet_audit *audit, size_t finding); /* path of the first that it concerns */
ROOTLET_API uint64_t rootlet_audit_finding_programs(const rootlet_audit *audit, size_t finding);   /* how many it concerns */
ROOTLET_API const char *rootlet_audit_finding_message(const rootlet_audit *audit, size_t finding); /* all of it in one sentence */
ROOTLET_API const char *rootlet_audit_finding_key(const rootlet_audit *audit, size_t finding);     /* as a line of a baseline names it */
ROOTLET_API int rootlet_audit_finding_accepted(const rootlet_audit *audit, size_t finding);        /* 1: by a baseline */

/* The ELF files that were looked at, by path. */
ROOTLET_API size_t rootlet_audit_object_count(const rootlet_audit *audit);
ROOTLET_API const char *rootlet_audit_object_path(const rootlet_audit *audit, size_t object);
ROOTLET_API int rootlet_audit_object_program(const rootlet_audit *audit, size_t object);         /* 1: started as one */
ROOTLET_API uint64_t rootlet_audit_object_references(const rootlet_audit *audit, size_t object); /* symbols that others must define */
/* How it is protected: `name` is one of the JSON's: relro (full, partial, none), pie (yes, no, dso), nx, canary, fortify, text_relocations,
 * rpath, runpath, ibt, shstk, bti, pac (yes, no), isa_needed (base, x86-64-v2, ...), kernel (3.2.0). NULL if there is nothing to say. */
ROOTLET_API const char *rootlet_audit_object_protection(const rootlet_audit *audit, size_t object, const char *name);

/* Regular files that nothing reaches, the largest first; of rootlet_root_audit() alone. */
ROOTLET_API size_t rootlet_audit_unreached_count(const rootlet_audit *audit);
ROOTLET_API const char *rootlet_audit_unreached_path(const rootlet_audit *audit, size_t file);
ROOTLET_API uint64_t rootlet_audit_unreached_size(const rootlet_audit *audit, size_t file);
ROOTLET_API const char *rootlet_audit_unreached_package(const rootlet_audit *audit, size_t file); /* that owns it, or NULL */

/* What may be found. The strings live forever. */
ROOTLET_API size_t rootlet_audit_rule_count(void);
ROOTLET_API const char *rootlet_audit_rule_name(size_t rule);
ROOTLET_API const char *rootlet_audit_rule_summary(size_t rule); /* one sentence */
ROOTLET_API const char *rootlet_audit_rule_help(size_t rule);    /* what to do about it */

/* Marks the findings that a baseline names as accepted: one key a line; empty lines and those that begin with '#' are passed over. What is
 * no baseline is ROOTLET_MALFORMED and marks nothing. `stale`, unless NULL, receives the lines that name nothing that was found. */
ROOTLET_API int rootlet_audit_accept(rootlet_audit *audit, const char *baseline, size_t size, rootlet_text **stale, rootlet_error **error);

/* The whole answer. `format` is one of
 *     text        for people; color-text the same with ANSI colours
 *     hardening   a table of how each object is protected; color-hardening
 *     json        the object of `rootlet audit --format json`
 *     sarif       SARIF 2.1.0, for code scanning
 *     junit       JUnit's XML
 *     baseline    the keys of all findings but notes, each with its message as a comment */
ROOTLET_API int rootlet_audit_text(const rootlet_audit *audit, const char *format, rootlet_text **text, rootlet_error **error);

#ifdef __cplusplus
}
#endif

#endif
