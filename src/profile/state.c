/*
 * state.c: the working state of a profile: its parts, counting, merging.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "common/int.h"
#include "mb/pg_wchar.h"
#include "profile/profile.h"
#include "profile/state.h"
#include "utils/timestamp.h"

StaticAssertDecl(PENDING_MAX <= EXACT_SUM_ROOM, "exact sums are normalised once for all pending");

/* ------------------------------------------------------------------------ the parts ---- */

typedef struct StateShape
{
	uint32 pending_capacity;
	uint8 capacity_bits; /* 0: no table */
	bool moments;
	bool labels;
	uint32 heap_capacity;
	bool registers;
	uint32 dimension;
} StateShape;

static inline void *
part(const ProfileState *state, uint32 offset)
{
	return (char *) state + offset;
}

static inline RadixTable
table_of(const ProfileState *state)
{
	return (RadixTable){.slots = part(state, state->slots_at),
						.capacity = 1U << state->capacity_bits,
						.capacity_bits = state->capacity_bits,
						.nbuckets = state->nbuckets,
						.shift = state->shift};
}

static inline void
keep_table(ProfileState *state, const RadixTable *table)
{
	state->nbuckets = table->nbuckets;
	state->shift = table->shift;
}

static bool
is_category(const ProfileState *state)
{
	return profile_family(state->kind) == FAMILY_CATEGORY;
}

static StateShape
shape_of(const ProfileState *state)
{
	return (StateShape){.pending_capacity = state->pending_capacity,
						.capacity_bits = state->capacity_bits,
						.moments = state->moments_at != 0,
						.labels = state->labels_at != 0,
						.heap_capacity = state->heap_capacity,
						.registers = state->registers_at != 0,
						.dimension = state->dimension};
}

static uint32
place(Size *size, bool wanted, Size bytes)
{
	uint32 at = (uint32) *size;

	if (!wanted)
		return 0;
	*size += MAXALIGN(bytes);
	return at;
}

static ProfileState *
state_create(ProfileKind kind, const StateShape *shape)
{
	Size size =
		MAXALIGN(offsetof(ProfileState, pending) + shape->pending_capacity * sizeof(uint64));
	Size capacity = shape->capacity_bits ? (Size) 1 << shape->capacity_bits : 0;
	ProfileState layout = {0};
	ProfileState *state;

	layout.moments_at = place(&size, shape->moments, sizeof(ExactSum));
	layout.slots_at = place(&size, capacity > 0, capacity * sizeof(RadixSlot));
	layout.labels_at = place(&size, shape->labels, capacity * sizeof(uint32));
	layout.heap_at = place(&size, shape->labels, shape->heap_capacity);
	layout.registers_at = place(&size, shape->registers, DISTINCT_REGISTERS);
	layout.components_at = place(&size, shape->dimension > 0, shape->dimension * sizeof(Component));

	state = palloc0(size);
	*state = layout;
	SET_VARSIZE(state, size);
	state->mark = PROFILE_STATE_MARK;
	state->layout = PROFILE_STATE_LAYOUT;
	state->kind = kind;
	state->pending_capacity = shape->pending_capacity;
	state->capacity_bits = shape->capacity_bits;
	state->heap_capacity = shape->heap_capacity;
	state->dimension = shape->dimension;
	state->label_size = LABEL_MAX;
	return state;
}

/* Where a label lies is known by slot, so labels move with slots. */
static void
move_slots(ProfileState *to, const ProfileState *from)
{
	RadixTable old = table_of(from);
	RadixTable new = table_of(to);
	uint32 *old_labels = part(from, from->labels_at);
	uint32 *new_labels = part(to, to->labels_at);

	radix_move(&new, &old);
	keep_table(to, &new);
	if (from->labels_at == 0 || to->labels_at == 0)
		return;
	for (uint32 i = 0; i < old.capacity; i++)
		if (old.slots[i].count != 0)
			new_labels[radix_slot(&new, old.slots[i].key)] = old_labels[i];
}

