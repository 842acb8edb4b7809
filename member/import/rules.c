/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/rules.h"

#include "lib/printable.h"

/* Reasons that tell the reader what to do instead. */
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

/* The rule applies only when one of the words KNOWN is next. */
#define OMIT_KNOWN(p, why, known)                                                                                      \
	{                                                                                                              \
		.path = (p), .reason = (why), .interface_word = IMPORT_NO_WORD, .next = (known)                        \
	}
#define OMIT_SECRET_KNOWN(p, why, known)                                                                               \
	{                                                                                                              \
		.path = (p), .reason = (why), .interface_word = IMPORT_NO_WORD, .secret = true, .next = (known)        \
	}

#define LOSE(p, why)                                                                                                   \
	{                                                                                                              \
		.path = (p), .reason = (why), .interface_word = IMPORT_NO_WORD, .incomplete = true                     \
	}

#define HOST_TRAFFIC                                                                                                   \
	"what may reach the host itself is the host's own filter's: nftables; it must accept UDP port 848 of the key " \
	"servers, and ESP (protocol 50, to any address) in its chains input and output"
#define FIREWALL                                                                                                       \
	"what may pass between zones is the host's own filter's: nftables, which must accept in forward what has "     \
	"been "                                                                                                        \
	"or will be in ESP (rt ipsec exists, meta secpath exists); gvpnd decides what is protected, and blocks what "  \
	"should be and is not"
#define NETWORK "addresses and interfaces are the host's network configuration's: ip(8), systemd-networkd(8)"
#define ROUTES "routes are the host's network configuration's: ip-route(8), systemd-networkd(8)"

#define FILTERS "filters other than service-filter are the host's own filter's: nftables"
#define SERVICE "gvpnd has no such service"
#define LOGS "gvpnd logs to the journal; 'gvpnd --debug' says more"
#define WITHIN                                                                                                         \
	"it is of a router within the device: export there, after 'set cli logical-system NAME' or as its own "        \
	"user, and import that"
#define COMMANDS "what is changed by commands is not followed: export the configuration as it is committed"

#define UNKNOWN "Junos has nothing like it there: a line may be broken, or lost"

/*
 * Statements of Junos beside those that are kept.  A word that is none of these may be half of a statement that is
 * kept: nobody can say that such a word decides nothing.
 */
static const char in_device[] =
	" access access-profile accounting-options ancillary app-engine applications apply-macro bridge-domains "
	"chassis class-of-service ddos-protection diameter dynamic-profiles ethernet-switching-options event-options "
	"extensions fabric forwarding-options jsrc jsrc-partition jcloud-aware multi-chassis "
	"multicast-snooping-options nassr openconfig packet-broker poe policy-options ppp protocols rcsid "
	"remote-access schedulers security-intelligence session-limit-group smtp snmp subscriber-management "
	"switch-options system trace unified-edge version virtual-chassis virtual-network-functions vlans vmhost "
	"wlan ";
static const char in_security[] =
	" address-book advance-policy-based-routing advanced-connection-tracking advanced-policy-based-routing "
	"alarms alg analysis anti-spoofing anti-virus application-firewall application-identification "
	"application-tracking apply-macro authentication-key-chains certificates cloud dataplane datapath-debug "
	"dns-cache dynamic-address dynamic-application dynamic-vpn firewall-authentication flow "
	"forwarding-options forwarding-process gprs gtp host-vpn idp ike inline-active-flow-monitoring ipsec l3vpn "
	"log macsec metadata-streaming monitoring nat ngfw nodes pki policies policy-statistics remote-access "
	"resource-manager screen security-intelligence softwires ssh-known-hosts ssl tcp-encap traceoptions "
	"traffic-manager tunnel-inspection user-identification utm web-proxy ";
static const char in_zone[] =
	" address-book advance-policy-based-routing advance-policy-based-routing-profile application-tracking "
	"apply-macro description enable-reverse-reroute screen source-identity-log tcp-rst "
	"unidirectional-session-refreshing user-identification ";
static const char in_firewall[] = " apply-macro atomic family filter flexible-match hierarchical-policer interface-set "
				  "load-balance-group policer three-color-policer traceoptions tunnel-end-point ";
static const char in_family[] = " any bridge ccc ethernet-switching evpn inet inet6 mpls vpls ";
static const char in_inet[] =
	" apply-macro dialer-filter fast-update-filter filter prefix-action simple-filter template ";
