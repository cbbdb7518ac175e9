#include "harness/sandbox/sandbox_watch.h"

#include "harness/sandbox/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK_BYTES = 64 << 10, STDERR_STREAM = 1, AFTER_REPORT_S = 5 };

static bool write_all(int fd, const char *bytes, size_t n, GError **error)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_IO,
                        "cannot write what the program printed: %s", g_strerror(errno));
            return false;
        }
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

/* Keeps the beginning of stderr as one line. */
static void keep_complaint(sandbox_watched *w, const char *bytes, size_t n)
{
    size_t used = strlen(w->complaint);
    for (size_t i = 0; i < n && used + 1 < sizeof w->complaint; i++)
        w->complaint[used++] = g_ascii_isprint(bytes[i]) ? bytes[i] : ' ';
}

static void end_stream(sandbox_stream *s)
{
    (void)close(s->pipe); /* opened for reading: nothing to lose */
    s->pipe = -1;
}

/* Takes one chunk. What is beyond the limit is read too, so that nothing hangs, and dropped. */
static bool drain(sandbox_watched *w, int index, GError **error)
{
    char chunk[CHUNK_BYTES];
    sandbox_stream *s = &w->streams[index];
    ssize_t n = read(s->pipe, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0) {
        end_stream(s);
        return true;
    }
    if (index == STDERR_STREAM)
        keep_complaint(w, chunk, (size_t)n);
    uint64_t room = w->output_bytes > 0 ? w->output_bytes - s->n_bytes : (uint64_t)n;
    uint64_t kept = (uint64_t)n < room ? (uint64_t)n : room;
    if ((uint64_t)n > room && !s->exceeded) {
        const char stop = LAUNCH_STOP;
        s->exceeded = true;
        (void)send(w->control, &stop, 1, MSG_NOSIGNAL); /* EPIPE: it has ended already */
    }
    s->n_bytes += kept;
    return s->file < 0 || write_all(s->file, chunk, kept, error);
}

/* The report, or the launcher's end without one. True: nothing more will come. */
static bool take_report(sandbox_watched *w)
{
    launch_report report;
    ssize_t n = recv(w->control, &report, sizeof report, MSG_DONTWAIT);
    /* ECONNRESET: it has ended without reading LAUNCH_STOP; the error comes before the report */
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET))
        return false;
    if (n == (ssize_t)sizeof report && report.magic == LAUNCH_REPORT_MAGIC) {
        w->report = report;
        w->reported = true;
    }
    return true;
}

static int milliseconds_left(gint64 deadline_us)
{
    if (deadline_us == 0)
        return -1;
    gint64 left_us = deadline_us - g_get_monotonic_time();
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

bool sandbox_watch(sandbox_watched *w, GError **error)
{
    gint64 deadline_us = 0;
    if (w->deadline_s > 0)
        deadline_us = g_get_monotonic_time() + (gint64)(w->deadline_s * G_USEC_PER_SEC);
    bool control_open = true;
    for (;;) {
        struct pollfd fds[SANDBOX_N_STREAMS + 1];
        bool any = control_open;
        for (int i = 0; i < SANDBOX_N_STREAMS; i++) {
            fds[i] = (struct pollfd){.fd = w->streams[i].pipe, .events = POLLIN};
            any = any || w->streams[i].pipe >= 0;
        }
        fds[SANDBOX_N_STREAMS] =
            (struct pollfd){.fd = control_open ? w->control : -1, .events = POLLIN};
        int left_ms = milliseconds_left(deadline_us);
        if (!any || left_ms == 0)
            return true;
        if (poll(fds, SANDBOX_N_STREAMS + 1, left_ms) < 0 && errno != EINTR) {
            g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_IO, "poll: %s", g_strerror(errno));
            return false;
        }
        for (int i = 0; i < SANDBOX_N_STREAMS; i++) {
            if (fds[i].fd >= 0 && fds[i].revents != 0 && !drain(w, i, error))
                return false;
        }
        if (fds[SANDBOX_N_STREAMS].revents != 0 && take_report(w)) {
            control_open = false; /* all is dead: the pipes end at once */
            deadline_us = g_get_monotonic_time() + (gint64)AFTER_REPORT_S * G_USEC_PER_SEC;
        }
    }
}
