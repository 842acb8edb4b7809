/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/keyring_model.h"

#include <check.h>
#include <string.h>

/* --- what is held --- */

const struct model_sa *model_sa(const struct model *m, uint32_t spi)
{
	for (size_t i = 0; i < m->n_sas; i++)
		if (m->sas[i].spi == spi)
			return &m->sas[i];
	return NULL;
}

static struct model_sa *sa_of(struct model *m, uint32_t spi)
{
	for (size_t i = 0; i < m->n_sas; i++)
		if (m->sas[i].spi == spi)
			return &m->sas[i];
	return NULL;
}

static struct model_policy *policy_of(struct model *m, unsigned selector)
{
	for (size_t i = 0; i < m->n_policies; i++)
		if (m->policies[i].selector == selector)
			return &m->policies[i];
	return NULL;
}

static bool holds(const struct model_policy *p, uint32_t spi)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->keys[i].spi == spi)
			return true;
	return false;
}

static void lose(struct model_policy *p, uint32_t spi)
{
	struct model_policy left = { .selector = p->selector };

	for (size_t i = 0; i < p->n; i++)
		if (p->keys[i].spi != spi)
			left.keys[left.n++] = p->keys[i];
	*p = left;
}

static void drop_sa(struct model *m, uint32_t spi, uint64_t now, bool was_used)
{
	const struct model_sa *sa = model_sa(m, spi);
	struct model_sa left[MODEL_SAS];
	size_t n = 0;

	if (was_used && sa->came + 1000ull * sa->life > now) {
		ck_assert_uint_lt(m->n_gone, MODEL_SAS);
		m->gone[m->n_gone].spi = spi;
		m->gone[m->n_gone++].until = sa->came + 1000ull * sa->life;
	}
	for (size_t i = 0; i < m->n_policies; i++)
		lose(&m->policies[i], spi);
	for (size_t i = 0; i < m->n_sas; i++)
		if (m->sas[i].spi != spi)
			left[n++] = m->sas[i];
	memcpy(m->sas, left, n * sizeof(left[0]));
	m->n_sas = n;
}

static void drop_policy(struct model *m, unsigned selector)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_policies; i++)
		if (m->policies[i].selector != selector)
			m->policies[n++] = m->policies[i];
	m->n_policies = n;
}

static bool of_a_policy(const struct model *m, uint32_t spi)
{
	for (size_t i = 0; i < m->n_policies; i++)
		if (holds(&m->policies[i], spi))
			return true;
	return false;
}

static void drop_unused(struct model *m, uint64_t now, bool were_used)
{
	for (size_t i = 0; i < m->n_sas; i++)
		if (!of_a_policy(m, m->sas[i].spi)) {
			drop_sa(m, m->sas[i].spi, now, were_used);
			i = (size_t)-1; /* from the beginning: this is the slow model */
		}
}

void model_expire(struct model *m, uint64_t now)
{
	for (size_t i = 0; i < m->n_sas; i++)
		if (m->sas[i].end <= now) {
			drop_sa(m, m->sas[i].spi, now, true);
			i = (size_t)-1;
		}
}

uint32_t model_sender(const struct model *m, size_t policy, uint64_t now)
{
	const struct model_policy *p = &m->policies[policy];
	uint32_t active = 0, waiting = 0, old = 0;

	for (size_t i = 0; i < p->n; i++) { /* oldest first, so the last one that fits is the newest */
		const struct model_sa *sa = model_sa(m, p->keys[i].spi);

		if (sa->deleted || sa->end <= now)
			continue;
		if (p->keys[i].overtaken)
			old = sa->spi;
		else if (p->keys[i].sends <= now)
			active = sa->spi;
		else if (waiting == 0)
			waiting = sa->spi;
	}
	return active ? active : waiting ? waiting : old;
}

/* --- times --- */

static uint64_t soft_before(uint64_t end, uint64_t life_seconds)
{
	uint64_t margin = life_seconds * 139 / 3600;

	margin = margin > 139 ? 139 : margin < 8 ? 8 : margin;
	margin = margin > life_seconds / 3 ? life_seconds / 3 : margin;
	return end > 1000 * margin ? end - 1000 * margin : 0;
}

static void end_sooner(struct model_sa *sa, uint64_t end, uint64_t now)
{
	if (end >= sa->end)
		return;
	sa->end = end;
	sa->cut = now;
	sa->soft = soft_before(end, (end - now) / 1000);
}

/* --- messages --- */

