/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/selector.h"
#include "member/config/ike.h"
#include "tests/gcks/config_cluster.h"
#include "tests/gcks/config_schema.h"
#include "tests/gcks/config_selector.h"
#include "tests/gcks/group.h"

struct reading {
	struct gcks_config *c;
	struct statements *s;
	const struct statement *server, *ike, *ipsec;
};

static size_t count_statements(const struct statement *block, const char *keyword)
{
	size_t n = 0;

	for (const struct statement *st = statement_child(block, keyword); st; st = statement_next(st))
		n++;
	return n;
}

static void copy_name(char ret[static GVPN_NAME_MAX], const struct statement *st)
{
	snprintf(ret, GVPN_NAME_MAX, "%s", st->name->text);
}

/* The server knows a member by its address. */
static int check_address(struct reading *r, const struct gcks_gateway *gateway, const struct statement *st)
{
	const struct statement *address = statement_child(st, "address");
	const struct junos_word *w = address->values[0].word;

	if (gateway->address == gateway->local_address)
		return statement_fail(r->s, address, w,
				      "'%s' is the local-address of the same gateway; expected the "
				      "member's",
				      w->text);
	for (const struct gcks_gateway *g = r->c->gateways; g < gateway; g++) {
		if (g->address == gateway->address && g->local_address == gateway->local_address)
			return statement_fail(r->s, address, w,
					      "'%s' is the address of ike gateway %s already; expected "
					      "one gateway for each member",
					      w->text, g->name);
	}
	return 0;
}

static int read_gateway(struct reading *r, struct gcks_gateway *ret, const struct statement *gateway)
{
	struct config_ike ike = { 0 };
	int err = config_ike_resolve(&ike, r->s, r->ike, gateway);

	if (err < 0)
		return err;
	copy_name(ret->name, gateway);
	ret->mode = ike.mode;
	memcpy(ret->proposals, ike.proposals, sizeof(ret->proposals));
	ret->n_proposals = ike.n_proposals;
	ret->psk = ike.psk;
	secret_wipe(&ike.psk);
	ret->address = statement_number(gateway, "address", 0);
	ret->local_address = statement_number(gateway, "local-address", 0);
	err = check_address(r, ret, gateway);
	if (err >= 0)
		err = config_identity_read(&ret->local_identity, r->s, gateway, "local-identity");
	if (err >= 0)
		err = config_identity_read(&ret->remote_identity, r->s, gateway, "remote-identity");
	return err;
}

static int read_gateways(struct reading *r)
{
	int err = 0;

	r->c->gateways = calloc(count_statements(r->ike, "gateway") + 1, sizeof(*r->c->gateways));
	if (!r->c->gateways)
		return -ENOMEM;
	for (const struct statement *g = statement_child(r->ike, "gateway"); g && err >= 0; g = statement_next(g))
		err = read_gateway(r, &r->c->gateways[r->c->n_gateways++], g);
	return err;
}

/* Every proposal, whether an ipsec-sa names it or not: GCM brings its own integrity (RFC 4106), CBC needs another. */
static int check_proposals(struct reading *r)
{
	for (const struct statement *p = statement_child(r->ipsec, "proposal"); p; p = statement_next(p)) {
		const struct statement *auth = statement_child(p, "authentication-algorithm");
		bool gcm = cipher_is_counter_mode((enum cipher)statement_number(p, "encryption-algorithm", 0));

		if (gcm && auth)
			return statement_fail(
				r->s, auth, NULL,
				"beside an encryption-algorithm that authenticates by itself; expected none "
				"with GCM");
		if (!gcm && !auth)
			return statement_fail(r->s, p, NULL,
					      "'authentication-algorithm' is missing here; expected it "
					      "beside a CBC encryption-algorithm");
	}
	return 0;
}

