/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/turns.h"

#include <stdlib.h>

struct turn {
	void *who;
	uint32_t local, remote;
	bool has, answered, proved;
	bool called;    /* it shall ask again now: turns_next() has not said so yet */
	bool free;      /* it need not wait, and is in no line any more */
	uint64_t since; /* of having it */
};

struct turns {
	struct turn *line; /* of all pairs, in the order of arrival */
	size_t n, n_allocated;
};

int turns_new(struct turns **ret)
{
	struct turns *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*ret = t;
	return 0;
}

void turns_free(struct turns *t)
{
	if (!t)
		return;
	free(t->line);
	free(t);
}

static struct turn *find_turn(struct turns *t, const void *who)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->line[i].who == who)
			return &t->line[i];
	return NULL;
}

/* The first of the pair that waits, or has the turn. */
static struct turn *first_turn(struct turns *t, uint32_t local, uint32_t remote, bool has)
{
	for (size_t i = 0; i < t->n; i++)
		if (!t->line[i].free && t->line[i].has == has && t->line[i].local == local &&
		    t->line[i].remote == remote)
			return &t->line[i];
	return NULL;
}

static void remove_turn(struct turns *t, struct turn *x)
{
	size_t after = t->n - (size_t)(x - t->line) - 1;

	memmove(x, x + 1, after * sizeof(*x));
	t->n--;
}

void turns_leave(struct turns *t, void *who)
{
	struct turn *x = find_turn(t, who), *next = NULL;

	if (!x)
		return;
	if (x->has)
		next = first_turn(t, x->local, x->remote, false);
	if (next)
		next->called = true;
	remove_turn(t, x);
}

bool turns_next(struct turns *t, void **ret_who, bool *ret_free)
{
	for (size_t i = 0; i < t->n; i++) {
		struct turn *x = &t->line[i];

		if (!x->called)
			continue;
		*ret_who = x->who;
		*ret_free = x->free;
		x->called = false;
		if (x->free)
			remove_turn(t, x);
		return true;
	}
	return false;
}

void turns_answered(struct turns *t, void *who, bool proved)
{
	struct turn *x = find_turn(t, who);

	if (!x)
		return;
	x->answered = true;
	x->proved |= proved;
}

static uint64_t turn_lapses(const struct turn *x)
{
	return x->since + (x->proved ? TURN_MS : x->answered ? TURN_UNPROVEN_MS : TURN_SILENT_MS);
}

/* The server is silent, or is none: nobody waits for it. */
static void release_line(struct turns *t, uint32_t local, uint32_t remote)
{
	struct turn *x;

	while ((x = first_turn(t, local, remote, false)))
		x->free = x->called = true;
}

static bool grow_line(struct turns *t)
{
	size_t n = t->n_allocated ? 2 * t->n_allocated : 8;
	struct turn *line;

	if (t->n < t->n_allocated)
		return true;
	line = reallocarray(t->line, n, sizeof(*line));
	if (!line)
		return false;
	t->line = line;
	t->n_allocated = n;
	return true;
}

static struct turn *join_line(struct turns *t, void *who, uint32_t local, uint32_t remote)
{
	struct turn *x = find_turn(t, who);

	if (x && !x->has && !x->free && x->local == local && x->remote == remote)
		return x;
	turns_leave(t, who);
	if (!grow_line(t))
		return NULL;
	x = &t->line[t->n++];
	*x = (struct turn){ .who = who, .local = local, .remote = remote };
	return x;
}

bool turns_take(struct turns *t, void *who, uint32_t local, uint32_t remote, uint64_t now, uint64_t *ret_at)
{
	struct turn *x = find_turn(t, who), *holder;

	if (x && x->free && x->local == local && x->remote == remote) {
		remove_turn(t, x);
		return true;
	}
	x = join_line(t, who, local, remote);
	if (!x)
		return true;
	holder = first_turn(t, local, remote, true);
	if (holder && now >= turn_lapses(holder)) {
		bool silent = !holder->proved;

		remove_turn(t, holder);
		holder = NULL;
		if (silent)
			release_line(t, local, remote);
		x = find_turn(t, who);
		if (x->free) {
			remove_turn(t, x);
			return true;
		}
	}
	if (!holder && first_turn(t, local, remote, false) == x) {
		x->has = true;
		x->called = false;
		x->since = now;
		return true;
	}
	if (!holder) { /* the turn belongs to another group, which is told */
		first_turn(t, local, remote, false)->called = true;
		*ret_at = now + TURN_SILENT_MS;
	} else {
		*ret_at = turn_lapses(holder);
	}
	return false;
}
