/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/phase1_answers.h"

#include <stdlib.h>

static void forget_octets(uint8_t *data, size_t len)
{
	if (data)
		explicit_bzero(data, len);
	free(data);
}

int phase1_answers_new(struct phase1_answers **ret)
{
	struct phase1_answers *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->round = 1;
	*ret = a;
	return 0;
}

void candidate_clear(struct candidate *c)
{
	phase1_free(c->state);
	forget_octets(c->sent, c->sent_len);
	*c = (struct candidate){ 0 };
}

static void candidates_clear(struct candidates *among)
{
	FOR_EACH_CANDIDATE(c, among)
	candidate_clear(c);
}

void phase1_answers_free(struct phase1_answers *a)
{
	if (!a)
		return;
	candidates_clear(&a->answered);
	candidates_clear(&a->keyed);
	for (size_t i = 0; i < ARRAY_SIZE(a->values); i++)
		dh_free(a->values[i]);
	forget_octets(a->first, a->first_len);
	free(a->seen);
	explicit_bzero(a, sizeof(*a));
	free(a);
}

int phase1_answers_value(struct phase1_answers *a, enum ike_group group, struct dh **ret)
{
	size_t i = 0;
	int r = 0;

	while (i < ARRAY_SIZE(a->values) && a->values[i] && dh_group(a->values[i]) != group)
		i++;
	if (i == ARRAY_SIZE(a->values))
		return -EINVAL;
	if (a->nonce.len == 0) {
		a->nonce.len = PHASE1_NONCE_LEN;
		r = crypto_random(a->nonce.data, a->nonce.len);
	}
	if (r == 0 && !a->values[i])
		r = dh_new(&a->values[i], group);
	if (r == 0)
		*ret = a->values[i];
	return r;
}

/* --- what was seen --- */

static struct answer_seen *find_seen(struct phase1_answers *a, const uint8_t tag[static ANSWER_TAG_LEN])
{
	for (size_t i = 0; a->seen && i < ANSWERS_SEEN; i++)
		if (a->seen[i].round > 0 && memcmp(a->seen[i].tag, tag, ANSWER_TAG_LEN) == 0)
			return &a->seen[i];
	return NULL;
}

/* NULL: no memory; then the answer is as one that never came. */
static struct answer_seen *add_seen(struct phase1_answers *a, const uint8_t tag[static ANSWER_TAG_LEN])
{
	struct answer_seen *s;

	if (!a->seen)
		a->seen = calloc(ANSWERS_SEEN, sizeof(*a->seen));
	if (!a->seen)
		return NULL;
	s = &a->seen[a->next_seen];
	a->next_seen = (a->next_seen + 1) % ANSWERS_SEEN;
	*s = (struct answer_seen){ .round = a->round };
	memcpy(s->tag, tag, ANSWER_TAG_LEN);
	return s;
}

void phase1_answers_tried(struct phase1_answers *a, const uint8_t tag[static ANSWER_TAG_LEN])
{
	struct answer_seen *s = find_seen(a, tag);

	if (!s)
		s = add_seen(a, tag);
	if (s)
		s->tried = true;
}

/* --- which are followed --- */

static bool is_followed(const struct candidates *among, const uint8_t tag[static ANSWER_TAG_LEN])
{
	FOR_EACH_CANDIDATE(c, (struct candidates *)among)
	if (memcmp(c->tag, tag, ANSWER_TAG_LEN) == 0)
		return true;
	return false;
}

static bool is_full(const struct candidates *among, enum candidate_class class)
{
	for (size_t i = 0; i < PHASE1_FOLLOWED; i++)
		if (!among->list[class][i].state)
			return false;
	return true;
}

static bool spend_derivation(struct phase1_answers *a, uint64_t now, enum candidate_class class)
{
	unsigned *used = class == CANDIDATE_FIRST ? &a->dh_first : &a->dh_again;

	if (now - a->budget_since >= 1000) {
		a->budget_since = now;
		a->dh_first = a->dh_again = 0;
	}
	if (*used >= PHASE1_DH_EACH || a->dh_total >= PHASE1_DH_TOTAL)
		return false;
	++*used;
	a->dh_total++;
	return true;
}

enum answer_verdict phase1_answers_judge(struct phase1_answers *a, const uint8_t tag[static ANSWER_TAG_LEN],
					 const struct candidates *among, const uint64_t *now, enum candidate_class *ret)
{
	struct answer_seen *s = find_seen(a, tag);
	bool again = s && s->round < a->round;

	if ((s && s->tried) || is_followed(among, tag))
		return ANSWER_REPEATED;
	*ret = again ? CANDIDATE_AGAIN : CANDIDATE_FIRST;
	/* An answer that keeps its place cannot be driven out by a new answer. */
	if ((again || (!s && !is_full(among, CANDIDATE_FIRST))) && (!now || spend_derivation(a, *now, *ret)))
		return ANSWER_FOLLOW;
	a->contested = true;
	if (!s)
		(void)add_seen(a, tag);
	return ANSWER_PUT_ASIDE;
}

void phase1_answers_keep(struct phase1_answers *a, struct candidates *among, enum candidate_class class,
			 const struct candidate *c)
{
	struct candidate *place = &among->list[class][0];

	for (size_t i = 1; i < PHASE1_FOLLOWED && place->state; i++) {
		struct candidate *other = &among->list[class][i];

		if (!other->state || other->order < place->order)
			place = other;
	}
	candidate_clear(place);
	*place = *c;
	place->order = ++a->order;
}

size_t candidates_count(const struct candidates *among)
{
	size_t n = 0;

	FOR_EACH_CANDIDATE(c, (struct candidates *)among)
	n++;
	return n;
}

struct candidate *candidates_newest(struct candidates *among)
{
	struct candidate *newest = NULL;

	FOR_EACH_CANDIDATE(c, among)
	if (!newest || c->order > newest->order)
		newest = c;
	return newest;
}