static int read_members(struct reading *r, struct gcks_group *ret, const struct statement *group)
{
	const struct statement *names = statement_child(group, "ike-gateway");
	char known[128];

	ret->gateways = calloc(names->n_values, sizeof(*ret->gateways));
	if (!ret->gateways)
		return -ENOMEM;
	for (size_t i = 0; i < names->n_values; i++) {
		const struct junos_word *w = names->values[i].word;
		size_t g = 0;

		while (g < r->c->n_gateways && strcmp(r->c->gateways[g].name, w->text) != 0)
			g++;
		if (g == r->c->n_gateways)
			return statement_fail(r->s, names, w, "no ike gateway '%s'; expected one of: %s", w->text,
					      statement_names(r->ike, "gateway", known));
		ret->gateways[ret->n_gateways++] = g;
	}
	return 0;
}

/* Defaults are the guide's; the two algorithms have none. */
static void read_communication(struct gcks_communication *ret, const struct statement *group)
{
	const struct statement *st = statement_child(group, "server-member-communication");
	const struct statement *test = statement_child(group, "test");
	uint32_t lifetime = statement_number(st, "lifetime-seconds", 3600);

	if (!st)
		return;
	*ret = (struct gcks_communication){
		.configured = true,
		.cipher = (enum cipher)statement_number(st, "encryption-algorithm", CIPHER_NONE),
		.sig_hash = (enum sig_hash)statement_number(st, "sig-hash-algorithm", 0),
		.sig_algorithm = (enum sig_algorithm)statement_number(test, "signature-algorithm", SIG_RSA),
		.ack_type = (uint16_t)statement_number(test, "acknowledgement", GCKS_ACK_SHA256),
		.lifetime_seconds = statement_number(test, "kek-lifetime-seconds", lifetime),
		.retransmissions = statement_number(st, "number-of-retransmission", 2),
		.retransmission_period = statement_number(st, "retransmission-period", 10),
	};
}

/* D5: no two group policies of one group may be the same. */
static int check_unique(struct reading *r, const struct gcks_group *group, const struct statement *st,
			const struct selector *sel)
{
	for (const struct gcks_ipsec_sa *sa = group->ipsec_sas; sa < group->ipsec_sas + group->n_ipsec_sas; sa++) {
		for (size_t i = 0; i < sa->n_match_policies; i++) {
			if (selector_equal(&sa->match_policies[i].sel, sel))
				return statement_fail(
					r->s, st, NULL,
					"the same as ipsec-sa %s match-policy %s; expected every group policy "
					"of group %s to differ in source, destination, ports or protocol",
					sa->name, sa->match_policies[i].name, group->name);
		}
	}
	return 0;
}

static int read_match_policy(struct reading *r, const struct gcks_group *group, struct gcks_ipsec_sa *sa,
			     const struct statement *st)
{
	struct gcks_match_policy p = { 0 };
	int err = gcks_selector_read(&p.sel, r->s, st);

	if (err >= 0)
		err = check_unique(r, group, st, &p.sel);
	if (err < 0)
		return err;
	copy_name(p.name, st);
	sa->match_policies[sa->n_match_policies++] = p;
	return 0;
}

static int read_ipsec_sa(struct reading *r, struct gcks_group *group, const struct statement *st)
{
	const struct statement *name = statement_child(st, "proposal");
	const struct junos_word *w = name->values[0].word;
	const struct statement *p = statement_named(r->ipsec, "proposal", w->text);
	struct gcks_ipsec_sa *sa = &group->ipsec_sas[group->n_ipsec_sas++];
	uint32_t lifetime = statement_number(p, "lifetime-seconds", 3600);
	char known[128];
	int err = 0;

	if (!p)
		return statement_fail(r->s, name, w, "no ipsec proposal '%s'; expected one of: %s", w->text,
				      statement_names(r->ipsec, "proposal", known));
	copy_name(sa->name, st);
	sa->cipher = (enum cipher)statement_number(p, "encryption-algorithm", CIPHER_NONE);
	sa->auth = (enum auth)statement_number(p, "authentication-algorithm", AUTH_NONE);
	sa->lifetime_seconds = statement_number(statement_child(st->parent, "test"), "tek-lifetime-seconds", lifetime);
	sa->match_policies = calloc(count_statements(st, "match-policy") + 1, sizeof(*sa->match_policies));
	if (!sa->match_policies)
		return -ENOMEM;
	for (const struct statement *m = statement_child(st, "match-policy"); m && err >= 0; m = statement_next(m))
		err = read_match_policy(r, group, sa, m);
	return err;
}

