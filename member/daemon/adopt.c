/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A restart without loss of traffic: SAs and policies stay in the kernel, and the saved state (saved.h) describes them.
 * Adoption at a start: saved_read(), groups_make() with the slots of the earlier run, drop_lost_keys(),
 * group_restore().  Then the first plan is made from these keys, and kernel_apply() finds in the kernel the SAs and
 * policies of the plan.
 */
#include "member/daemon/private.h"

#include "member/daemon/saved.h"
#include "xfrm/kernel.h"

#include <stdio.h>
#include <unistd.h>

void daemon_place_state(struct daemon *d)
{
	const char *socket_path = d->options->socket_path, *slash = strrchr(socket_path, '/');
	int directory = slash ? (int)(slash - socket_path) + 1 : 0;

	snprintf(d->state.path, sizeof(d->state.path), "%.*sstate", directory, socket_path);
}

/*
 * A key whose SA is not in the kernel any more is of no use.  An SA may have passed a limit while no daemon ran, and
 * the kernel tells that once: so it is looked up whether the lifetime in kilobytes is nearly used.
 */
static void drop_lost_keys(struct daemon *d, const struct saved_vpn *vpn)
{
	for (size_t i = 0; i < vpn->n_sas; i++) {
		struct keyring_sa *sa = &vpn->sas[i];
		struct kernel_sa_counters in, out = { 0 };
		int r = kernel_sa_counters(d->kernel, vpn->local, sa->tek.spi, false, &in);

		if (r == -ENOENT) /* any other error says nothing about the SA */
			sa->hard_at = 0;
		if (r < 0 || sa->tek.life_kilobytes == 0)
			continue;
		if (kernel_sa_counters(d->kernel, vpn->local, sa->tek.spi, true, &out) < 0)
			out.bytes = 0;
		sa->worn = (in.bytes > out.bytes ? in.bytes : out.bytes) / 1024 >= sa->tek.life_kilobytes / 5 * 4;
	}
}

int daemon_make_groups(struct daemon *d)
{
	_cleanup_(saved_freep) struct saved *saved = NULL;
	const struct group_env env = daemon_group_env(d);
	int r = d->kernel ? saved_read(&saved, d->state.path) : -ENOENT;

	if (r < 0 && r != -ENOENT && r != -ESTALE)
		journal_say(&d->journal, RECORD_STATE_NOT_USED, record_text(d->state.path), record_text(saved_why(r)));
	if (daemon_make_group_timers(d, d->config->n_vpns) < 0)
		return -ENOMEM;
	r = groups_make(&d->groups, d->config, NULL, saved, &env);
	for (size_t i = 0; r == 0 && i < d->groups.n; i++) {
		const struct saved_vpn *vpn = saved_find(saved, d->config, i);

		if (!vpn || vpn->slot != group_slot(d->groups.items[i]))
			continue;
		drop_lost_keys(d, vpn);
		group_restore(d->groups.items[i], vpn->policies, vpn->n_policies, daemon_now(d));
	}
	return r;
}

void daemon_save_groups(struct daemon *d)
{
	int r = d->kernel ? saved_write(d->state.path, d->groups.items, d->groups.n) : 0;

	if (r < 0 && r != d->state.error)
		journal_say(&d->journal, RECORD_STATE_NOT_SAVED, record_text(d->state.path), record_text(strerror(-r)));
	d->state.error = r;
}

void daemon_forget_state(struct daemon *d)
{
	(void)unlink(d->state.path);
}
