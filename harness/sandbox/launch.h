/*
 * launch.h -- what sandbox.c and objlab-launch say to each other.
 *
 *   objlab                                     objlab-launch
 *     | launch_config, before the start           |
 *     |------------------------------------------>|  one packet
 *     | LAUNCH_STOP: too much output              |
 *     |------------------------------------------>|  one packet
 *     |                             launch_report |  one packet, at the end
 *     |<------------------------------------------|
 *
 * over a SOCK_SEQPACKET pair. Hang-up is a message too: when objlab is gone, the launcher kills
 * the program's whole tree and ends. The judged program holds neither end.
 *
 * Arguments of objlab-launch: TEMP N NAME=value... N WRITABLE... N READABLE... PROGRAM ARGUMENT...
 *   TEMP      folder to remove at the end, or ""
 *   WRITABLE  folders whose growth is limited, TEMP among them
 *   READABLE  the job's other paths; only without namespaces
 */
#ifndef HARNESS_SANDBOX_LAUNCH_H
#define HARNESS_SANDBOX_LAUNCH_H

#include <stdint.h>

/* Descriptors that objlab-launch is started with, beside 0, 1 and 2. */
enum { LAUNCH_ANSWERS_FD = 3, LAUNCH_CONTROL_FD = 4, LAUNCH_FILTER_FD = 5, LAUNCH_N_FDS = 6 };

enum { LAUNCH_CONFIG_MAGIC = 0x6f626a43, LAUNCH_REPORT_MAGIC = 0x6f626a52, LAUNCH_STOP = 's' };

/* Programs under may_fork: threads and processes together. */
enum { LAUNCH_MAX_TASKS = 64 };

typedef struct launch_config {
    uint32_t magic;
    uint64_t cpu_ns, wall_ns;            /* 0: no limit */
    uint64_t memory_bytes, output_bytes; /* 0: no limit */
    int32_t cpu;                         /* -1: any */
    uint8_t may_fork;
    uint8_t namespaces; /* the launcher is process 1 of a pid namespace */
    uint8_t answers;    /* LAUNCH_ANSWERS_FD is open and the program's */
} launch_config;

/* Why the run ended. */
typedef enum launch_end {
    LAUNCH_ENDED,     /* by itself: see wait_status */
    LAUNCH_CPU_TIME,  /* cpu_ns */
    LAUNCH_WALL_TIME, /* wall_ns */
    LAUNCH_MEMORY,    /* memory_bytes */
    LAUNCH_STORAGE,   /* a folder grew too much */
    LAUNCH_CALL,      /* system call call_nr, which only an attack makes */
    LAUNCH_SURVIVORS, /* the program ended and left processes behind */
    LAUNCH_TASKS,     /* more than LAUNCH_MAX_TASKS */
    LAUNCH_STOPPED,   /* as asked */
    LAUNCH_FAULT      /* could not start: see step and error */
} launch_end;

/* What the launcher was at when it failed. */
typedef enum launch_step {
    LAUNCH_STEP_NONE,
    LAUNCH_STEP_CONFIG,
    LAUNCH_STEP_FORK,
    LAUNCH_STEP_LIMITS,
    LAUNCH_STEP_PIN,
    LAUNCH_STEP_FILTER,
    LAUNCH_STEP_CWD,
    LAUNCH_STEP_EXEC,
    LAUNCH_STEP_WATCH
} launch_step;

typedef struct launch_report {
    uint32_t magic;
    uint32_t end;  /* launch_end */
    uint32_t step; /* launch_step */
    int32_t error; /* errno */
    int32_t wait_status;
    int32_t call_nr;
    uint64_t cpu_ns, wall_ns, peak_rss_bytes;
} launch_report;

#endif
