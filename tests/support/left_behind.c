/* left_behind.c: what /proc says of this process. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/left_behind.h"

static int parent_of(const char *pid)
{
    char path[300], line[1024];
    int parent = -1;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1; /* it ended meanwhile */
    const char *name_end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    if (name_end)
        sscanf(name_end + 1, " %*c %d", &parent);
    fclose(file);
    return parent;
}

int left_children(void)
{
    int count = 0;
    DIR *processes = opendir("/proc");
    for (const struct dirent *entry; processes && (entry = readdir(processes));) {
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            count += parent_of(entry->d_name) == (int)getpid();
    }
    if (processes)
        closedir(processes);
    return count;
}

int left_files(void)
{
    int count = -1; /* the one that reads */
    DIR *files = opendir("/proc/self/fd");
    for (const struct dirent *entry; files && (entry = readdir(files));)
        count += entry->d_name[0] != '.';
    if (files)
        closedir(files);
    return count;
}

int left_shared(void)
{
    char line[1024];
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        count += strstr(line, "memfd:cornu") != NULL;
    if (maps)
        fclose(maps);
    return count;
}

long left_kilobytes(void)
{
    char line[256];
    long kilobytes = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && kilobytes < 0 && fgets(line, sizeof line, status))
        sscanf(line, "VmRSS: %ld", &kilobytes);
    if (status)
        fclose(status);
    return kilobytes;
}

bool left_is_gone(pid_t pid)
{
    for (int waited = 0; waited < 10000; waited++) {
        waitpid(pid, NULL, WNOHANG);
        if (kill(pid, 0) != 0)
            return true;
        usleep(1000);
    }
    return false;
}
