/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time (row C6, doc/d3p.md): which window the TEKs of a message have.  The server's word counts, and
 * where the server says nothing, the configuration's.  A demand that cannot be met is never passed over: members that
 * check drop all packets without a stamp, and a member that does not check takes what was recorded.
 */
#include "member/group/keyring_private.h"

enum record_id keyring_window_of(const struct keyring *k, const struct gap_d3p *d, uint32_t *ret, uint32_t *ret_number)
{
	bool said = d->has_type || d->has_window;
	uint32_t window = said ? d->window_ms : k->limits.window_ms;

	*ret = 0;
	*ret_number = d->type;
	if (said && !d->has_type)
		return REFUSED_D3P_NO_TYPE;
	if (said && d->type != D3P_POSIX_TIME)
		return REFUSED_D3P_TYPE;
	if (said && !d->has_window)
		return REFUSED_D3P_NO_WINDOW;
	if (said && window == 0)
		return REFUSED_D3P_WINDOW_0;
	if (window > 0 && !k->limits.has_d3p)
		return REFUSED_D3P_DATAPATH;
	*ret = window;
	return RECORD_NOTHING;
}

/*
 * With and without a window an SA is made in another way, and the policies of its reqid too.  So it gets another reqid,
 * and the kernel's SA is made anew.
 */
void keyring_sa_set_window(struct keyring_sa *sa, uint32_t window_ms)
{
	if (!sa->window_ms != !window_ms)
		sa->reqid = 0;
	sa->window_ms = window_ms;
}