static bool named(const struct model_message *message, unsigned selector)
{
	for (size_t i = 0; i < message->n_lines; i++)
		if (message->lines[i].selector == selector)
			return true;
	for (size_t i = 0; i < message->n_refused; i++)
		if (message->refused[i] == selector)
			return true;
	return false;
}

static bool deleted_by(const struct model_message *message, const struct model_sa *sa)
{
	bool named_spi = message->delete_all;

	for (size_t i = 0; i < message->n_deletes; i++)
		named_spi |= message->deletes[i] == sa->spi;
	for (size_t i = 0; i < message->n_lines; i++) {
		const struct model_line *l = &message->lines[i];

		if (l->spi == sa->spi && l->material == sa->material && !l->bad)
			return false; /* it is brought again */
	}
	return named_spi;
}

static void take_deletes(struct model *m, const struct model_message *message, uint64_t now)
{
	unsigned emptied[MODEL_POLICIES * MODEL_SAS];
	uint32_t spis[MODEL_SAS];
	size_t n_emptied = 0, n_spis = 0;

	for (size_t i = 0; i < m->n_sas; i++)
		if (deleted_by(message, &m->sas[i]))
			spis[n_spis++] = m->sas[i].spi;
	for (size_t i = 0; i < n_spis; i++) {
		bool stays = false;

		for (size_t j = 0; j < m->n_policies; j++) {
			struct model_policy *p = &m->policies[j];

			if (!holds(p, spis[i]))
				continue;
			if (named(message, p->selector)) {
				stays = true;
				continue;
			}
			lose(p, spis[i]);
			emptied[n_emptied++] = p->selector;
		}
		if (!stays) {
			drop_sa(m, spis[i], now, true);
			continue;
		}
		end_sooner(sa_of(m, spis[i]),
			   now + (message->has_deactivation ? 1000ull * message->deactivation : 50000), now);
		if (message->delete_all || !message->has_deactivation)
			sa_of(m, spis[i])->deleted = true;
	}
	for (size_t i = 0; message->replaces && i < n_emptied; i++)
		if (policy_of(m, emptied[i]) && policy_of(m, emptied[i])->n == 0)
			drop_policy(m, emptied[i]);
}

/* --- which lines count --- */

/* Line number of the newest key for a selector among those that USED lets pass; first of all by life, then by the
 * place where its SPI stands first. */
static size_t first_line(const struct model_message *message, uint32_t spi)
{
	size_t i = 0;

	while (message->lines[i].spi != spi || message->lines[i].bad)
		i++;
	return i;
}

static uint32_t newest_spi(const struct model_message *message, const bool *used, unsigned selector)
{
	uint32_t best = 0, best_life = 0;
	size_t best_place = 0;

	for (size_t i = 0; i < message->n_lines; i++) {
		const struct model_line *l = &message->lines[i];
		size_t place = used[i] ? first_line(message, l->spi) : 0;

		if (!used[i] || l->selector != selector)
			continue;
		if (best == 0 || l->life > best_life || (l->life == best_life && place > best_place)) {
			best = l->spi;
			best_life = l->life;
			best_place = place;
		}
	}
	return best;
}

static void drop_conflicts(struct model *m, const struct model_message *message, bool *used)
{
	for (size_t i = 0; i < message->n_lines; i++)
		used[i] = !message->lines[i].bad;
	for (size_t i = 0; i < message->n_lines; i++) {
		const struct model_line *l = &message->lines[i];
		const struct model_sa *held = model_sa(m, l->spi);

		for (size_t j = 0; j < message->n_lines; j++)
			if (!l->bad && !message->lines[j].bad && message->lines[j].spi == l->spi &&
			    message->lines[j].material != l->material)
				used[i] = false;
		if (held && held->material != l->material)
			used[i] = false;
	}
}

