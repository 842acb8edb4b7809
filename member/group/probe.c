/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/probe.h"

#include <stdlib.h>

static const uint32_t intervals[] = { 10, 20, 40, 80, 160, 320 }; /* seconds; row E2 */

struct probe {
	struct probe_params params;
	uint64_t next_sample;

	bool sampled; /* there is something to compare with */
	bool has_unknown_spi;
	uint64_t unknown_spi;
	struct probe_sa sas[PROBE_SAS_MAX];
	size_t n_sas;

	bool counting; /* packets have left since `counting_since` and none has come */
	uint64_t counting_since, left;
	bool one_way; /* the sign has shown and stands */

	bool active;
	size_t interval; /* index of the one that runs */
	unsigned pulls;
	uint64_t due;
	bool in_step; /* a pull has succeeded, and no sign since */
	uint64_t in_step_since;
};

int probe_new(struct probe **ret, const struct probe_params *params)
{
	struct probe *p;

	if (params->packets == 0 || params->seconds == 0)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->params = *params;
	*ret = p;
	return 0;
}

void probe_free(struct probe *p)
{
	free(p);
}

static const struct probe_sa *find_sa(const struct probe *p, uint32_t spi)
{
	for (size_t i = 0; i < p->n_sas; i++)
		if (p->sas[i].spi == spi)
			return &p->sas[i];
	return NULL;
}

/* A counter that is lower than it was belongs to an SA, or a table, that was made again. */
static uint64_t risen_count(uint64_t before, uint64_t now)
{
	return now >= before ? now - before : now;
}

static void count_traffic(const struct probe *p, const struct probe_sample *s, uint64_t *ret_in, uint64_t *ret_out)
{
	*ret_in = *ret_out = 0;
	for (size_t i = 0; i < s->n_sas && i < PROBE_SAS_MAX; i++) {
		const struct probe_sa *before = find_sa(p, s->sas[i].spi);

		*ret_in += risen_count(before ? before->in : 0, s->sas[i].in);
		*ret_out += before ? risen_count(before->out, s->sas[i].out) : 0;
	}
}

static void remember_sample(struct probe *p, uint64_t now, const struct probe_sample *s)
{
	p->next_sample = (now / PROBE_SAMPLE_MS + 1) * PROBE_SAMPLE_MS;
	if (!s)
		return;
	p->sampled = true;
	if (s->has_unknown_spi) {
		p->has_unknown_spi = true;
		p->unknown_spi = s->unknown_spi;
	}
	p->n_sas = s->n_sas < PROBE_SAS_MAX ? s->n_sas : PROBE_SAS_MAX;
	if (p->n_sas > 0)
		memcpy(p->sas, s->sas, p->n_sas * sizeof(p->sas[0]));
}

static bool sign_unknown_spi(const struct probe *p, const struct probe_sample *s)
{
	return p->has_unknown_spi && s->has_unknown_spi && risen_count(p->unknown_spi, s->unknown_spi) > 0;
}

static bool sign_one_way(struct probe *p, uint64_t now, const struct probe_sample *s)
{
	uint64_t in, out;

	count_traffic(p, s, &in, &out);
	if (in > 0) {
		p->counting = p->one_way = false;
		return false;
	}
	if (p->one_way)
		return out > 0;
	if (!p->counting) {
		p->counting = out > 0;
		p->counting_since = now;
		p->left = 0;
	}
	p->left += out;
	if (!p->counting || now - p->counting_since < (uint64_t)p->params.seconds * 1000)
		return false;
	p->counting = false;
	p->one_way = p->left >= p->params.packets;
	return p->one_way;
}

static uint64_t interval_ms(const struct probe *p)
{
	return (uint64_t)intervals[p->interval] * 1000;
}

static void take_sign(struct probe *p, uint64_t now)
{
	p->in_step = false;
	if (p->active)
		return;
	p->active = true;
	p->interval = 0;
	p->pulls = 0;
	p->due = now + interval_ms(p);
}

unsigned probe_sample(struct probe *p, uint64_t now, const struct probe_sample *s)
{
	unsigned signs = 0;

	if (s && p->sampled) {
		signs |= sign_unknown_spi(p, s) ? PROBE_SIGN_UNKNOWN_SPI : 0;
		signs |= sign_one_way(p, now, s) ? PROBE_SIGN_ONE_WAY : 0;
	}
	remember_sample(p, now, s);
	if (signs)
		take_sign(p, now);
	return signs;
}

void probe_skip(struct probe *p, uint64_t now, const struct probe_sample *s)
{
	p->counting = p->one_way = false;
	remember_sample(p, now, s);
}

void probe_pulled(struct probe *p, uint64_t now, const struct probe_sample *s)
{
	if (s && p->sampled)
		(void)sign_one_way(p, now, s);
	if (s)
		remember_sample(p, now, s);
	if (!p->active || p->in_step) /* a second success, of a renewal, does not put the end off */
		return;
	p->in_step = true;
	p->in_step_since = now;
}

static uint64_t ends_at(const struct probe *p)
{
	return p->active && p->in_step ? p->in_step_since + interval_ms(p) : UINT64_MAX;
}

bool probe_sample_due(const struct probe *p, uint64_t now)
{
	return now >= p->next_sample || now >= ends_at(p);
}

enum probe_act probe_tick(struct probe *p, uint64_t now)
{
	if (now >= ends_at(p)) {
		p->active = p->in_step = false;
		p->counting = p->one_way = false;
		p->interval = 0;
		return PROBE_ENDED;
	}
	if (!p->active || p->in_step || now < p->due)
		return PROBE_NOTHING;
	p->pulls++;
	if (p->interval + 1 < ARRAY_SIZE(intervals))
		p->interval++;
	p->due = now + interval_ms(p); /* from now: a tick that comes late never brings two pulls close together */
	return PROBE_PULL;
}

uint64_t probe_deadline(const struct probe *p)
{
	uint64_t at = p->next_sample, next = p->active && !p->in_step ? p->due : ends_at(p);

	return at < next ? at : next;
}

bool probe_has(const struct probe *p, const struct probe_params *params)
{
	return p->params.packets == params->packets && p->params.seconds == params->seconds;
}

bool probe_active(const struct probe *p)
{
	return p->active;
}

unsigned probe_pulls(const struct probe *p)
{
	return p->pulls;
}

uint32_t probe_interval(const struct probe *p)
{
	return intervals[p->interval];
}
