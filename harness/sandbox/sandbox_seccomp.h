/*
 * sandbox_seccomp.h -- which system calls a judged program may make.
 *
 * Every call is in one of these classes; what is in none of them does not exist inside (ENOSYS):
 *   allowed   what programs, compilers and valgrind need
 *   refused   fails with EPERM and nothing else happens: affinity, priority
 *   deadly    kills the process with SIGSYS: sockets, name spaces, mounts, other identities,
 *             io_uring, bpf ...; without may_fork also every new process or thread
 *   reported  held until objlab-launch has seen it: tampering with other processes or with clocks,
 *             and, with may_fork, new processes, which are counted
 * Source: the man pages of the calls; ATTACKS in the project's notes gives the reasons.
 */
#ifndef HARNESS_SANDBOX_SANDBOX_SECCOMP_H
#define HARNESS_SANDBOX_SANDBOX_SECCOMP_H

#include <glib.h>
#include <stdbool.h>

/*
 * A descriptor of the filter program (struct sock_filter[], in a sealed memory file). Made once
 * a kind and kept for the life of the process; the caller must not close it. -1 on error.
 */
int sandbox_seccomp_fd(bool may_fork, GError **error);

/* Name of a system call; "system call 1234" if unknown. Owner: the caller. */
char *sandbox_seccomp_name(int call_nr);

#endif
