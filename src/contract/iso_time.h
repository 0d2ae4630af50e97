/*
 * iso_time.h: dates and times as documents write them.
 */
#ifndef AIDATAOPS_CONTRACT_ISO_TIME_H
#define AIDATAOPS_CONTRACT_ISO_TIME_H

/*
 * Of a text of ISO 8601, as the logical types date, timestamp (a date will do) and time have it: microseconds since 2000,
 * or midnight. Without a zone it is UTC. False if it is none.
 */
extern bool iso_time(const char *text, const char *type, int64 *microseconds);

#endif
