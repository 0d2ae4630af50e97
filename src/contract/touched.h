/*
 * touched.h: relations that a command may have changed, as event triggers are told of it.
 */
#ifndef AIDATAOPS_CONTRACT_TOUCHED_H
#define AIDATAOPS_CONTRACT_TOUCHED_H

#include "commands/event_trigger.h"
#include "nodes/pg_list.h"

typedef struct TouchedRelation
{
	Oid relation; /* may be gone */

	/*
	 * The owner, if the command was about the relation itself or about something else of the same
	 * owner, by a user who has the owner's rights and is no superuser. InvalidOid if it came from
	 * elsewhere: then it is not for a contract of the relation to stand in its way.
	 */
	Oid at_will_of;
} TouchedRelation;

extern List *relations_touched_by(const EventTriggerData *event);

#endif