/* The same content in parts of other sizes. */
static ProfileState *
state_reshape(const ProfileState *from, const StateShape *shape)
{
	ProfileState *to = state_create(from->kind, shape);

	to->flags = from->flags;
	to->shift = from->shift;
	to->label_size = from->label_size;
	to->nulls = from->nulls;
	to->nans = from->nans;
	to->negative_infinities = from->negative_infinities;
	to->positive_infinities = from->positive_infinities;
	to->zeroes = from->zeroes;
	to->counted = from->counted;
	to->min = from->min;
	to->max = from->max;
	to->has_extremes = from->has_extremes;
	to->npending = from->npending;
	memcpy(to->pending, from->pending, from->npending * sizeof(uint64));
	if (from->moments_at)
		memcpy(part(to, to->moments_at), part(from, from->moments_at), sizeof(ExactSum));
	if (from->slots_at)
		move_slots(to, from);
	if (from->heap_at && to->heap_at)
	{
		to->heap_used = from->heap_used;
		memcpy(part(to, to->heap_at), part(from, from->heap_at), from->heap_used);
	}
	if (from->registers_at && from->shift > 0)
		memcpy(part(to, to->registers_at), part(from, from->registers_at), DISTINCT_REGISTERS);
	if (from->components_at)
		memcpy(part(to, to->components_at), part(from, from->components_at),
			   from->dimension * sizeof(Component));
	return to;
}

/* Room for n more buckets, and whatever they may make necessary; coarse: bits will be dropped. */
static ProfileState *
state_reserve(ProfileState *state, uint32 n, bool coarse)
{
	StateShape shape = shape_of(state);
	uint32 wanted = Min(state->nbuckets + n, RADIX_MAX_BUCKETS);

	while (shape.capacity_bits == 0 || (1U << shape.capacity_bits) < 2 * wanted)
		shape.capacity_bits++;
	shape.moments |= !is_category(state);
	shape.registers |= coarse || state->shift > 0 || state->nbuckets + n > RADIX_MAX_BUCKETS;
	if (shape.capacity_bits == state->capacity_bits && shape.moments == (state->moments_at != 0) &&
		shape.registers == (state->registers_at != 0))
		return state;
	return state_reshape(state, &shape);
}

/* ------------------------------------------------------------------------ counting ---- */

static inline uint64
hash_for_distinct(const ProfileState *state, uint64 image)
{
	return is_category(state) ? image : distinct_hash(image);
}

/*
 * One value more than there are buckets: drop bits. Until now the keys said which values there are,
 * from now on registers estimate it. Labels go, because a bucket is no longer one category.
 */
static void
coarsen(ProfileState *state, RadixTable *table, uint64 image, uint8 shift)
{
	uint8 *registers = part(state, state->registers_at);

	if (table->shift == 0)
		for (uint32 i = 0; i < table->capacity; i++)
			if (table->slots[i].count != 0)
				distinct_add(registers, hash_for_distinct(state, table->slots[i].key));
	if (shift > 0)
		radix_coarsen_to(table, shift);
	else
		radix_coarsen(table, image);
	state->labels_at = state->heap_at = state->heap_capacity = state->heap_used = 0;
}

static inline void
count_image(ProfileState *state, RadixTable *table, uint64 image, int64 count)
{
	while (unlikely(!radix_add(table, image, count)))
		coarsen(state, table, image, 0);
}

void
state_widen_extremes(ProfileState *state, const ProfileExtreme *min, const ProfileExtreme *max)
{
	if (!state->has_extremes || profile_extreme_compare(min, &state->min) < 0)
		state->min = *min;
	if (!state->has_extremes || profile_extreme_compare(max, &state->max) > 0)
		state->max = *max;
	state->has_extremes = true;
}

/* Take the special values out of the batch; returns how many are left. */
static int
sift(ProfileState *state, double *values, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
	{
		double value = values[i] + 0.0; /* -0 becomes 0 */

		values[kept] = value;
		kept += isfinite(value) ? 1 : 0;
		state->zeroes += value == 0;
		if (likely(isfinite(value)))
			continue;
		if (isnan(value))
			state->nans++;
		else if (value > 0)
			state->positive_infinities++;
		else
			state->negative_infinities++;
	}
	return kept;
}

