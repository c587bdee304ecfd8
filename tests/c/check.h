/* What the C programs here check with. */
#ifndef ROOTLET_TESTS_C_CHECK_H
#define ROOTLET_TESTS_C_CHECK_H

#include <stdio.h>

#include "rootlet.h"

static int failures;

#define CHECK(condition) \
  ((condition) ? (void)0 : (void)(++failures, printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition)))

/* The call returned this code, with an error that says so. Frees the error. */
static int fails(int returned, int code, rootlet_error **error) {
  const int told = *error != NULL && rootlet_error_code(*error) == returned && *rootlet_error_message(*error) != '\0';
  if (returned != code || !told) printf("returned %s: %s\n", rootlet_code_name(returned), rootlet_error_message(*error));
  rootlet_error_free(*error);
  *error = NULL;
  return returned == code && told;
}

static int succeeds(int returned, rootlet_error **error) {
  if (returned == ROOTLET_OK && *error == NULL) return 1;
  printf("returned %s: %s\n", rootlet_code_name(returned), rootlet_error_message(*error));
  rootlet_error_free(*error);
  *error = NULL;
  return 0;
}

#endif
