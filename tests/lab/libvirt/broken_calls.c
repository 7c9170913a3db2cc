/* Loaded before libvirt (LD_PRELOAD): the function that the file NOVATUI_BROKEN_CALL names is called without its object.
 *
 * libvirt then refuses as for any caller that hands it nothing, with an error of its own: a call that really fails,
 * outside of Python. Compiled with -DCALLS="CALL(virConnectGetType) CALL(…) …", the functions that can be broken.
 * Every argument is passed on as a word; those beyond what a function takes are whatever is on the stack.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef long (*function)(void *, long, long, long, long, long, long, long, long);

static int broken(const char *name)
{
    char line[128] = "";
    const char *path = getenv("NOVATUI_BROKEN_CALL");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    char *read = fgets(line, sizeof line, file);
    fclose(file);
    line[strcspn(line, "\n")] = 0;
    return read && !strcmp(line, name);
}

static function real(const char *name)
{
    static void *library;
    if (!library)
        library = dlopen("libvirt.so.0", RTLD_LAZY);
    return (function)dlsym(library, name);
}

#define CALL(name) \
    long name(void *object, long a, long b, long c, long d, long e, long f, long g, long h) \
    { \
        return real(#name)(broken(#name) ? NULL : object, a, b, c, d, e, f, g, h); \
    }

CALLS