static void
absorb_extremes(ProfileState *state, const double *values, int n)
{
	ProfileExtreme min = {.number = values[0]};
	ProfileExtreme max = {.number = values[0]};

	for (int i = 1; i < n; i++)
	{
		min.number = values[i] < min.number ? values[i] : min.number;
		max.number = values[i] > max.number ? values[i] : max.number;
	}
	state_widen_extremes(state, &min, &max);
}

/* Kinds whose extremes are more than a double keep them as values arrive. */
static inline bool
extremes_are_doubles(ProfileKind kind)
{
	return kind == PROFILE_FLOAT8 || kind == PROFILE_FLOAT4 || kind == PROFILE_EMBEDDING;
}

/*
 * Loops of one purpose each, because the processor then overlaps the accesses of many values. The
 * state has room for n buckets.
 */
static void
absorb_images(ProfileState *state, const uint64 *images, int n)
{
	RadixTable table = table_of(state);

	for (int i = 0; i < n; i++)
		count_image(state, &table, images[i], 1);
	keep_table(state, &table);
	state->counted += n;
	if (state->shift > 0)
	{
		uint8 *registers = part(state, state->registers_at);

		for (int i = 0; i < n; i++)
			distinct_add(registers, hash_for_distinct(state, images[i]));
	}
}

static void
absorb_numbers(ProfileState *state, double *values, int n)
{
	ExactSum *moments = part(state, state->moments_at);
	uint64 images[PENDING_MAX];

	n = sift(state, values, n);
	if (n == 0)
		return;
	if (extremes_are_doubles(state->kind))
		absorb_extremes(state, values, n);
	for (int i = 0; i < n; i++)
		exact_sum_add(moments, values[i]);
	exact_sum_normalise(moments);
	for (int i = 0; i < n; i++)
		images[i] = radix_image(values[i]);
	absorb_images(state, images, n);
}

/* Count what is pending. */
static ProfileState *
state_absorb(ProfileState *state)
{
	if (state->npending == 0)
		return state;
	state = state_reserve(state, state->npending, false);
	if (is_category(state))
		absorb_images(state, state->pending, state->npending);
	else
		absorb_numbers(state, (double *) state->pending, state->npending);
	state->npending = 0;
	return state;
}

/* Room to append one pending value. */
ProfileState *
state_make_room(ProfileState *state)
{
	StateShape shape = shape_of(state);

	if (state->pending_capacity >= PENDING_MAX)
		return state_absorb(state);
	/* groups of few values never see more than these */
	shape.pending_capacity = shape.pending_capacity ? 2 * shape.pending_capacity : PENDING_START;
	return state_reshape(state, &shape);
}

/* ---------------------------------------------------------------------- categories ---- */

ProfileLabel
profile_label_cut(const char *text, int size, bool cut, int limit)
{
	int kept = pg_encoding_mbcliplen(PG_UTF8, text, size, Min(size, limit));

	return (ProfileLabel){.text = text, .size = (uint8) kept, .cut = cut || kept < size};
}

static ProfileLabel
label_at(const ProfileState *state, uint32 slot)
{
	const uint32 *at = part(state, state->labels_at);
	const char *entry = (const char *) part(state, state->heap_at) + at[slot];

	return (ProfileLabel){
		.text = entry + 1, .size = entry[0] & 0x7f, .cut = ((uint8) entry[0] & 0x80) != 0};
}

static void
put_label(ProfileState *state, uint32 slot, const ProfileLabel *label)
{
	uint32 *at = part(state, state->labels_at);
	char *entry = (char *) part(state, state->heap_at) + state->heap_used;

	at[slot] = state->heap_used;
	entry[0] = (char) (label->size | (label->cut ? 0x80 : 0));
	memcpy(entry + 1, label->text, label->size);
	state->heap_used += 1 + label->size;
}

/*
 * Cut all labels to this size. Labels are cut to 64 bytes, or 32, or 16: to as many as keep all
 * labels together within LABEL_BUDGET, which 16 always do. So the cut depends on the set of labels
 * only, and no label is lost while categories have buckets of their own.
 */
