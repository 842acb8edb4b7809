/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the nf_tables table that table.c puts together: what arrives (chains_in.c; cleartext and fragments:
 * chains_clear.c), what is passed on between the zones (chains_gate.c), and what leaves (chains_seal.c).  A batch keeps
 * its first error, so nothing here returns one.
 */
#ifndef XFRM_NFT_CHAINS_H
#define XFRM_NFT_CHAINS_H

#include "lib/plan.h"
#include "xfrm/nft/batch.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/ids.h"

#define SET_IN "spi_in" /* one for each scope: SPIs that come to its local address through its external interface */
#define SET_OUT "spi_out"
#define SET_DF "spi_df" /* of SET_OUT those whose packets get the DF bit */

void chain_name(char name[static 32], const char *what, size_t scope);
void count_and_drop(struct batch *b, struct rule *r, enum table_counter counter);
bool rule_is_for(const struct plan_rule *p, bool in); /* whether it decides packets of this way */
/* The rule's packets, as they leave (IN false) or as they come back, on CHAIN: dropped and counted, or given VERDICT.
 */
void put_drop(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
	      enum table_counter counter);
void put_goto(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
	      const char *to);
void put_verdict(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
		 int verdict);
bool same_uplink(const struct plan_scope *a, const struct plan_scope *b);

/* Before reassembly: the chain "early" and those that it goes to. */
void put_early(struct batch *b, const struct plan *plan);
/* The end of the chain "in": cleartext that a group policy covers (D3). */
void put_clear_in(struct batch *b, const struct plan *plan);
/* The chain "in" and those that it goes to, with these two.  UNTRACK: see query.h. */
void put_in(struct batch *b, const struct plan *plan, const struct zones *z, bool untrack);
/* The chain "gate", and each scope's chains "out_N" and "in_N". */
void put_gates(struct batch *b, const struct plan *plan, const struct zones *z);
/* PUT, once for each interface by which anything that is governed leaves: the to-zones', or a filter's. */
typedef void (*put_by_uplink_fn)(struct batch *b, const char *oifname, uint32_t bits);
void put_by_uplink(struct batch *b, const struct plan *plan, put_by_uplink_fn put, uint32_t bits);
/* The chains "own" and "seal", and each scope's chains "local_N", "own_N" and "quote_N". */
void put_seal(struct batch *b, const struct plan *plan);
/*
 * The rules of S in their order, for what is not protected: a rule that protects has not done so here, and its packets
 * are dropped and counted as PROTECTED.  Without FAIL_CLOSE those entries are passed over.
 */
void put_rules(struct batch *b, const char *chain, const struct plan_scope *s, bool in, enum table_counter protected,
	       bool fail_close);

/* The chains that a plan has beside the base chains: those for all, and, with a number, those of a scope. */
#define PLAIN_CHAINS                                                                                                   \
	{                                                                                                              \
		"unknown", "opened", "fit", "foreign", "local", "icmp", "piece", "shut", "untracked"                   \
	}
#define SCOPE_CHAINS                                                                                                   \
	{                                                                                                              \
		"in", "out", "local", "own", "quote", "take", "taken", "clear", "early", "clear_to", "early_to",       \
			"untrack"                                                                                      \
	}

#endif
