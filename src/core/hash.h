/*
 * hash.h: XXH3 (libxxhash), compiled into the caller because rows are short, and a call into the
 * shared library could not be inlined.
 */
#ifndef AIDATAOPS_CORE_HASH_H
#define AIDATAOPS_CORE_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#endif