static void
shorten_labels(ProfileState *state, uint8 size)
{
	RadixTable table = table_of(state);
	char *old_heap;

	if (size >= state->label_size)
		return;
	state->label_size = size;
	if (state->heap_used == 0)
		return;
	old_heap = memcpy(palloc(state->heap_used), part(state, state->heap_at), state->heap_used);
	state->heap_used = 0;
	for (uint32 slot = 0; slot < table.capacity; slot++)
	{
		const char *entry = old_heap + ((uint32 *) part(state, state->labels_at))[slot];
		ProfileLabel label;

		if (table.slots[slot].count == 0)
			continue;
		label = profile_label_cut(entry + 1, entry[0] & 0x7f, ((uint8) entry[0] & 0x80) != 0, size);
		put_label(state, slot, &label);
	}
	pfree(old_heap);
}

/* The category is new, and there is a bucket for it. */
ProfileState *
state_insert_category(ProfileState *state, uint64 hash, int64 count, const ProfileLabel *given)
{
	StateShape shape = shape_of(state);
	ProfileLabel label = profile_label_cut(given->text, given->size, given->cut, state->label_size);
	RadixTable table;
	uint32 slot;

	while (state->heap_used - state->nbuckets + label.size > LABEL_BUDGET)
	{
		shorten_labels(state, state->label_size / 2);
		label = profile_label_cut(given->text, given->size, given->cut, state->label_size);
	}
	if (shape.capacity_bits == 0 || (1U << shape.capacity_bits) < 2 * (state->nbuckets + 1))
		shape.capacity_bits = shape.capacity_bits ? shape.capacity_bits + 1 : 3;
	while (shape.heap_capacity < state->heap_used + 1 + label.size)
		shape.heap_capacity = shape.heap_capacity ? 2 * shape.heap_capacity : 128;
	shape.labels = true;
	if (shape.capacity_bits != state->capacity_bits || shape.heap_capacity != state->heap_capacity)
		state = state_reshape(state, &shape);

	table = table_of(state);
	slot = radix_slot(&table, hash);
	table.slots[slot] = (RadixSlot){.key = hash, .count = count};
	put_label(state, slot, &label);
	state->nbuckets++;
	state->counted += count;
	return state;
}

/* Count a category that has a bucket of its own. */
bool
state_count_known(ProfileState *state, uint64 hash, int64 count)
{
	RadixTable table;
	RadixSlot *slot;

	if (state->capacity_bits == 0)
		return false;
	table = table_of(state);
	slot = &table.slots[radix_slot(&table, hash)];
	if (slot->count == 0)
		return false;
	slot->count += count;
	state->counted += count;
	return true;
}

/* ---------------------------------------------------------------------- embeddings ---- */

void
state_check_vectors(int64 n)
{
	if (n > EMBEDDING_MAX_VECTORS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("too many embeddings in one profile"),
						errdetail("A profile holds at most %d of them.", EMBEDDING_MAX_VECTORS)));
}

/* From now on, whatever comes, so that the profile does not depend on the order of the rows. */
void
state_keep_norms_only(ProfileState *state)
{
	state->flags |= PROFILE_NORMS_ONLY;
	state->dimension = 0;
}

/* The embeddings to come have this dimension: is it that of all so far, and can it be profiled? */
ProfileState *
state_set_dimension(ProfileState *state, int dimension)
{
	StateShape shape = shape_of(state);

	if (state->dimension == dimension || state->flags & PROFILE_NORMS_ONLY)
		return state;
	if (state->dimension != 0 || dimension > EMBEDDING_MAX_DIMENSION)
	{
		state_keep_norms_only(state);
		return state;
	}
	shape.dimension = dimension;
	return state_reshape(state, &shape);
}

/* ------------------------------------------------------------------ conversion, merge ---- */

static bool
part_fits(const ProfileState *state, uint32 at, Size size)
{
	return at == 0 || (at >= offsetof(ProfileState, pending) && size <= VARSIZE(state) - at);
}