static void drop_beyond_max_keys(struct model *m, const struct model_message *message, bool *used)
{
	uint32_t admitted[MODEL_LINES];
	bool passes[MODEL_LINES] = { false };
	size_t n = 0;

	for (int held_first = 1; held_first >= 0; held_first--)
		for (size_t i = 0; i < message->n_lines; i++) {
			uint32_t spi = message->lines[i].spi;
			bool counts = false, serves = false, done = false;

			for (size_t j = 0; j < message->n_lines; j++) {
				const struct model_line *l = &message->lines[j];

				if (!used[j] || l->spi != spi)
					continue;
				counts |= newest_spi(message, used, l->selector) == spi;
				serves |= policy_of(m, l->selector) != NULL;
			}
			for (size_t j = 0; j < n; j++)
				done |= admitted[j] == spi;
			if (used[i] && counts && !done && serves == held_first && n < m->max_keys)
				admitted[n++] = spi;
		}
	for (size_t i = 0; i < message->n_lines; i++) {
		uint32_t spi = message->lines[i].spi;

		passes[i] = model_sa(m, spi) != NULL;
		for (size_t j = 0; j < message->n_lines; j++) {
			uint32_t newest = newest_spi(message, used, message->lines[j].selector);

			if (!used[j] || message->lines[j].spi != spi)
				continue;
			passes[i] |= model_sa(m, newest) != NULL;
			for (size_t k = 0; k < n; k++)
				passes[i] |= newest == admitted[k];
		}
	}
	for (size_t i = 0; i < message->n_lines; i++)
		used[i] = used[i] && passes[i];
}

/* --- taking --- */

static bool line_for(const struct model_message *message, const bool *used, uint32_t spi, unsigned selector)
{
	for (size_t i = 0; i < message->n_lines; i++)
		if (used[i] && message->lines[i].spi == spi && message->lines[i].selector == selector)
			return true;
	return false;
}

static bool ends_first(const struct model_sa *a, const struct model_sa *b)
{
	return a->end + 2000 < b->end;
}

static uint64_t activation(const struct model *m, const struct model_message *message, const struct model_policy *p,
			   uint64_t now)
{
	const struct model_sa *before = NULL;
	bool joins = message->has_deactivation;
	uint64_t half, at;

	for (size_t i = 0; i < p->n; i++)
		if (!model_sa(m, p->keys[i].spi)->deleted)
			before = model_sa(m, p->keys[i].spi);
	for (size_t i = 0; i < p->n; i++)
		joins &= model_sa(m, p->keys[i].spi)->came == now;
	if (!before || joins)
		return now;
	if (message->has_activation)
		return now + 1000ull * message->activation;
	if (message->push || message->has_kek) {
		at = before->soft < now + 25000 ? before->soft : now + 25000;
		return at > now + 5000 ? at : now + 5000;
	}
	half = (before->end - before->soft) / 2;
	at = before->end - (half < 30000 ? half : 30000);
	return at > now ? at : now;
}

/* The keys of P anew, with SPI among them.  True when it is newer than what it replaces. */
static bool place(struct model *m, const struct model_message *message, const bool *used, struct model_policy *p,
		  uint32_t spi, uint64_t now)
{
	const struct model_sa *sa = model_sa(m, spi);
	struct model_key replaced[MODEL_SAS], listed[MODEL_SAS];
	size_t n_replaced = 0, n_listed = 0, at;
	bool old = false, was_gone = false;

	for (size_t i = 0; i < m->n_gone; i++)
		was_gone |= m->gone[i].spi == spi && m->gone[i].until > now;
	old = was_gone && p->n > 0 && !ends_first(model_sa(m, p->keys[p->n - 1].spi), sa);
	if (p->n > 0)
		p->keys[p->n - 1].overtaken = false;
	for (size_t i = 0; i < p->n; i++)
		if (!old && !line_for(message, used, p->keys[i].spi, p->selector))
			replaced[n_replaced++] = p->keys[i];
		else
			listed[n_listed++] = p->keys[i];
	memcpy(p->keys, replaced, n_replaced * sizeof(replaced[0]));
	memcpy(p->keys + n_replaced, listed, n_listed * sizeof(listed[0]));
	for (at = p->n; at > n_replaced; at--) {
		const struct model_sa *other = model_sa(m, p->keys[at - 1].spi);

		if (old ? ends_first(other, sa) : !ends_first(sa, other))
			break;
	}
	memmove(&p->keys[at + 1], &p->keys[at], (p->n - at) * sizeof(p->keys[0]));
	p->keys[at].spi = spi;
	p->keys[at].overtaken = at < p->n;
	if (at < p->n) {
		p->keys[at].sends = p->keys[at + 1].sends;
	} else {
		p->keys[at].sends = UINT64_MAX;
		p->keys[at].sends = activation(m, message, p, now); /* P has not counted it yet */
	}
	p->n++;
	return !old;
}

