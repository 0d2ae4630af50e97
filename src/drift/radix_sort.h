/*
 * radix_sort.h: ascending order of many 64-bit integers in memory.
 */
#ifndef AIDATAOPS_DRIFT_RADIX_SORT_H
#define AIDATAOPS_DRIFT_RADIX_SORT_H

/* scratch: room for as many again; what it holds afterwards is of no meaning. */
extern void sort_int64(int64 *values, int64 count, int64 *scratch);

#endif