static const char in_service_set[] =
	" allow-multicast apply-macro bypass-traffic-on-exceeding-flow-limits bypass-traffic-on-pic-failure "
	"captive-portal-content-delivery-profile cos-options cos-rule-sets cos-rules description dns-filter-profile "
	"extension-service hcm-profile ids-rule-sets ids-rules ids-option interface-service ipsec-group-vpn "
	"ipsec-vpn-options ipsec-vpn-rule-sets ipsec-vpn-rules jflow-log jflow-rules lrf-profile max-drop-flows "
	"max-flows max-session-setup-rate nat-options nat-rule-sets nat-rules next-hop-service pcef-profile pcp-rules "
	"pgcp-rules policy-decision-statistics-profile ptsp-rules redundancy-set-id replicate-services "
	"sampling-service service-order service-set-options snmp-trap-thresholds softwire-options softwire-rule-sets "
	"softwire-rules softwires-rule-set stateful-firewall-rule-sets stateful-firewall-rules syslog tag-rule-sets "
	"tag-rules tcp-mss tcp-session tracers url-filter-profile web-filter-profile ";

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
	OMIT("security zones security-zone * interfaces * apply-macro", "it says nothing by itself"),
	LOSE("security zones security-zone * interfaces * *", UNKNOWN),
	KEEP_INTERFACE("security zones security-zone * interfaces *", 5),
	OMIT("security zones security-zone * host-inbound-traffic", HOST_TRAFFIC),
	OMIT_KNOWN("security zones security-zone *", FIREWALL, in_zone),
	LOSE("security zones security-zone * *", UNKNOWN),
	OMIT("security zones functional-zone", FIREWALL),
	LOSE("security zones *", UNKNOWN),
	OMIT("security address-book", "it names addresses for security policies, which are left out too"),
	OMIT("security policies", FIREWALL),
	KEEP("security flow tcp-mss ipsec-vpn"),
	KEEP("security forwarding-options family inet6"),
	OMIT_SECRET_KNOWN("security", "gvpnd is a group VPN member and nothing else", in_security),
	LOSE("security *", UNKNOWN),
	KEEP_INTERFACE("interfaces * unit * family inet service", 1),
	OMIT("interfaces * unit * family inet6", NETWORK),
	LOSE("interfaces * host-inbound-traffic", "it is of a zone, whose name is not seen"),
	OMIT("interfaces", NETWORK),
	OMIT("routing-options static", ROUTES),
	OMIT("routing-options", ROUTES),
	KEEP("services service-set * ipsec-group-vpn"),
	KEEP("services service-set * interface-service service-interface"),
	OMIT("services service-set * interface-service load-balancing-options", SERVICE),
	LOSE("services service-set * interface-service *", UNKNOWN),
	OMIT("services service-set * next-hop-service",
	     "gvpnd takes what an interface carries: use interface-service on the device first"),
	OMIT_SECRET_KNOWN("services service-set *", SERVICE, in_service_set),
	LOSE("services service-set * *", UNKNOWN),
	OMIT_SECRET("services", SERVICE),
	KEEP("firewall family inet service-filter"),
	OMIT("firewall family inet6", "a group VPN's packets are of IPv4"),
	OMIT_KNOWN("firewall family inet", FILTERS, in_inet),
	LOSE("firewall family inet *", UNKNOWN),
	OMIT_KNOWN("firewall family", FILTERS, in_family),
	LOSE("firewall family *", UNKNOWN),
	OMIT_KNOWN("firewall", FILTERS, in_firewall),
	LOSE("firewall *", UNKNOWN),
	OMIT_SECRET("groups", "it says nothing by itself; what a group adds is not seen"),
	LOSE("logical-systems * security group-vpn", WITHIN),
	LOSE("logical-systems * security ipsec-policy", WITHIN),
	LOSE("tenants * security group-vpn", WITHIN),
	LOSE("tenants * security ipsec-policy", WITHIN),
	OMIT_SECRET("logical-systems", "other routers within the device are other hosts"),
	OMIT_SECRET("tenants", "other routers within the device are other hosts"),
	OMIT_SECRET("routing-instances", "gvpnd uses the host's main routing table"),
	OMIT_SECRET_KNOWN("", "it has no part in a group VPN", in_device),
	LOSE("", UNKNOWN),
};

/* Commands of a terminal: "delete", "rename" and the like.  Whether one matters is decided by the rule of the statement
 * that it names. */
