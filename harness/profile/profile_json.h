/*
 * profile_json.h -- profiles as JSON values, in the form that `objlab show --json` prints.
 *
 * Text that is not UTF-8 is made valid. Counts over 2^63 are written as reals.
 */
#ifndef HARNESS_PROFILE_PROFILE_JSON_H
#define HARNESS_PROFILE_PROFILE_JSON_H

#include "harness/profile/callgrind.h"
#include "harness/profile/lcov_info.h"
#include "harness/profile/massif.h"
#include "harness/profile/memcheck_xml.h"

#include <jansson.h>

/* Owner of the results: the caller (json_decref). */
json_t *profile_json_callgrind(const callgrind_profile *profile);
json_t *profile_json_massif(const massif_profile *profile);
json_t *profile_json_memcheck(const memcheck_report *report);
json_t *profile_json_lcov(const lcov_info *info);

#endif
