/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import_rules.h"

#include "member/printable.h"

/* For what a reader must be told to do instead: the reason says it. */
#define KEEP(p)                                                                                                        \
	{                                                                                                              \
		.path = (p), .interface_word = IMPORT_NO_WORD                                                          \
	}
#define KEEP_INTERFACE(p, word)                                                                                        \
	{                                                                                                              \
		.path = (p), .interface_word = (word)                                                                  \
	}
#define OMIT(p, why)                                                                                                   \
	{                                                                                                              \
		.path = (p), .reason = (why), .interface_word = IMPORT_NO_WORD                                         \
	}
#define OMIT_SECRET(p, why)                                                                                            \
	{                                                                                                              \
		.path = (p), .reason = (why), .interface_word = IMPORT_NO_WORD, .secret = true                         \
	}

#define LOSE(p, why)                                                                                                   \
	{                                                                                                              \
		.path = (p), .reason = (why), .interface_word = IMPORT_NO_WORD, .incomplete = true                     \
	}

#define HOST_TRAFFIC                                                                                                   \
	"what may reach the host itself is the host's own filter's: nftables; gvpnd needs UDP 848 from its key "       \
	"servers, and lets it pass"
#define FIREWALL                                                                                                       \
	"what may pass between zones is the host's own filter's: nftables; gvpnd decides what is protected, and "      \
	"blocks what should be and is not"
#define NETWORK "addresses and interfaces are the host's network configuration's: ip(8), systemd-networkd(8)"
#define ROUTES "routes are the host's network configuration's: ip-route(8), systemd-networkd(8)"

#define LOGS "gvpnd logs to the journal; 'gvpnd --debug' says more"
#define WITHIN                                                                                                         \
	"it is of a router within the device: export there, after 'set cli logical-system NAME' or as its own "        \
	"user, and import that"
#define COMMANDS "what is changed by commands is not followed: export the configuration as it is committed"

/* The first that fits decides. */
static const struct import_rule rules[] = {
	KEEP_INTERFACE("security group-vpn member ipsec vpn * group-vpn-external-interface *", 7),
	OMIT("security group-vpn member ike traceoptions", LOGS),
	OMIT("security group-vpn member ipsec traceoptions", LOGS),
	OMIT("security group-vpn member traceoptions", LOGS),
	KEEP("security group-vpn member ike"),
	KEEP("security group-vpn member ipsec"),
	LOSE("security group-vpn member", "gvpnd knows nothing like it"),
	OMIT_SECRET("security group-vpn server", "this is a member; a key server is another program"),
	KEEP("security ipsec-policy"),
	OMIT("security zones security-zone * interfaces * host-inbound-traffic", HOST_TRAFFIC),
	KEEP_INTERFACE("security zones security-zone * interfaces *", 5),
	OMIT("security zones security-zone * host-inbound-traffic", HOST_TRAFFIC),
	OMIT("security zones", FIREWALL),
	OMIT("security address-book", "it names addresses for security policies, which are left out too"),
	OMIT("security policies", FIREWALL),
	OMIT_SECRET("security", "gvpnd is a group VPN member and nothing else"),
	KEEP_INTERFACE("interfaces * unit * family inet service", 1),
	OMIT("interfaces", NETWORK),
	OMIT("routing-options static", ROUTES),
	OMIT("routing-options", ROUTES),
	KEEP("services service-set * ipsec-group-vpn"),
	KEEP("services service-set * interface-service service-interface"),
	OMIT("services service-set * next-hop-service",
	     "gvpnd takes what an interface carries: use interface-service on the device first"),
	OMIT_SECRET("services", "gvpnd has no such service"),
	KEEP("firewall family inet service-filter"),
	OMIT("firewall", "filters other than service-filter are the host's own filter's: nftables"),
	OMIT_SECRET("groups", "it says nothing by itself; what a group adds is not seen"),
	LOSE("logical-systems * security group-vpn", WITHIN),
	LOSE("logical-systems * security ipsec-policy", WITHIN),
	LOSE("tenants * security group-vpn", WITHIN),
	LOSE("tenants * security ipsec-policy", WITHIN),
	OMIT_SECRET("logical-systems", "other routers within the device are other hosts"),
	OMIT_SECRET("tenants", "other routers within the device are other hosts"),
	OMIT_SECRET("routing-instances", "gvpnd uses the host's main routing table"),
	OMIT_SECRET("", "it has no part in a group VPN"),
};