/*
 * Another's aggregate may let a state out, a table may keep it, and a later release or a damaged page
 * bring it back: it must not be followed to where it has no memory.
 */
void
state_check(const ProfileState *state)
{
	Size size = VARSIZE(state);
	Size capacity = (Size) 1 << Min(state->capacity_bits, 31);

	if (state->layout != PROFILE_STATE_LAYOUT || capacity > RADIX_MAX_CAPACITY ||
		state->nbuckets > RADIX_MAX_BUCKETS || state->nbuckets >= capacity + (capacity == 1) ||
		state->shift > RADIX_MAX_SHIFT || state->pending_capacity > PENDING_MAX ||
		state->npending > state->pending_capacity || state->heap_used > state->heap_capacity ||
		state->dimension > EMBEDDING_MAX_DIMENSION ||
		size < offsetof(ProfileState, pending) + state->pending_capacity * sizeof(uint64) ||
		(state->nbuckets > 0 && state->slots_at == 0) ||
		(state->shift > 0 && state->registers_at == 0) ||
		(state->dimension > 0 && state->components_at == 0) ||
		!part_fits(state, state->moments_at, sizeof(ExactSum)) ||
		!part_fits(state, state->slots_at, capacity * sizeof(RadixSlot)) ||
		!part_fits(state, state->labels_at, capacity * sizeof(uint32)) ||
		!part_fits(state, state->heap_at, state->heap_capacity) ||
		!part_fits(state, state->registers_at, DISTINCT_REGISTERS) ||
		!part_fits(state, state->components_at, state->dimension * sizeof(Component)))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("working state of a profile is damaged or of another release"),
						errhint("Store what profile_agg() or rollup() return.")));
}

Profile *
profile_of_state(const ProfileState *given)
{
	ProfileState *state = memcpy(palloc(VARSIZE(given)), given, VARSIZE(given));
	Profile *profile = palloc0(sizeof(Profile));
	RadixTable table;

	state_check(state);
	state = state_absorb(state);
	table = table_of(state);
	profile->kind = state->kind;
	profile->flags = state->flags;
	profile->shift = state->shift;
	profile->nulls = state->nulls;
	profile->nans = state->nans;
	profile->negative_infinities = state->negative_infinities;
	profile->positive_infinities = state->positive_infinities;
	profile->zeroes = state->zeroes;
	profile->counted = state->counted;
	profile->nbuckets = state->nbuckets;
	profile->buckets = palloc(Max(state->nbuckets, 1) * sizeof(RadixSlot));
	profile->label_size = state->label_size;
	profile->min = state->min;
	profile->max = state->max;
	profile->dimension = state->dimension;
	profile->components = part(state, state->components_at);
	if (state->slots_at)
		radix_sorted(&table, profile->buckets);
	if (state->moments_at)
		profile->moments = *(ExactSum *) part(state, state->moments_at);
	if (state->shift > 0)
		profile->registers = part(state, state->registers_at);
	if (state->labels_at)
	{
		profile->labels = palloc(state->nbuckets * sizeof(ProfileLabel));
		for (int i = 0; i < profile->nbuckets; i++)
			profile->labels[i] = label_at(state, radix_slot(&table, profile->buckets[i].key));
	}
	return profile;
}

struct varlena *
profile_empty(ProfileKind kind)
{
	Profile profile = {.kind = kind};

	return profile_pack(&profile);
}

double
profile_number_of_integer(ProfileKind kind, int64 value)
{
	/* dates are counted in microseconds, as timestamps are, so that they can be compared */
	return kind == PROFILE_DATE ? (double) value * USECS_PER_DAY : (double) value;
}

int
profile_extreme_compare(const ProfileExtreme *a, const ProfileExtreme *b)
{
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->integer != b->integer)
		return a->integer < b->integer ? -1 : 1;
	return kept_numeric_compare(&a->numeric, &b->numeric);
}

static void
add_count(int64 *count, int64 more)
{
	if (pg_add_s64_overflow(*count, more, count))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("row count of profile out of range")));
}

