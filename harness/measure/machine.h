/*
 * machine.h -- what a measurement was made on, and what of it will disturb the measurement.
 *
 * Owns:    results own their strings; *_free() releases the whole.
 * Threads: any; nothing is cached.
 * Errors:  what cannot be read is named "unknown", never an error: a fingerprint always exists.
 * Source:  proc(5), sysfs ABI (Documentation/ABI/testing/sysfs-devices-system-cpu).
 */
#ifndef HARNESS_MEASURE_MACHINE_H
#define HARNESS_MEASURE_MACHINE_H

#include "reports/record.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Fills a fingerprint: cpu, kernel, versions of the tools, pinned environment.
 *   fingerprint  members that are set are freed and replaced; release it as part of its record, or
 *                with machine_fingerprint_clear()
 *   tools        NULL-ended program names ("valgrind", "gcc"): each is run as "NAME --version",
 *                two seconds at most; "NAME absent" and "NAME unknown" are entries too
 *   environment  NULL-ended "NAME=value" strings of the measured programs, may be NULL
 *   sandbox      tier in force ("full", "limits", "none")
 */
void machine_fingerprint(record_fingerprint *fingerprint, const char *const *tools,
                         const char *const *environment, const char *sandbox);
void machine_fingerprint_clear(record_fingerprint *fingerprint);

/* The first difference between two fingerprints as a sentence, or NULL if figures of one may be
 * compared with figures of the other. Owner: the caller. */
char *machine_fingerprint_difference(const record_fingerprint *a, const record_fingerprint *b);

/* ---- caches ---- */

typedef struct machine_cache {
    uint32_t level;
    char type; /* 'D' data, 'I' instruction, 'U' unified */
    uint64_t bytes;
    uint32_t line_bytes, ways;
    uint32_t n_sharing; /* processors that share it */
} machine_cache;

/* Caches of processor 0, inner first (of machine_cache); empty if the kernel does not tell. */
GArray *machine_caches(void);

/* Bytes that the last-level data TLB reaches with 4 KiB pages, from CPUID (AMD leaf 0x80000006,
 * Intel leaf 0x18); 0 if unknown. */
uint64_t machine_tlb_reach_bytes(void);

/* Memory that can be taken without swapping (MemAvailable); 0 if unknown. */
uint64_t machine_available_bytes(void);

/* Processors that this process may run on, and the one that disturbs measuring least (the last:
 * processor 0 serves most interrupts). */
unsigned machine_n_cpus(void);
int machine_quiet_cpu(void);

/* Pins the calling thread. False if the kernel refuses. */
bool machine_pin(int cpu);

/* ---- warnings ---- */

typedef struct machine_warning {
    char *what;   /* "the other processor is busy: load 1.9 on 2 processors" */
    char *remedy; /* "stop what runs, or pin it elsewhere" */
} machine_warning;

/*
 * What disturbs timing here: frequency governor, turbo, SMT siblings, ASLR, transparent huge pages,
 * load, steal time (since *steal_before of window_steal(), 0: since boot).
 * root: "" for this machine; tests hand in a folder that holds a proc/ and a sys/.
 * Owner: the caller (of machine_warning *, frees its elements).
 */
GPtrArray *machine_warnings(const char *root, uint64_t steal_before);

#endif