/* What a terminal's "delete", "rename" and the like change; the rule of what they name decides whether it matters. */
static const struct import_rule commands[] = {
	OMIT_SECRET("delete", "what is taken back must be gone before: export the configuration as it is committed"),
	OMIT_SECRET("activate", COMMANDS),
	OMIT_SECRET("rename", COMMANDS),
	OMIT_SECRET("copy", COMMANDS),
	OMIT_SECRET("insert", COMMANDS),
	/* Of these the pattern says what they change. */
	LOSE("replace", COMMANDS),
	LOSE("wildcard", COMMANDS),
};
static const struct import_rule changed[] = {
	LOSE("delete", "what is taken back must be gone before: export the configuration as it is committed"),
	LOSE("", COMMANDS),
};
static const struct import_rule inherits =
	LOSE("", "what a group adds is not seen: export with 'show configuration | display inheritance no-comments'");
/* On a terminal the result would command it; a name with one is none, and a key with one cannot be typed. */
static const struct import_rule unprintable = LOSE("", "it has a control character");
static const struct import_rule unprintable_elsewhere = OMIT("", "it has a control character");
static const struct import_rule inherits_elsewhere = OMIT_SECRET("", "it adds to what is left out");

static bool fits(const char *path, const struct junos_word *const *words, size_t n)
{
	for (size_t i = 0; *path; i++) {
		size_t len = strcspn(path, " ");

		if (i == n)
			return false;
		if (!(len == 1 && path[0] == '*') && !(words[i]->len == len && memcmp(words[i]->text, path, len) == 0))
			return false;
		path += len;
		path += *path == ' ';
	}
	return true;
}

/* Whether the pattern and the words are the same as far as both go. */
static bool meets(const char *path, const struct junos_word *const *words, size_t n)
{
	for (size_t i = 0; i < n && *path; i++) {
		size_t len = strcspn(path, " ");

		if (!(len == 1 && path[0] == '*') && !(words[i]->len == len && memcmp(words[i]->text, path, len) == 0))
			return false;
		path += len;
		path += *path == ' ';
	}
	return true;
}

bool import_rules_touch_kept(const struct junos_word *const *words, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (!rules[i].reason && meets(rules[i].path, words, n))
			return true;
	return false;
}

/* "apply-groups G" and "apply-groups-except G" at any place: there the device has more, or other, than is written. */
static const struct import_rule *inheritance(const struct junos_word *const *words, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		if (words[i]->quoted ||
		    (strcmp(words[i]->text, "apply-groups") != 0 && strcmp(words[i]->text, "apply-groups-except") != 0))
			continue;
		return import_rules_touch_kept(words, i) ? &inherits : &inherits_elsewhere;
	}
	return NULL;
}

static const struct import_rule *command(const struct junos_word *const *words, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!fits(commands[i].path, words, n))
			continue;
		if (!import_rules_touch_kept(words + 1, n - 1))
			return &commands[i];
		return fits(changed[0].path, words, n) ? &changed[0] : &changed[1];
	}
	return NULL;
}

static bool has_control(const struct junos_word *w)
{
	size_t next;

	for (const char *p = w->text; *p; p += next)
		if (printable_bad(p, &next) > 0)
			return true;
	return false;
}

/* Only of what would be kept: a description means nothing, any other is missed. */
static const struct import_rule *control(const struct junos_word *const *words, size_t n)
{
	bool described = n > 1 && strcmp(words[n - 2]->text, "description") == 0;

	for (size_t i = 0; i < n; i++)
		if (has_control(words[i]))
			return described ? &unprintable_elsewhere : &unprintable;
	return NULL;
}

const struct import_rule *import_rule_for(const struct junos_word *const *words, size_t n)
{
	const struct import_rule *rule = command(words, n);
	size_t i = 0;

	if (!rule && n > 0 && strcmp(words[0]->text, "groups") != 0)
		rule = inheritance(words, n);
	if (rule)
		return rule;
	while (!fits(rules[i].path, words, n))
		i++;
	rule = rules[i].reason ? NULL : control(words, n);
	return rule ? rule : &rules[i];
}
