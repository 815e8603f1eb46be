/* Preloaded into libvirt, so that its looks at the host, which it repeats for every guest, are had once.
 *
 * The version of the processor's microcode, read from /proc/cpuinfo, is said to be 0; where a program is in $PATH, and
 * the capabilities of an emulator, are what they were the first time. Nothing of reading, placing, checking or writing
 * a guest is touched. PRIVATE is libvirt's symbol version, such as "LIBVIRT_PRIVATE_9.0.0".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 64, LONGEST = 256 };

unsigned int virHostCPUGetMicrocodeVersion(int arch)
{
    (void)arch;
    return 0;
}

char *virFindFileInPath(const char *file)
{
    static char *(*real)(const char *);
    static char names[KEPT][LONGEST];
    static char *found[KEPT];
    static int count;
    int at;

    if (!real)
        real = dlvsym(RTLD_NEXT, "virFindFileInPath", PRIVATE);
    if (!file || strlen(file) >= LONGEST)
        return real(file);
    for (at = 0; at < count; at++)
        if (!strcmp(names[at], file))
            return found[at] ? strdup(found[at]) : NULL;
    char *path = real(file);
    if (count < KEPT) {
        strcpy(names[count], file);
        found[count++] = path ? strdup(path) : NULL;
    }
    return path;
}

void *virFileCacheLookup(void *cache, const char *name)
{
    static void *(*real)(void *, const char *);
    static void *(*ref)(void *);
    static void *caches[KEPT], *found[KEPT];
    static char names[KEPT][LONGEST];
    static int count;
    int at;

    if (!real) {
        real = dlvsym(RTLD_NEXT, "virFileCacheLookup", PRIVATE);
        ref = dlvsym(RTLD_NEXT, "virObjectRef", PRIVATE);
    }
    if (!name || strlen(name) >= LONGEST)
        return real(cache, name);
    for (at = 0; at < count; at++)
        if (caches[at] == cache && !strcmp(names[at], name))
            return ref(found[at]);
    void *data = real(cache, name);
    if (data && count < KEPT) {
        caches[count] = cache;
        strcpy(names[count], name);
        found[count++] = ref(data);
    }
    return data;
}
