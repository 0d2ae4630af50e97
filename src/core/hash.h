/*
 * hash.h: XXH3 (libxxhash), compiled into the caller because rows are short: an inlined call
 * is about twice as fast as one through the shared library.
 */
#ifndef AIDATAOPS_CORE_HASH_H
#define AIDATAOPS_CORE_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#endif
