/*
 * row_note.h: rules that are SQL expressions, which triggers of their own judge before the one that acts.
 */
#ifndef AIDATAOPS_CONTRACT_ROW_NOTE_H
#define AIDATAOPS_CONTRACT_ROW_NOTE_H

#include "commands/trigger.h"
#include "fmgr.h"

#define MAX_NOTES 64

/* A rule that is an expression and that the row now written breaks. */
typedef struct Note
{
	char *rule;
	bool warn;
	Oid trigger;
} Note;

extern int notes_waiting; /* to be read alone */

extern void forget_notes(void);

/*
 * Uses up the notes about a row of the table and returns how many there are. In doubt, which is if another trigger came
 * between, conditions are asked again.
 */
extern int take_notes(bool in_doubt, const TriggerData *data, TupleTableSlot *row, Note *notes);

extern void check_is_row_trigger(FunctionCallInfo fcinfo, const char *function);

static inline HeapTuple
new_row(const TriggerData *data)
{
	return TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
}

#endif