static int read_ipsec_sas(struct reading *r, struct gcks_group *ret, const struct statement *group)
{
	int err = 0;

	ret->ipsec_sas = calloc(count_statements(group, "ipsec-sa") + 1, sizeof(*ret->ipsec_sas));
	if (!ret->ipsec_sas)
		return -ENOMEM;
	for (const struct statement *sa = statement_child(group, "ipsec-sa"); sa && err >= 0; sa = statement_next(sa))
		err = read_ipsec_sa(r, ret, sa);
	return err;
}

static uint32_t shortest_lifetime(const struct gcks_group *g)
{
	uint32_t shortest = g->communication.configured ? g->communication.lifetime_seconds : UINT32_MAX;

	for (size_t i = 0; i < g->n_ipsec_sas; i++) {
		if (g->ipsec_sas[i].lifetime_seconds < shortest)
			shortest = g->ipsec_sas[i].lifetime_seconds;
	}
	return shortest;
}

static int read_test(struct reading *r, struct gcks_group *ret, const struct statement *group)
{
	const struct statement *test = statement_child(group, "test");
	const struct statement *margin = statement_child(test, "rekey-margin");
	uint32_t shortest = shortest_lifetime(ret);

	ret->tek_kilobytes = statement_number(test, "tek-lifetime-kilobytes", 0);
	ret->sender_id_bits = (uint8_t)statement_number(test, "sender-id-bits", 0);
	ret->sender_ids_refuse = statement_number(test, "sender-ids-used-up", 0) != 0;
	ret->d3p_type = (uint16_t)statement_number(test, "d3p-type", 0);
	ret->spi_per_policy = statement_child(test, "spi-per-policy") != NULL;
	ret->unusable_policy_first = statement_child(test, "unusable-policy-first") != NULL;
	ret->key_packets = (enum key_packets)statement_number(test, "key-packets", KEY_PACKETS_ONCE);
	ret->has_activation_delay = statement_child(group, "activation-time-delay") != NULL ||
				    statement_child(test, "activation-delay") != NULL;
	ret->activation_delay = (uint16_t)statement_number(test, "activation-delay",
							   statement_number(group, "activation-time-delay", 0));
	ret->has_deactivation_delay = statement_child(test, "deactivation-delay") != NULL;
	ret->deactivation_delay = (uint16_t)statement_number(test, "deactivation-delay", 0);
	ret->rekey_margin = GCKS_REKEY_MARGIN < shortest / 2 ? GCKS_REKEY_MARGIN : shortest / 2;
	if (!margin)
		return 0;
	ret->rekey_margin = margin->values[0].number;
	if (ret->rekey_margin > shortest / 2)
		return statement_fail(r->s, margin, margin->values[0].word,
				      "more than half of the group's shortest lifetime; expected a number from 1 to %u",
				      shortest / 2);
	return 0;
}

static int read_group(struct reading *r, struct gcks_group *ret, const struct statement *group)
{
	const struct statement *id = statement_child(group, "group-id");
	int err;

	copy_name(ret->name, group);
	ret->id = id->values[0].number;
	for (const struct gcks_group *g = r->c->groups; g < ret; g++) {
		if (g->id == ret->id)
			return statement_fail(r->s, id, id->values[0].word,
					      "group %s has group-id %u already; expected another", g->name, g->id);
	}
	ret->member_threshold = statement_number(group, "member-threshold", 0);
	ret->anti_replay_window = statement_number(group, "anti-replay-time-window", 0);
	read_communication(&ret->communication, group);
	err = config_d3p_numbers_read(&ret->gap_numbers, r->s, group);
	if (err >= 0)
		err = read_members(r, ret, group);
	if (err >= 0)
		err = read_ipsec_sas(r, ret, group);
	if (err >= 0)
		err = gcks_cluster_read(ret, r->c, r->s, r->ike, group);
	return err < 0 ? err : read_test(r, ret, group);
}

