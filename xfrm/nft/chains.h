/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains of the nf_tables tables: their names, what several of them share, and one function for each hook:
 * forward.c, output.c, and inet6.c for the table of IPv6.  table.c puts them together.  A batch keeps its first error,
 * so nothing here returns one.
 *
 * "In" is towards the protected hosts, "out" is away from them, through the external interface.
 */
#ifndef XFRM_NFT_CHAINS_H
#define XFRM_NFT_CHAINS_H

#include "lib/plan.h"
#include "xfrm/nft/batch.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/ids.h"

/* Base chains: the hook, and the job where a hook has two of them. */
#define CHAIN_FORWARD "forward"
#define CHAIN_OUTPUT "output"
/* Only where connections are tracked: */
#define CHAIN_PREROUTING_NOTRACK "prerouting_notrack"
#define CHAIN_OUTPUT_NOTRACK "output_notrack"
/* Only in the table of IPv6: */
#define CHAIN_INPUT "input"

/* Only where packets are stamped (D3P): */
#define CHAIN_OUTPUT_STAMPED "output_stamped"

/* Chains to which these go. */
#define CHAIN_REASSEMBLE "reassemble"
#define CHAIN_LOCAL "output_local"
#define CHAIN_IV "output_iv" /* only where an SA in counter mode sends */

/* The same, one for each scope: its number follows, see chain_name(). */
#define SCOPE_FORWARD_OUT "forward_out"
#define SCOPE_FORWARD_IN "forward_in"
#define SCOPE_LOCAL_AS_ZONE "output_local_as_zone"
#define SCOPE_LOCAL_OWN "output_local_own"
#define CHAIN_NAME_MAX 40

#define SET_DF "spi_out_df" /* of the SPIs that send those whose packets get the DF bit */

#define BASE_CHAINS 2
extern const struct base_chain base_chains[BASE_CHAINS];

/* --- rules --- */

/* WHAT, "_", and the number of the scope. */
void chain_name(char name[static CHAIN_NAME_MAX], const char *what, size_t scope);
/* The end of a rule: its comment (NULL: none) and verdict, and into the batch with it. */
void finish_rule(struct batch *b, struct rule *r, int verdict, const char *to, const char *comment);
void finish_drop(struct batch *b, struct rule *r, enum table_counter counter, const char *comment);
void comment_plan_rule(struct rule *r, const struct plan_rule *p);
/* The VPN and the zones of a scope, for comments. */
#define SCOPE_TEXT_MAX 128
void scope_text(const struct plan_scope *s, char text[static SCOPE_TEXT_MAX]);

/*
 * The rules of S in their order, for packets that no SA protects: those that a rule would protect are dropped, and
 * counted as PROTECTED.  Without FAIL_CLOSE the fail-close rules are passed over.
 */
void put_rules(struct batch *b, const char *chain, const struct plan_scope *s, bool in, enum table_counter protected,
	       bool fail_close);

/* --- interfaces --- */

/* The interfaces by which traffic of S leaves: the to-zone's, or a filter's external one. */
size_t uplinks(const struct plan_scope *s);
const char *uplink(const struct plan_scope *s, size_t i);
void jump_by_uplink(struct batch *b, const char *from, const struct plan_scope *s, const char *to);
/* Calls PUT once for each interface that is an uplink of any scope. */
typedef void (*put_by_uplink_fn)(struct batch *b, const char *oifname);
void put_by_uplink(struct batch *b, const struct plan *plan, put_by_uplink_fn put);

/* --- the chains of each hook --- */

void put_forward(struct batch *b, const struct plan *plan);
/* ANY_DF: SET_DF has elements. */
void put_output(struct batch *b, const struct plan *plan, bool any_df);
/* ESP is kept out of connection tracking. */
void put_notrack(struct batch *b, const struct plan *plan);
/*
 * Anti-replay by time (D3P): what is on its way to a carrier passes by its own routes alone.  MTU: of the routes to
 * carriers, the least; what is larger goes by another one.
 */
void put_stamped(struct batch *b, uint16_t mtu);
/* The table of IPv6: nothing between the zones, nor of this host between them. */
void put_inet6(struct batch *b, const struct plan *plan);

#endif
