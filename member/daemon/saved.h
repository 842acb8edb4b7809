/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The saved state: a file beside the bus socket that says what this run has put into the kernel, for the next run.  It
 * has the SPIs, their reqids, the group policies that they belong to, and when each key ends.  It is written whenever
 * one of these changes.  The file holds no key: the keys stay in the kernel, and the next registration brings them
 * again.
 *
 * Its times are of the clock of one boot, so the file of another boot is not used.
 */
#ifndef MEMBER_DAEMON_SAVED_H
#define MEMBER_DAEMON_SAVED_H

#include "member/group/group.h"

#define SAVED_VPNS_MAX GROUP_SLOTS_MAX

struct saved_vpn {
	char name[GVPN_NAME_MAX];
	uint32_t group, local;
	size_t slot;
	struct keyring_policy *policies; /* their keys point into SAS */
	size_t n_policies;
	struct keyring_sa *sas; /* without material */
	size_t n_sas;
};

struct saved {
	struct saved_vpn *vpns;
	size_t n_vpns;
};

/* Replaces the file in one step; mode 0600.  Negative errno. */
GVPN_MUST_CHECK int saved_write(const char *path, struct group *const *groups, size_t n_groups);
/*
 * -ENOENT when there is none; -ESTALE when it is of another boot; -EPERM when it is somebody else's, or writable for
 * others; -EPROTO when it is of another format; -EINVAL when it is not one of ours.  saved_why(): the same as text.
 */
GVPN_MUST_CHECK int saved_read(struct saved **ret, const char *path);
const char *saved_why(int r);
void saved_free(struct saved *s); /* NULL is fine */
static inline void saved_freep(struct saved **s)
{
	saved_free(*s);
}

/* The state of VPN number INDEX of CONFIG, by its name, group id and local address; NULL: there is none. */
const struct saved_vpn *saved_find(const struct saved *s, const struct config *config, size_t index);

#endif
