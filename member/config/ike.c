/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/ike.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "ike/ident.h"
#include "member/config/psk.h"

static const struct statement_choice methods[] = { { "pre-shared-keys", 1 }, { NULL, 0 } };
static const struct statement_choice modes[] = { { "main", IKE_MAIN }, { "aggressive", IKE_AGGRESSIVE }, { NULL, 0 } };
static const struct statement_choice hashes[] = {
#define X(number, sig, openssl, octets, junos, shown, server) { junos, number },
	HASHES_SHA1(X) HASHES_SHA2(X)
#undef X
		{ NULL, 0 },
};
static const struct statement_choice groups[] = {
#define X(number, type, openssl, junos, octets) { junos, number },
	IKE_GROUPS(X)
#undef X
		{ NULL, 0 },
};
static const struct statement_choice ciphers[] = {
#define X(id, octets, openssl, junos, shown, kek) { junos, id },
	CIPHERS_CBC(X)
#undef X
		{ NULL, 0 },
};

const struct statement_schema config_ike_proposal_schema[] = {
	{ .name = "authentication-method", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = methods },
	{ .name = "authentication-algorithm", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = hashes },
	{ .name = "dh-group", .alias = "group", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = groups },
	{ .name = "encryption-algorithm", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = ciphers },
	{ .name = "lifetime-seconds", .type = TYPE_NUMBER, .min = CONFIG_LIFETIME_MIN, .max = CONFIG_LIFETIME_MAX },
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_END,
};

static const struct statement_schema psk_schema[] = {
	{ .name = "ascii-text", .type = TYPE_SECRET },
	{ .name = "hexadecimal", .type = TYPE_SECRET },
	{ .name = "file", .type = TYPE_TEXT },
	{ .name = "credential", .type = TYPE_NAME },
	SCHEMA_END,
};

const struct statement_schema config_ike_policy_schema[] = {
	{ .name = "mode", .type = TYPE_CHOICE, .choices = modes },
	{ .name = "proposals", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME, .limit = IKE_PROPOSALS_MAX },
	SCHEMA_BLOCK("pre-shared-key", STATEMENT_MANDATORY | STATEMENT_ONE_OF | STATEMENT_SECRETS, psk_schema),
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_REFUSED("certificate", "authentication by certificate is not supported; expected pre-shared-key"),
	SCHEMA_REFUSED("proposal-set", "sets of proposals are not supported; expected proposals [ NAME ... ]"),
	SCHEMA_END,
};

const struct statement_schema config_identity_schema[] = {
	{ .name = "inet", .type = TYPE_ADDRESS },
	{ .name = "hostname", .type = TYPE_TEXT },
	{ .name = "user-at-hostname", .type = TYPE_TEXT },
	{ .name = "key-id", .type = TYPE_TEXT },
	{ .name = "inet6", .type = TYPE_TEXT },
	{ .name = "distinguished-name", .type = TYPE_TEXT },
	{ .name = "general-name", .type = TYPE_TEXT },
	SCHEMA_END,
};

static int read_proposals(struct config_ike *ret, struct statements *s, const struct statement *ike,
			  const struct statement *policy)
{
	const struct statement *names = statement_child(policy, "proposals");
	char known[128];

	for (size_t i = 0; i < names->n_values; i++) {
		const struct junos_word *w = names->values[i].word;
		const struct statement *p = statement_named(ike, "proposal", w->text);

		if (!p)
			return statement_fail(s, names, w, "no ike proposal '%s'; expected one of: %s", w->text,
					      statement_names(ike, "proposal", known));
		ret->proposals[i] = (struct ike_proposal){
			.hash = (enum ike_hash)statement_number(p, "authentication-algorithm", 0),
			.group = (enum ike_group)statement_number(p, "dh-group", 0),
			.cipher = (enum cipher)statement_number(p, "encryption-algorithm", 0),
			.lifetime_seconds = statement_number(p, "lifetime-seconds", CONFIG_IKE_LIFETIME),
		};
	}
	ret->n_proposals = names->n_values;
	return 0;
}

