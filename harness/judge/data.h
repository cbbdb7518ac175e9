/*
 * data.h -- finds the files that come with objlab: homework/, .clang-tidy, .clang-format.
 *
 * Looked for in $OBJLAB_DATA, then beside an installed program (../share/objlab from its own
 * place), then in the source tree that it was built from. The first that has homework/contract
 * wins.
 */
#ifndef HARNESS_JUDGE_DATA_H
#define HARNESS_JUDGE_DATA_H

#include <glib.h>

typedef enum data_error { DATA_ERROR_MISSING } data_error;
#define DATA_ERROR data_error_quark()
GQuark data_error_quark(void);

/* The folder that holds them, absolute, without symbolic links. NULL and an error that names
 * every place tried. Owner: the caller. */
char *data_root(GError **error);

#endif
