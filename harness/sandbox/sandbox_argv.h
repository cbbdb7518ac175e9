/*
 * sandbox_argv.h -- the command line that puts a job into its tier.
 *
 *   FULL    bwrap <namespaces, mounts> -- /run/objlab-launch "" <env> <watched> PROGRAM ...
 *   LIMITS  .../objlab-launch TEMP <env> <watched> PROGRAM ...       paths translated
 *
 * Owns: a command owns its strings, and under LIMITS the private folder that stands for /tmp.
 */
#ifndef HARNESS_SANDBOX_SANDBOX_ARGV_H
#define HARNESS_SANDBOX_SANDBOX_ARGV_H

#include "harness/sandbox/sandbox.h"

typedef struct sandbox_command {
    GPtrArray *argv; /* of char *, NULL-ended; argv[0] is the absolute path to execute */
    char *temp_dir;  /* host folder, removed by sandbox_command_free(); NULL under FULL */
    char *cwd;       /* host folder to start in; NULL under FULL, where bwrap does it */
} sandbox_command;

/* NULL with an error if a tool is missing or the job is ill-formed. Owner: the caller. */
sandbox_command *sandbox_command_new(const sandbox_job *job, sandbox_tier tier, GError **error);
void sandbox_command_free(sandbox_command *command);

/*
 * text with every inside path that stands at a path boundary replaced by its host path, the
 * longest match first; what has been replaced is not looked at again. Owner: the caller.
 */
char *sandbox_translate(const char *text, const sandbox_mount *mounts, size_t n_mounts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sandbox_command, sandbox_command_free)

#endif