static int read_groups(struct reading *r)
{
	int err = 0;

	r->c->groups = calloc(count_statements(r->server, "group") + 1, sizeof(*r->c->groups));
	if (!r->c->groups)
		return -ENOMEM;
	for (const struct statement *g = statement_child(r->server, "group"); g && err >= 0; g = statement_next(g))
		err = read_group(r, &r->c->groups[r->c->n_groups++], g);
	return err;
}

static int read_server(struct gcks_config *c, struct statements *s)
{
	const struct statement *security = statement_child(statements_root(s), "security");
	const struct statement *server = statement_child(statement_child(security, "group-vpn"), "server");
	const struct statement *test = statement_child(server, "test");
	struct reading r = {
		.c = c,
		.s = s,
		.server = server,
		.ike = statement_child(server, "ike"),
		.ipsec = statement_child(server, "ipsec"),
	};
	int err = config_ike_check(s, r.ike);

	c->doi_only = (uint16_t)statement_number(test, "doi-only", 0);
	c->answer = (enum gcks_answer)statement_number(test, "answer", GCKS_ANSWER_NORMAL);
	c->id_length_2 = statement_child(test, "id-length-2") != NULL;
	if (err >= 0)
		err = check_proposals(&r);
	if (err >= 0)
		err = read_gateways(&r);
	return err < 0 ? err : read_groups(&r);
}

static int take_warnings(struct gcks_config *c, const struct statements *s)
{
	c->warnings = calloc(statement_warnings(s) + 1, sizeof(*c->warnings));
	if (!c->warnings)
		return -ENOMEM;
	for (size_t i = 0; i < statement_warnings(s); i++)
		snprintf(c->warnings[c->n_warnings++].text, sizeof(c->warnings->text), "%s", statement_warning(s, i));
	return 0;
}

static int read_config(struct gcks_config *c, const char *name, const char *text, size_t len, struct config_error *err)
{
	_cleanup_(junos_freep) struct junos *j = NULL;
	_cleanup_(statements_freep) struct statements *s = NULL;
	int r = junos_parse(&j, name, text, len, err);

	if (r >= 0)
		r = statements_read(&s, j, &gcks_config_root, err);
	if (r >= 0)
		r = read_server(c, s);
	return r < 0 ? r : take_warnings(c, s);
}

int gcks_config_parse(struct gcks_config **ret, const char *name, const char *text, size_t len,
		      struct config_error *err)
{
	_cleanup_(gcks_config_freep) struct gcks_config *c = calloc(1, sizeof(*c));
	struct config_error why = { .text = "out of memory" };
	int r = c ? read_config(c, name, text, len, &why) : -ENOMEM;

	if (r < 0) {
		snprintf(err->text, sizeof(err->text), "%s", why.text);
		return r;
	}
	*ret = TAKE(c);
	return 0;
}

int gcks_config_load(struct gcks_config **ret, const char *path, struct config_error *err)
{
	struct config_error why = { .text = "out of memory" };
	struct junos_file f;
	int r = junos_file_read(&f, path, JUNOS_SIZE_MAX, &why);

	if (r < 0) {
		snprintf(err->text, sizeof(err->text), "%s", why.text);
		return r;
	}
	r = gcks_config_parse(ret, path, f.text, f.len, err);
	junos_file_free(&f);
	return r;
}

static void free_group(struct gcks_group *g)
{
	for (size_t i = 0; i < g->n_ipsec_sas; i++)
		free(g->ipsec_sas[i].match_policies);
	free(g->ipsec_sas);
	free(g->gateways);
}

void gcks_config_free(struct gcks_config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_gateways; i++)
		secret_wipe(&c->gateways[i].psk);
	for (size_t i = 0; i < c->n_groups; i++)
		free_group(&c->groups[i]);
	free(c->gateways);
	free(c->groups);
	free(c->warnings);
	free(c);
}
