/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that follow "show" (row F1): which view they name.  A word may be abbreviated as in Junos, as long as one
 * word only begins so; "security group-vpn member" may be left out as a whole.
 */
#ifndef MEMBER_CTL_SHOW_WORDS_H
#define MEMBER_CTL_SHOW_WORDS_H

#include "lib/gvpn.h"

enum show_view {
	SHOW_KEK,
	SHOW_KEK_DETAIL,
	SHOW_IPSEC,
	SHOW_IPSEC_DETAIL,
	SHOW_STATISTICS,
	SHOW_POLICY,
};

/* -EINVAL with ERR, which names the word and what could stand in its place. */
GVPN_MUST_CHECK int show_words_parse(enum show_view *ret, const char *const *words, size_t n_words,
				     char err[static 256]);

#endif
