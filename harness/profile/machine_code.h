/*
 * machine_code.h -- a function's machine code, each instruction with its cost.
 *
 * Where the profile has jumps (--collect-jumps), those of an instruction stand below it.
 * From a profile with addresses (callgrind's --dump-instr) and the disassembly of the object file
 * by binutils' objdump, which must still be the file that was profiled.
 */
#ifndef HARNESS_PROFILE_MACHINE_CODE_H
#define HARNESS_PROFILE_MACHINE_CODE_H

#include "harness/profile/callgrind.h"

typedef enum machine_code_error {
    MACHINE_CODE_ERROR_NO_ADDRESSES, /* the profile has none, or not of this function */
    MACHINE_CODE_ERROR_NO_FUNCTION,
    MACHINE_CODE_ERROR_OBJDUMP /* it is not there, or cannot read the object */
} machine_code_error;
#define MACHINE_CODE_ERROR machine_code_error_quark()
GQuark machine_code_error_quark(void);

/* name: NULL for the function with the highest self cost. Costs are of the event with that index.
 * Owner of the text: the caller. */
char *machine_code_print(const callgrind_profile *profile, size_t event, const char *name,
                         GError **error);

#endif