static int read_policy(struct config_ike *ret, struct statements *s, const struct statement *ike,
		       const struct statement *policy, bool warn)
{
	int r = read_proposals(ret, s, ike, policy);

	ret->mode = (enum ike_mode)statement_number(policy, "mode", IKE_MAIN);
	return r < 0 ? r : config_psk_read(&ret->psk, s, statement_child(policy, "pre-shared-key"), warn);
}

/* Algorithms that work and that nobody should choose anew: one warning for each statement. */
static void warn_weak_proposal(struct statements *s, const struct statement *proposal)
{
	const struct statement *hash = statement_child(proposal, "authentication-algorithm");
	const struct statement *group = statement_child(proposal, "dh-group");

	if (hash && hash->n_values > 0 && hash->values[0].number == IKE_SHA1)
		statement_warn(s, hash, hash->values[0].word,
			       "SHA-1 is weak; expected sha-256 or better, on the key server too");
	if (group && group->n_values > 0 && group->values[0].number == IKE_MODP2048_256)
		statement_warn(
			s, group, group->values[0].word,
			"group24 is weak (RFC 8247 2.4); expected group14, group19, group20 or group21, on the key "
			"server too");
}

static void warn_weak_policy(struct statements *s, const struct statement *policy)
{
	const struct statement *mode = statement_child(policy, "mode");

	if (mode && mode->n_values > 0 && mode->values[0].number == IKE_AGGRESSIVE)
		statement_warn(s, mode, mode->values[0].word,
			       "in aggressive mode anybody can have a hash made with the pre-shared key, and try keys "
			       "against it; expected main, on the key server too, or a long random key");
}

int config_ike_check(struct statements *s, const struct statement *ike)
{
	int r = 0;

	for (const struct statement *p = statement_child(ike, "proposal"); p; p = statement_next(p))
		warn_weak_proposal(s, p);
	for (const struct statement *p = statement_child(ike, "policy"); p; p = statement_next(p))
		warn_weak_policy(s, p);
	for (const struct statement *p = statement_child(ike, "policy"); p && r >= 0; p = statement_next(p)) {
		struct config_ike c = { 0 };

		r = read_policy(&c, s, ike, p, true);
		secret_wipe(&c.psk);
	}
	return r;
}

int config_ike_resolve(struct config_ike *ret, struct statements *s, const struct statement *ike,
		       const struct statement *gateway)
{
	const struct statement_value *name = statement_value(gateway, "ike-policy");
	const struct statement *policy = statement_named(ike, "policy", name->word->text);
	struct config_ike c = { 0 };
	char known[128];
	int r;

	if (!policy)
		return statement_fail(s, statement_child(gateway, "ike-policy"), name->word,
				      "no ike policy '%s'; expected one of: %s", name->word->text,
				      statement_names(ike, "policy", known));
	r = read_policy(&c, s, ike, policy, false);
	if (r >= 0)
		*ret = c;
	secret_wipe(&c.psk);
	return r;
}

static int read_octets(struct ike_id *id, struct statements *s, const struct statement *leaf,
		       const struct junos_word *w)
{
	ssize_t n = config_hex_parse(id->data, IKE_ID_MAX, w->text + 2);

	if (n < 0)
		return statement_fail(s, leaf, w,
				      "not octets; expected 0x and 1 to %d pairs of hexadecimal digits, or text",
				      IKE_ID_MAX);
	id->len = (uint8_t)n;
	return 0;
}

static int read_text(struct ike_id *id, struct statements *s, const struct statement *leaf, const struct junos_word *w)
{
	if (w->len == 0 || w->len > IKE_ID_MAX)
		return statement_fail(s, leaf, w, "an identity of %zu octets; expected 1 to %d", w->len, IKE_ID_MAX);
	if (id->type == IKE_ID_USER_FQDN && !strchr(w->text, '@'))
		return statement_fail(s, leaf, w, "an identity without '@'; expected USER@HOST");
	id->len = (uint8_t)w->len;
	memcpy(id->data, w->text, w->len);
	return 0;
}

