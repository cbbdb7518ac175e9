/*
 * run.h -- what commands that run judged programs share: Ctrl-C and progress.
 */
#ifndef HARNESS_CLI_RUN_H
#define HARNESS_CLI_RUN_H

/* From now on SIGINT, SIGTERM and SIGHUP end every sandbox run and set the number behind the
 * result to the signal's; a second one ends the command at once. */
const int *run_catch_signals(void);

/* The signal that came, or 0. */
int run_signal(void);

/* Says which signal ended the command; returns its exit code, 128 + number. */
int run_interrupted(const char *what_is_left);

/* A jobs_progress (jobs.h): one line that is drawn again on a terminal, plain lines elsewhere.
 * argument: unused. */
void run_show_progress(const char *text, unsigned done, unsigned total, void *argument);

/* Removes that line. */
void run_end_progress(void);

#endif
