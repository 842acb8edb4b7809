/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains of the nf_tables table: their names, what several of them share, and one function for the chains of each
 * hook: cleartext.c (prerouting, cleartext and fragments), prerouting.c, output.c (input and output), forward.c and
 * postrouting.c.  table.c puts them together.  A batch keeps its first error, so nothing here returns one.
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
#define CHAIN_FRAGMENTS "prerouting_fragments"
#define CHAIN_PREROUTING "prerouting"
#define CHAIN_INPUT "input"
#define CHAIN_FORWARD "forward"
#define CHAIN_OUTPUT_MARK "output_mark"
#define CHAIN_OUTPUT_ESP "output_esp"
#define CHAIN_POSTROUTING "postrouting"

/* Chains to which these go. */
#define CHAIN_FRAGMENTS_DECRYPTED "prerouting_fragments_decrypted"
#define CHAIN_FRAGMENTS_DROP "prerouting_fragments_drop"
#define CHAIN_DECRYPTED "prerouting_decrypted"
#define CHAIN_DECRYPTED_NOT_OURS "prerouting_decrypted_not_ours"
#define CHAIN_DECRYPTED_SELECTORS "prerouting_decrypted_selectors"
#define CHAIN_UNKNOWN_SPI "prerouting_esp_unknown_spi"
#define CHAIN_NOTRACK "prerouting_notrack"
#define CHAIN_REASSEMBLE "prerouting_reassemble"
#define CHAIN_ICMP_ERRORS "postrouting_icmp_errors"
#define CHAIN_LOCAL "postrouting_local"

/* The same, one for each scope: its number follows, see chain_name(). */
#define SCOPE_FRAGMENTS_CLEAR "prerouting_fragments_clear"
#define SCOPE_FRAGMENTS_COVERED "prerouting_fragments_covered"
#define SCOPE_ESP_FOR_US "prerouting_esp_for_us"
#define SCOPE_ESP_TO_LOCAL "prerouting_esp_to_local"
#define SCOPE_NOTRACK "prerouting_notrack"
#define SCOPE_CLEAR "prerouting_clear"
#define SCOPE_COVERED "prerouting_clear_covered"
#define SCOPE_FORWARD_OUT "forward_out"
#define SCOPE_FORWARD_IN "forward_in"
#define SCOPE_ICMP_QUOTES "postrouting_icmp_quotes"
#define SCOPE_LOCAL_AS_ZONE "postrouting_local_as_zone"
#define SCOPE_LOCAL_OWN "postrouting_local_own"
#define CHAIN_NAME_MAX 40

#define SET_IN "spi_in" /* one for each scope: SPIs that come to its local address through its external interface */
#define SET_OUT "spi_out"
#define SET_DF "spi_out_df" /* of SET_OUT those whose packets get the DF bit */

#define BASE_CHAINS 7
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

bool rule_is_for(const struct plan_rule *p, bool in); /* whether P decides packets of this direction */
/*
 * Rules on CHAIN for the packets of P, as they leave, or with IN as they come.  IIFNAME may be NULL.  They are dropped
 * and counted, or go to another chain, or have VERDICT.
 */
void put_drop(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
	      enum table_counter counter);
void put_goto(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
	      const char *to);
void put_verdict(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
		 int verdict);
/*
 * The rules of S in their order, for packets that no SA protects: those that a rule would protect are dropped, and
 * counted as PROTECTED.  Without FAIL_CLOSE the fail-close rules are passed over.
 */
void put_rules(struct batch *b, const char *chain, const struct plan_scope *s, bool in, enum table_counter protected,
	       bool fail_close);

/* --- interfaces --- */

/* Whether A and B have the same local address and external interface, and so one set of SPIs. */
bool same_uplink(const struct plan_scope *a, const struct plan_scope *b);
bool first_of_uplink(const struct plan *plan, size_t index); /* whether no earlier scope has the same */
bool shares_external(const struct plan *plan, size_t index); /* whether another scope has its external interface */
/* The interfaces by which traffic of S leaves: the to-zone's, or a filter's external one. */
size_t uplinks(const struct plan_scope *s);
const char *uplink(const struct plan_scope *s, size_t i);
void jump_by_uplink(struct batch *b, const char *from, const struct plan_scope *s, const char *to);
/* Calls PUT once for each interface that is an uplink of any scope. */
typedef void (*put_by_uplink_fn)(struct batch *b, const char *oifname, uint32_t bits);
void put_by_uplink(struct batch *b, const struct plan *plan, put_by_uplink_fn put, uint32_t bits);

/* --- the chains of each hook --- */

/* Fragments before reassembly (CHAIN_FRAGMENTS). */
void put_fragments(struct batch *b, const struct plan *plan);
/* The end of CHAIN_PREROUTING: cleartext that a group policy covers (row D3). */
void put_cleartext(struct batch *b, const struct plan *plan);
/* CHAIN_PREROUTING, with these two.  UNTRACK: the host has a flowtable, see query.h. */
void put_prerouting(struct batch *b, const struct plan *plan, const struct zones *z, bool untrack);
void put_input(struct batch *b, const struct plan *plan);
void put_forward(struct batch *b, const struct plan *plan, const struct zones *z);
/* ANY_DF: SET_DF has elements. */
void put_output(struct batch *b, const struct plan *plan, bool any_df);
void put_postrouting(struct batch *b, const struct plan *plan);

#endif
