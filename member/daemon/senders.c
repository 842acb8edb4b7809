/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sender ids of all groups: their file, and what the kernel side finds for the groups.
 *
 * A start: the file is read, and what an SA holds that the kernel has not any more is given up, before the groups ask.
 * A file that is not believed stays as it is, and the member only receives with counter modes.
 */
#include "member/daemon/private.h"

#include "member/daemon/sender_file.h"
#include "xfrm/kernel.h"

#include <time.h>

static int on_write(void *ctx, const struct sender_store *s)
{
	const struct daemon *d = ctx;

	return sender_file_write(d->senders.path, s);
}

static bool has_key(const struct keyring *keys, const struct sender_key *key)
{
	struct sender_key k;

	for (size_t i = 0; i < keyring_sas(keys); i++)
		if (sender_key_of(&k, &keyring_sa(keys, i)->tek) == 0 && memcmp(&k, key, sizeof(k)) == 0)
			return true;
	return false;
}

static bool on_key_lives(void *ctx, const struct sender_key *key)
{
	const struct daemon *d = ctx;

	for (size_t i = 0; i < d->groups.n; i++)
		if (has_key(group_keyring(d->groups.items[i]), key))
			return true;
	return false;
}

/* Another error than that it is not there says nothing about the SA. */
static bool on_in_kernel(void *ctx, const struct sender_sa *sa)
{
	struct daemon *d = ctx;
	struct kernel_sa_counters unused;

	return kernel_sa_counters(d->kernel, sa->local, sa->spi, true, &unused) != -ENOENT;
}

/* Without a file nothing was sent: but the kernel may know better, after somebody has removed the file. */
static int read_file(struct daemon *d)
{
	int r = sender_file_read(d->senders.store, d->senders.path), written;

	if (r <= 0)
		return r;
	if (!kernel_sends_by_counter(d->kernel))
		return 0;
	written = sender_file_write_lost(d->senders.path);
	if (written < 0)
		journal_say(&d->journal, RECORD_SENDER_IDS_NOT_SAVED, record_text(strerror(-written)));
	return -ENODATA;
}

int daemon_open_senders(struct daemon *d)
{
	const struct sender_store_env env = { .write = on_write, .key_lives = on_key_lives, .ctx = d };
	int r;

	d->senders.search_at = UINT64_MAX;
	if (!d->kernel)
		return 0;
	sender_file_place(d->senders.path, d->state.path);
	r = sender_store_new(&d->senders.store, &env);
	if (r < 0)
		return r;
	r = read_file(d);
	if (r < 0) {
		sender_store_distrust(d->senders.store);
		journal_say(&d->journal, RECORD_SENDER_IDS_NOT_USED, record_text(d->senders.path),
			    record_text(sender_file_why(r)));
		return 0;
	}
	r = sender_store_sweep(d->senders.store, on_in_kernel, d);
	if (r < 0)
		journal_say(&d->journal, RECORD_SENDER_IDS_NOT_SAVED, record_text(strerror(-r)));
	return 0;
}

static struct group *group_with(const struct daemon *d, uint32_t local, uint32_t spi)
{
	for (size_t i = 0; i < d->groups.n; i++) {
		struct group *g = d->groups.items[i];

		if (group_gateway(g)->local_address == local && keyring_sa_with(group_keyring(g), spi))
			return g;
	}
	return NULL;
}

static bool on_is_live(void *ctx, const struct sender_sa *sa)
{
	return group_with(ctx, sa->local, sa->spi);
}

void daemon_sweep_senders(struct daemon *d)
{
	int r = d->senders.store ? sender_store_sweep(d->senders.store, on_is_live, d) : 0;

	if (r < 0)
		journal_say(&d->journal, RECORD_SENDER_IDS_NOT_SAVED, record_text(strerror(-r)));
}

void daemon_follow_senders(struct daemon *d)
{
	d->senders.search_at = 0;
}

/* Not within the apply that says so: the group changes by it, and its plan is made anew, with the rest of them. */
static void give_up_lost(struct daemon *d)
{
	size_t n;
	const struct kernel_lost *lost = kernel_lost(d->kernel, &n);
	struct group *g = n > 0 ? group_with(d, lost->local, lost->spi) : NULL;

	if (!g)
		return;
	group_sender_lost(g, lost->spi);
	daemon_carry_out(d, g);
}

/*
 * True: the search goes on.  Else a plan is due, and the kernel says the same of this search until it holds one: so the
 * next slice is asked for by daemon_follow_senders().
 */
static bool on_found(struct daemon *d, const struct kernel_found *found)
{
	struct group *g = group_with(d, found->local, found->spi);
	enum sender_verdict v = SENDER_NO_ID;

	if (g)
		v = group_sender_found(g, daemon_now(d), (uint64_t)time(NULL), found->spi, found->prefix, found->tries);
	if (v == SENDER_USED || v == SENDER_NOT_OURS) {
		kernel_search_pass(d->kernel);
		return true;
	}
	if (g)
		daemon_carry_out(d, g);
	if (v != SENDER_YES) /* the group does not ask for it any more */
		daemon_want_plan(d);
	return false;
}

void daemon_search_if_due(struct daemon *d)
{
	struct kernel_found found;
	struct group *g;
	uint32_t wait;
	char err[256];

	if (!d->kernel || d->senders.search_at > daemon_now(d))
		return;
	d->senders.search_at = UINT64_MAX;
	give_up_lost(d);
	switch (kernel_search(d->kernel, daemon_clock(), &found, &wait, err)) {
	case KERNEL_SEARCH_NONE:
		return;
	case KERNEL_SEARCH_ON:
		break;
	case KERNEL_SEARCH_FOUND:
		if (!on_found(d, &found))
			return;
		break;
	case KERNEL_SEARCH_STOPPED:
		g = group_with(d, found.local, found.spi);
		if (g) {
			group_search_stopped(g, daemon_now(d), found.spi, err);
			daemon_carry_out(d, g);
		}
		break;
	}
	d->senders.search_at = daemon_clock() + wait;
}
