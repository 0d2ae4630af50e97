/*
 * first.c: starts AddressSanitizer's runtime, where it is preloaded into a server, before anything
 * else. Otherwise a constructor of one of the server's libraries (libgpg-error's) starts it by a
 * malloc from inside gettext, whose lock it then waits for. Link it with -z initfirst.
 */
#include <stdlib.h>

__attribute__((constructor)) static void
first(void)
{
	free(malloc(1));
}
