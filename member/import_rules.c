/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import_rules.h"

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

#define HOST_TRAFFIC                                                                                                   \
	"what may reach the host itself is the host's own filter's: nftables; gvpnd needs UDP 848 from its key "       \
	"servers, and lets it pass"
#define FIREWALL                                                                                                       \
	"what may pass between zones is the host's own filter's: nftables; gvpnd decides what is protected, and "      \
	"blocks what should be and is not"
#define NETWORK "addresses and interfaces are the host's network configuration's: ip(8), systemd-networkd(8)"
#define ROUTES "routes are the host's network configuration's: ip-route(8), systemd-networkd(8)"

/* The first that fits decides. */
static const struct import_rule rules[] = {
	KEEP_INTERFACE("security group-vpn member ipsec vpn * group-vpn-external-interface *", 7),
	KEEP("security group-vpn member ike"),
	KEEP("security group-vpn member ipsec"),
	OMIT("security group-vpn member ike traceoptions", "gvpnd logs to the journal; 'gvpnd --debug' says more"),
	OMIT("security group-vpn member", "gvpnd knows nothing like it"),
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
	OMIT("apply-groups", "what a group adds is not seen: export with '| display inheritance no-comments'"),
	OMIT_SECRET("groups", "what a group adds is not seen: export with '| display inheritance no-comments'"),
	OMIT("delete", "what is taken back must be gone before: export the configuration as it is committed"),
	OMIT_SECRET("", "it has no part in a group VPN"),
};

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

const struct import_rule *import_rule_for(const struct junos_word *const *words, size_t n)
{
	size_t i = 0;

	while (!fits(rules[i].path, words, n))
		i++;
	return &rules[i];
}