static void take_spi(struct model *m, const struct model_message *message, const bool *used, size_t line, bool *newer,
		     uint64_t now)
{
	const struct model_line *l = &message->lines[line];
	struct model_sa *sa = sa_of(m, l->spi);

	if (!sa) {
		uint64_t end = now + 1000ull * l->life;

		ck_assert_uint_lt(m->n_sas, MODEL_SAS);
		m->sas[m->n_sas++] = (struct model_sa){ .spi = l->spi,
							.life = l->life,
							.material = l->material,
							.came = now,
							.end = end,
							.soft = soft_before(end, l->life) };
	} else {
		uint64_t first = sa->came + 1000ull * sa->life, said = now + 1000ull * l->life;

		sa->deleted = false;
		if (sa->cut != 0) {
			sa->cut = 0;
			sa->end = said < first ? said : first;
			sa->soft = soft_before(sa->end, sa->life);
		}
	}
	for (size_t i = 0; i < message->n_lines; i++) {
		struct model_policy *p = policy_of(m, message->lines[i].selector);

		if (used[i] && message->lines[i].spi == l->spi && p && !holds(p, l->spi))
			newer[message->lines[i].selector] |= place(m, message, used, p, l->spi, now);
	}
}

static void retire(struct model *m, const struct model_message *message, const bool *used, const bool *newer,
		   uint64_t now)
{
	for (size_t i = 0; message->has_deactivation && i < m->n_sas; i++) {
		struct model_sa *sa = &m->sas[i];
		bool is_listed = false, has_newer = true, brought = false;

		for (size_t j = 0; j < message->n_lines; j++)
			is_listed |= used[j] && message->lines[j].spi == sa->spi;
		for (size_t j = 0; j < m->n_policies; j++) {
			const struct model_policy *p = &m->policies[j];

			if (!holds(p, sa->spi))
				continue;
			has_newer &= p->keys[p->n - 1].spi != sa->spi;
			brought |= newer[p->selector];
		}
		if (!is_listed && has_newer && brought)
			end_sooner(sa, now + 1000ull * message->deactivation, now);
	}
}

/* A pull's order.  What only a refusal names follows the one that it followed. */
static void put_in_order(struct model *m, const struct model_message *message)
{
	struct model_policy old[MODEL_POLICIES], next[MODEL_POLICIES];
	size_t n_old = m->n_policies, n = 0;

	memcpy(old, m->policies, sizeof(old));
	for (size_t i = 0; i < message->n_lines; i++) {
		struct model_policy *p = policy_of(m, message->lines[i].selector);
		bool done = !p;

		for (size_t j = 0; j < n; j++)
			done |= next[j].selector == message->lines[i].selector;
		if (!done)
			next[n++] = *p;
	}
	for (size_t i = 0; i < n_old; i++) {
		size_t at = 0;
		bool done = false;

		for (size_t j = 0; j < message->n_lines; j++)
			done |= message->lines[j].selector == old[i].selector;
		if (done)
			continue;
		while (i > 0 && next[at].selector != old[i - 1].selector)
			at++;
		at += i > 0;
		memmove(&next[at + 1], &next[at], (n - at) * sizeof(next[0]));
		next[at] = old[i];
		n++;
	}
	memcpy(m->policies, next, n * sizeof(next[0]));
}

void model_take(struct model *m, const struct model_message *message, uint64_t now)
{
	bool used[MODEL_LINES], newer[64] = { false }, done[MODEL_LINES] = { false };

	model_expire(m, now);
	if (message->push)
		take_deletes(m, message, now);
	for (size_t i = 0; !message->push && message->n_lines > 0 && i < m->n_policies; i++)
		if (!named(message, m->policies[i].selector)) {
			drop_policy(m, m->policies[i].selector);
			i = (size_t)-1;
		}
	drop_unused(m, now, true);
	drop_conflicts(m, message, used);
	drop_beyond_max_keys(m, message, used);
	for (size_t i = 0; i < message->n_lines; i++)
		if (used[i] && !policy_of(m, message->lines[i].selector) && m->n_policies < m->max_policies)
			m->policies[m->n_policies++] = (struct model_policy){ .selector = message->lines[i].selector };
	for (;;) { /* the SPI that ends first, of those that are left */
		size_t best = MODEL_LINES;

		for (size_t i = 0; i < message->n_lines; i++)
			if (used[i] && !done[i] &&
			    (best == MODEL_LINES || message->lines[i].life < message->lines[best].life))
				best = i;
		if (best == MODEL_LINES)
			break;
		take_spi(m, message, used, best, newer, now);
		for (size_t i = 0; i < message->n_lines; i++)
			done[i] |= message->lines[i].spi == message->lines[best].spi;
	}
	retire(m, message, used, newer, now);
	drop_unused(m, now, false);
	if (!message->push)
		put_in_order(m, message);
}
