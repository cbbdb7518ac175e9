#include "harness/profile/agent/agent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void agent_write(int fd, const char *text, size_t n_bytes)
{
    while (n_bytes > 0) {
        ssize_t n = write(fd, text, n_bytes);
        if (n <= 0)
            return; /* a full disk must not stop the program */
        text += n;
        n_bytes -= (size_t)n;
    }
}

char *agent_append(char *p, uint64_t value, unsigned base)
{
    char digits[24];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (n > 0)
        *p++ = digits[--n];
    return p;
}

int agent_open(const char *kind)
{
    const char *file = getenv(AGENT_FILE_VARIABLE);
    if (file == NULL)
        return -1;
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    (void)unsetenv("LD_PRELOAD"); /* children then run without us; nothing to do if it fails */
    (void)unsetenv(AGENT_FILE_VARIABLE);
    agent_write(fd, "objlab-agent 1 ", strlen("objlab-agent 1 "));
    agent_write(fd, kind, strlen(kind));
    agent_write(fd, "\n", 1);
    return fd;
}

void agent_write_maps(int fd)
{
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0)
        return;
    char buffer[4096];
    agent_write(fd, "maps\n", strlen("maps\n"));
    for (;;) {
        ssize_t n = read(maps, buffer, sizeof buffer);
        if (n <= 0)
            break;
        agent_write(fd, buffer, (size_t)n);
    }
    agent_write(fd, "end\n", strlen("end\n"));
    (void)close(maps); /* read only */
}