static void
check_total(const ProfileState *state, int64 more)
{
	int64 total = state->counted;

	add_count(&total, more);
	add_count(&total, state->npending);
	add_count(&total, state->nulls);
	add_count(&total, state->nans);
	add_count(&total, state->negative_infinities);
	add_count(&total, state->positive_infinities);
}

static void
merge_registers(ProfileState *state, const Profile *other)
{
	uint8 *registers = part(state, state->registers_at);

	if (other->shift == 0)
		for (int i = 0; i < other->nbuckets; i++)
			distinct_add(registers, hash_for_distinct(state, other->buckets[i].key));
	else
		for (int i = 0; i < DISTINCT_REGISTERS; i++)
			registers[i] = Max(registers[i], other->registers[i]);
}

/* Buckets that are categories with labels, as long as each has room; returns how many were merged. */
static int
merge_labelled(ProfileState **state, const Profile *other)
{
	int done = 0;

	if (other->labels == NULL || (*state)->shift > 0)
		return 0;
	shorten_labels(*state, other->label_size);
	for (; done < other->nbuckets; done++)
	{
		const RadixSlot *bucket = &other->buckets[done];

		if (state_count_known(*state, bucket->key, bucket->count))
			continue;
		if ((*state)->nbuckets >= RADIX_MAX_BUCKETS)
			break;
		*state = state_insert_category(*state, bucket->key, bucket->count, &other->labels[done]);
	}
	return done;
}

static ProfileState *
merge_buckets(ProfileState *state, const Profile *other)
{
	int done = merge_labelled(&state, other);
	RadixTable table;

	if (done == other->nbuckets && other->shift == 0 && state->shift == 0)
		return state;
	state = state_reserve(state, other->nbuckets - done, other->shift > 0);
	table = table_of(state);
	if (other->shift > state->shift)
		coarsen(state, &table, 0, other->shift);
	for (int i = done; i < other->nbuckets; i++)
	{
		count_image(state, &table, other->buckets[i].key << other->shift, other->buckets[i].count);
		state->counted += other->buckets[i].count;
	}
	keep_table(state, &table);
	if (state->shift > 0)
		merge_registers(state, other);
	return state;
}

static ProfileState *
merge_components(ProfileState *state, const Profile *other)
{
	Component *components;

	if (state->kind != PROFILE_EMBEDDING)
		return state;
	state_check_vectors(state->counted + state->npending);
	if (state->flags & PROFILE_NORMS_ONLY)
		state_keep_norms_only(state);
	else if (other->dimension > 0)
		state = state_set_dimension(state, other->dimension);
	if (state->dimension == 0 || other->dimension == 0)
		return state;
	components = part(state, state->components_at);
	for (int i = 0; i < other->dimension; i++)
	{
		components[i].sum += other->components[i].sum;
		components[i].squares += other->components[i].squares;
	}
	return state;
}

ProfileState *
state_merge(ProfileState *state, const Profile *other)
{
	if (state->kind != other->kind)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("cannot merge a profile of %s with a profile of %s",
							   profile_kind_name(state->kind), profile_kind_name(other->kind)),
						errhint("Cast the column to one type before it is profiled.")));
	add_count(&state->nulls, other->nulls);
	add_count(&state->nans, other->nans);
	add_count(&state->negative_infinities, other->negative_infinities);
	add_count(&state->positive_infinities, other->positive_infinities);
	add_count(&state->zeroes, other->zeroes);
	check_total(state, other->counted);
	state->flags |= other->flags;
	if (other->counted == 0)
		return merge_components(state, other);
	state = merge_buckets(state, other);
	if (!is_category(state))
	{
		state_widen_extremes(state, &other->min, &other->max);
		exact_sum_merge(part(state, state->moments_at), &other->moments);
		if (!exact_sum_in_range(part(state, state->moments_at)))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("sum of profile out of range")));
	}
	return merge_components(state, other);
}

ProfileState *
state_empty(ProfileKind kind)
{
	StateShape shape = {0};

	if (profile_family(kind) != FAMILY_CATEGORY)
		shape.pending_capacity = PENDING_START;
	return state_create(kind, &shape);
}
