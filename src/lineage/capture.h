/*
 * capture.h: how lineage is captured while statements run, and written when they are committed.
 */
#ifndef AIDATAOPS_LINEAGE_CAPTURE_H
#define AIDATAOPS_LINEAGE_CAPTURE_H

#include "lineage/map.h"

typedef enum OnError
{
	ON_ERROR_WARN,
	ON_ERROR_ERROR
} OnError;

/* Settings. */
extern bool lineage_enabled;
extern int lineage_on_error;
extern bool lineage_query_text;
extern char *lineage_exclude_schemas;

extern void lineage_init(void);

/* What COPY reads or writes. */
typedef struct External
{
	const char *kind;
	char *namespace;
	char *name;
} External;

typedef enum EventType
{
	EVENT_FLOW,
	EVENT_DROP,
	EVENT_ALTER,
	EVENT_EMPTIED /* a view now reads nothing */
} EventType;

/* Something that happened in this transaction. */
typedef struct Event
{
	EventType type;
	LineageMap *map;
	External *external;
	Oid relid; /* dropped or altered */
	SubTransactionId subid;
	SubTransactionId written_in; /* where it was written already; 0: not yet */
	int previous;                /* event of the same map */
	int64 times;
	int64 num_rows;
	char *query;
} Event;

/* events.c */
extern void events_init(void);
extern void record_flow(LineageMap *map, External *external, uint64 num_rows);
extern void record_change(EventType type, Oid relid);
extern void events_flush_now(void);
extern bool events_are_being_written(void);
extern void lineage_error(MemoryContext caller, const char *what);
extern void lineage_error_of(const char *what, ErrorData *error);

/* capture.c */
extern void capture_init(void);
extern void capture_forget_frames(SubTransactionId subid);
extern void capture_forget_executed(void);
extern bool capture_is_installed(void);

/* views.c */
extern bool record_view(Oid view, bool replaces);

/* temporary.c: what a map says of relations that stay; NULL if it is nothing */
extern LineageMap *without_temporary(LineageMap *map);

/* tables.c, store.c */
extern void store_init(void);
extern bool store_is_active(void);
extern uint64 store_epoch(void);
extern void store_forget(void);
extern void store_begin(void);
extern void store_write(Event *event);
extern void store_end(void);
extern char *lineage_digest(const char *data); /* SHA-256, in hexadecimal */

#endif
