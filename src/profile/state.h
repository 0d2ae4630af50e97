/*
 * state.h: the working state of profile_agg() and rollup(): a profile that is being added to.
 *
 * It is a datum of the type profile, so that an aggregate with this state can be pushed down to
 * other nodes, and flat, so that many groups cost no more than their bytes. An aggregate changes it
 * in place; when a part must grow, a new datum is returned and the executor copies it. It never
 * reaches a table by way of our aggregates, which pack it in the end; if it does by another's, it is
 * read as well as any profile.
 *
 * Numbers are not counted one by one but appended to pending, and absorbed when that is full: what
 * each takes is then in the caches, and processors overlap it.
 */
#ifndef AIDATAOPS_PROFILE_STATE_H
#define AIDATAOPS_PROFILE_STATE_H

#include "profile/profile.h"

#define PROFILE_STATE_MARK 0xFF /* where a stored profile has its version */

#define PROFILE_STATE_LAYOUT 1 /* changes with anything below */

#define PENDING_START 32
#define PENDING_MAX   512

typedef struct ProfileState
{
	int32 vl_len_;
	uint8 mark;
	uint8 kind;
	uint8 flags;
	uint8 shift;

	/* parts, as offsets from the start, 0 if there is none */
	uint32 pending_capacity; /* the part itself is the first */
	uint32 moments_at;       /* ExactSum */
	uint32 slots_at;         /* RadixSlot[1 << capacity_bits] */
	uint32 labels_at;        /* uint32 for each slot: where its label is in the heap */
	uint32 heap_at;          /* a byte of size, with the highest bit if it was cut, and the text */
	uint32 heap_capacity;
	uint32 heap_used;
	uint32 registers_at;  /* in use only while shift > 0 */
	uint32 components_at; /* Component[dimension] */

	uint32 npending;
	uint32 nbuckets;
	uint32 dimension;
	uint8 capacity_bits;
	uint8 label_size;
	uint16 layout; /* PROFILE_STATE_LAYOUT */

	int64 nulls;
	int64 nans;
	int64 negative_infinities;
	int64 positive_infinities;
	int64 zeroes;
	int64 counted; /* without those pending */

	/* of what is counted; for kinds that are not floating point, of pending too */
	ProfileExtreme min;
	ProfileExtreme max;
	bool has_extremes;

	/* uint64 images of categories, doubles otherwise */
	uint64 pending[FLEXIBLE_ARRAY_MEMBER];
} ProfileState;

/* value is detoasted */
static inline bool
profile_is_state(const struct varlena *value)
{
	return VARSIZE(value) >= sizeof(ProfileState) &&
		   (uint8) VARDATA(value)[0] == PROFILE_STATE_MARK;
}

static inline Component *
state_components(ProfileState *state)
{
	return (Component *) ((char *) state + state->components_at);
}

/* -- changing a state; what returns one may return another, in the current memory context -- */

extern ProfileState *state_empty(ProfileKind kind);
extern ProfileState *state_make_room(ProfileState *state);

/* To be counted when there are enough: an image of a category, or the bits of a number. */
static inline ProfileState *
state_append(ProfileState *state, uint64 value)
{
	if (unlikely(state->npending >= state->pending_capacity))
		state = state_make_room(state);
	state->pending[state->npending++] = value;
	return state;
}

static inline ProfileState *
append_number(ProfileState *state, double value)
{
	uint64 bits;

	memcpy(&bits, &value, sizeof(bits));
	return state_append(state, bits);
}

/* A category while shift is 0: one that has a bucket, and a new one, for which there is room. */
extern bool state_count_known(ProfileState *state, uint64 hash, int64 count);
extern ProfileState *state_insert_category(ProfileState *state, uint64 hash, int64 count,
										   const ProfileLabel *given);
extern ProfileLabel profile_label_cut(const char *text, int size, bool cut, int limit);

extern void state_widen_extremes(ProfileState *state, const ProfileExtreme *min,
								 const ProfileExtreme *max);

extern ProfileState *state_set_dimension(ProfileState *state, int dimension);
extern void state_keep_norms_only(ProfileState *state);
extern void state_check_vectors(int64 n);

extern ProfileState *state_merge(ProfileState *state, const Profile *other);

/* Raises for a state that is damaged, or of another release. */
extern void state_check(const ProfileState *state);

/* A decoded copy. */
extern Profile *profile_of_state(const ProfileState *state);

/* The stored form of a profile of no rows. */
extern struct varlena *profile_empty(ProfileKind kind);

/* How a value of an integer kind or of a time is counted. */
extern double profile_number_of_integer(ProfileKind kind, int64 value);

#endif