static int read_inet6(struct ike_id *id, struct statements *s, const struct statement *leaf, const struct junos_word *w)
{
	if (inet_pton(AF_INET6, w->text, id->data) != 1)
		return statement_fail(s, leaf, w, "not an IPv6 host address; expected one as 2001:db8::1");
	id->len = 16;
	return 0;
}

static int read_dn(struct ike_id *id, struct statements *s, const struct statement *leaf, const struct junos_word *w)
{
	if (ident_dn_read(id, w->text) < 0)
		return statement_fail(s, leaf, w,
				      "not a distinguished name of at most %d octets; expected TYPE=VALUE with commas "
				      "between, as \"CN=ks, O=Example\", or 0x and the octets of its DER encoding",
				      IKE_ID_MAX);
	return 0;
}

static int read_identity(struct ike_id *id, struct statements *s, const struct statement *leaf)
{
	const struct junos_word *w = leaf->values[0].word;
	uint32_t addr;

	if (id->type == IKE_ID_IPV4_ADDR) {
		addr = htonl(leaf->values[0].number);
		memcpy(id->data, &addr, sizeof(addr));
		id->len = sizeof(addr);
		return 0;
	}
	if (id->type == IKE_ID_IPV6_ADDR)
		return read_inet6(id, s, leaf, w);
	if (id->type != IKE_ID_FQDN && id->type != IKE_ID_USER_FQDN && strncmp(w->text, "0x", 2) == 0)
		return read_octets(id, s, leaf, w);
	if (id->type == IKE_ID_DER_ASN1_DN)
		return read_dn(id, s, leaf, w);
	if (id->type == IKE_ID_DER_ASN1_GN)
		return statement_fail(s, leaf, w, "not octets; expected 0x and the octets of its DER encoding");
	return read_text(id, s, leaf, w);
}

int config_identity_read(struct ike_id *ret, struct statements *s, const struct statement *gateway, const char *keyword)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = { /* RFC 2407 4.6.2.1: those of a host */
		      { "inet", IKE_ID_IPV4_ADDR },
		      { "hostname", IKE_ID_FQDN },
		      { "user-at-hostname", IKE_ID_USER_FQDN },
		      { "inet6", IKE_ID_IPV6_ADDR },
		      { "distinguished-name", IKE_ID_DER_ASN1_DN },
		      { "general-name", IKE_ID_DER_ASN1_GN },
		      { "key-id", IKE_ID_KEY_ID }
	};
	const struct statement *block = statement_child(gateway, keyword), *leaf = block ? block->child : NULL;
	struct ike_id id = { 0 };
	int r;

	for (size_t i = 0; leaf && i < ARRAY_SIZE(types); i++) {
		if (strcmp(leaf->schema->name, types[i].name) == 0)
			id.type = types[i].type;
	}
	r = leaf ? read_identity(&id, s, leaf) : 0;
	if (r >= 0)
		*ret = id;
	return r;
}

int config_d3p_numbers_read(struct gap_numbers *ret, struct statements *s, const struct statement *block)
{
	const struct statement *type = statement_child(block, "d3p-type-attribute");
	const struct statement *window = statement_child(block, "d3p-window-attribute"), *said = type ? type : window;
	struct gap_numbers n = {
		.d3p_type = (uint16_t)statement_number(block, "d3p-type-attribute", GAP_D3P_TYPE),
		.d3p_window = (uint16_t)statement_number(block, "d3p-window-attribute", GAP_D3P_WINDOW),
	};

	if (said && n.d3p_type == n.d3p_window)
		return statement_fail(s, said, said->values[0].word,
				      "the number of the other of the two attributes too%s; expected two numbers that "
				      "differ",
				      type && window ? "" : " (its default)");
	*ret = n;
	return 0;
}