static const struct import_rule commands[] = {
	OMIT_SECRET("delete", "what is taken back must be gone before: export the configuration as it is committed"),
	OMIT_SECRET("activate", COMMANDS),
	OMIT_SECRET("rename", COMMANDS),
	OMIT_SECRET("copy", COMMANDS),
	OMIT_SECRET("insert", COMMANDS),
	/* For these statements the pattern says which statements they change. */
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
static const struct import_rule misplaced =
	LOSE("", "it is of a group VPN and stands where Junos has none: a line or a brace is lost");
static const struct import_rule inherits_elsewhere = OMIT_SECRET("", "it adds to what is left out");

/* Whether WORD is one of LIST, which has a blank before and behind each. */
static bool is_listed(const char *list, const struct junos_word *word)
{
	for (const char *at = list; (at = strstr(at, word->text)) && word->len > 0; at++)
		if (at > list && at[-1] == ' ' && at[word->len] == ' ')
			return true;
	return false;
}

/* The number of words of PATH, when N words begin with it; SIZE_MAX: they do not. */
static size_t fits_to(const char *path, const struct junos_word *const *words, size_t n)
{
	size_t i;

	for (i = 0; *path; i++) {
		size_t len = strcspn(path, " ");

		if (i == n)
			return SIZE_MAX;
		if (!(len == 1 && path[0] == '*') && !(words[i]->len == len && memcmp(words[i]->text, path, len) == 0))
			return SIZE_MAX;
		path += len;
		path += *path == ' ';
	}
	return i;
}

static bool fits_path(const char *path, const struct junos_word *const *words, size_t n)
{
	return fits_to(path, words, n) != SIZE_MAX;
}

static bool rule_fits(const struct import_rule *rule, const struct junos_word *const *words, size_t n)
{
	size_t next = fits_to(rule->path, words, n);

	return next != SIZE_MAX && (!rule->next || next >= n || is_listed(rule->next, words[next]));
}

/* Whether the pattern and the words are the same as far as both go. */
static bool meets_path(const char *path, const struct junos_word *const *words, size_t n)
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
		if (!rules[i].reason && meets_path(rules[i].path, words, n))
			return true;
	return false;
}

/* "apply-groups G" and "apply-groups-except G" at any place: there the device has more, or other, than is written. */
static const struct import_rule *inheritance_rule(const struct junos_word *const *words, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		if (words[i]->quoted ||
		    (strcmp(words[i]->text, "apply-groups") != 0 && strcmp(words[i]->text, "apply-groups-except") != 0))
			continue;
		return import_rules_touch_kept(words, i) ? &inherits : &inherits_elsewhere;
	}
	return NULL;
}

bool import_rules_is_command(const struct junos_word *word)
{
	bool is = strcmp(word->text, "deactivate") == 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		is |= strcmp(word->text, commands[i].path) == 0;
	return is;
}

/* The words that name what a command changes: "to", "before" and "after" say what becomes of that. */
static size_t named_words(const struct junos_word *const *words, size_t n)
{
	static const char ends[] = " to before after ";
	size_t i = 1;

	while (i < n && !is_listed(ends, words[i]))
		i++;
	return i;
}

static const struct import_rule *plain_rule(const struct junos_word *const *words, size_t n)
{
	size_t i = 0;

	while (!rule_fits(&rules[i], words, n))
		i++;
	return &rules[i];
}

bool import_rules_may_change_kept(const struct junos_word *const *words, size_t n)
{
	return import_rules_touch_kept(words, n) || plain_rule(words, n)->incomplete;
}

static const struct import_rule *command_rule(const struct junos_word *const *words, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!fits_path(commands[i].path, words, n))
			continue;
		if (!import_rules_may_change_kept(words + 1, named_words(words, n) - 1))
			return &commands[i];
		return fits_path(changed[0].path, words, n) ? &changed[0] : &changed[1];
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

/* Words of a group VPN member where none belong: a brace or a line between is lost. */
static bool is_misplaced(const struct import_rule *rule, const struct junos_word *const *words, size_t n)
{
	static const char ours[] = " group-vpn ipsec-group-vpn group-vpn-external-interface service-filter "
				   "service-set security-zone ";
	static const char elsewhere[] = " groups logical-systems tenants dynamic-profiles ";

	if (!rule->reason || rule->incomplete || is_listed(elsewhere, words[0]) ||
	    fits_path("security group-vpn server", words, n) ||
	    fits_path("interfaces * unit * family inet6", words, n) || fits_path("firewall family inet6", words, n))
		return false;
	for (size_t i = fits_to(rule->path, words, n) + 1; i < n; i++)
		if (!words[i]->quoted && is_listed(ours, words[i]) && strcmp(words[i - 1]->text, "description") != 0)
			return true;
	return false;
}

/* For a statement that would be kept: the loss of a description decides nothing, the loss of any other word does. */
static const struct import_rule *control_rule(const struct junos_word *const *words, size_t n)
{
	bool described = n > 1 && strcmp(words[n - 2]->text, "description") == 0;

	for (size_t i = 0; i < n; i++)
		if (has_control(words[i]))
			return described ? &unprintable_elsewhere : &unprintable;
	return NULL;
}

const struct import_rule *import_rule_for(const struct junos_word *const *words, size_t n)
{
	const struct import_rule *rule = command_rule(words, n), *plain;

	if (!rule && n > 0 && strcmp(words[0]->text, "groups") != 0)
		rule = inheritance_rule(words, n);
	if (rule)
		return rule;
	plain = plain_rule(words, n);
	if (is_misplaced(plain, words, n))
		return &misplaced;
	rule = plain->reason ? NULL : control_rule(words, n);
	return rule ? rule : plain;
}
