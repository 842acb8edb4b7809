/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The show outputs against golden texts, and those against the guide's own samples (golden/guide-*.txt: run together on
 * one line as the guide's page prints them).  Run from the root of the tree.
 */
#include "member/ctl/output.h"

#include "lib/gvpn.h"
#include "member/ctl/show_part.h"

#include <check.h>
#include <stdlib.h>

#define GOLDEN "tests/unit/golden/"
#define WORDS_MAX 8

static char *read_golden(const char *name, const char *suffix)
{
	char path[128], *text = calloc(1, 65536);

	snprintf(path, sizeof(path), GOLDEN "%s%s", name, suffix);
	FILE *f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s: cannot be read; run the test from the root of the tree", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, 65536, f), 65536);
	fclose(f);
	return text;
}

static struct json_object *read_snapshot(const char *name)
{
	char *text = read_golden(name, ".json");
	struct json_object *o = json_tokener_parse(text);

	ck_assert_ptr_nonnull(o);
	free(text);
	return o;
}

static size_t split(char *copy, size_t size, const char *line, const char *words[static WORDS_MAX])
{
	size_t n = 0;

	snprintf(copy, size, "%s", line);
	for (char *save = NULL, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		ck_assert_uint_lt(n, WORDS_MAX);
		words[n++] = w;
	}
	return n;
}

static enum show_view view_of(const char *line)
{
	const char *words[WORDS_MAX];
	struct command_error err = { .with_usage = false };
	struct command c;
	char copy[256];

	ck_assert_msg(command_parse(&c, VERB_SHOW, words, split(copy, sizeof(copy), line, words), &err) == 0, "%s",
		      err.text);
	return c.view;
}

/* What is printed; *R is what the renderer returned.  free() it. */
static char *show(int *r, const char *line, struct json_object *snapshot)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	*r = output_text.snapshot(f, view_of(line), snapshot);
	fclose(f);
	return text;
}

static char *shown(const char *line, struct json_object *snapshot)
{
	int r;
	char *text = show(&r, line, snapshot);

	ck_assert_msg(r == 0, "show %s", line);
	return text;
}

/* Runs of white space become one space, none at the ends: so the guide's page has it. */
static char *run_together(const char *text)
{
	char *out = calloc(1, strlen(text) + 2), *p = out;

	ck_assert_ptr_nonnull(out);
	for (; *text; text++) {
		if (*text != ' ' && *text != '\n')
			*p++ = *text;
		else if (p > out && p[-1] != ' ')
			*p++ = ' ';
	}
	while (p > out && p[-1] == ' ')
		*--p = '\0';
	return out;
}

static const struct {
	const char *snapshot, *golden, *words;
} views[] = {
	{ "srx", "srx-kek", "security group-vpn member kek security-associations" },
	{ "srx", "srx-kek-detail", "security group-vpn member kek security-associations detail" },
	{ "srx", "srx-ipsec", "security group-vpn member ipsec security-associations" },
	{ "srx", "srx-ipsec-detail", "security group-vpn member ipsec security-associations detail" },
	{ "srx", "srx-statistics", "security group-vpn member ipsec statistics" },
	{ "srx", "srx-policy", "security group-vpn member policy" },
	{ "mx", "mx-kek", "kek security-associations" },
	{ "mx", "mx-kek-detail", "kek security-associations detail" },
	{ "mx", "mx-ipsec", "ipsec security-associations" },
	{ "mx", "mx-ipsec-detail", "ipsec security-associations detail" },
	{ "several", "several-kek", "kek security-associations" },
	{ "several", "several-kek-detail", "kek security-associations detail" },
	{ "several", "several-ipsec", "ipsec security-associations" },
	{ "several", "several-ipsec-detail", "ipsec security-associations detail" },
	{ "several", "several-statistics", "ipsec statistics" },
	{ "several", "several-policy", "policy" },
	{ "none", "none-kek", "kek security-associations" },
	{ "none", "none-ipsec", "ipsec security-associations" },
	{ "none", "none-statistics", "ipsec statistics" },
};

START_TEST(golden)
{
	struct json_object *snapshot = read_snapshot(views[_i].snapshot);
	char *want = read_golden(views[_i].golden, ".txt"), *have = shown(views[_i].words, snapshot);

	ck_assert_str_eq(have, want);
	free(want);
	free(have);
	json_object_put(snapshot);
}
END_TEST

static struct json_object *first_of(struct json_object *o, const char *key)
{
	return json_object_array_get_idx(json_object_object_get(o, key), 0);
}

/* The guide printed its samples one after another, so seconds passed between them. */
static const struct {
	const char *snapshot, *guide, *words;
	int kek_seconds, sa_seconds;
	bool ours_follows; /* lines of ours stand after the guide's */
} samples[] = {
	{ "srx", "guide-srx-kek", "kek security-associations", 1093, 0, false },
	{ "srx", "guide-srx-kek-detail", "kek security-associations detail", 1090, 0, false },
	{ "mx", "guide-mx-kek", "kek security-associations", 963, 0, false },
	{ "mx", "guide-mx-kek-detail", "kek security-associations detail", 961, 0, false },
	{ "srx", "guide-srx-ipsec", "ipsec security-associations", 0, 1073, false },
	{ "srx", "guide-srx-ipsec-detail", "ipsec security-associations detail", 0, 1070, true },
	{ "mx", "guide-mx-ipsec", "ipsec security-associations", 0, 947, false },
	{ "mx", "guide-mx-ipsec-detail", "ipsec security-associations detail", 0, 945, true },
	{ "srx", "guide-srx-policy", "policy", 0, 0, false },
};

START_TEST(guide)
{
	struct json_object *snapshot = read_snapshot(samples[_i].snapshot), *vpn = first_of(snapshot, "vpns");
	char *guide_text = read_golden(samples[_i].guide, ".txt"), *want = run_together(guide_text);

	if (samples[_i].kek_seconds)
		json_object_object_add(json_object_object_get(vpn, "kek"), "life_seconds",
				       json_object_new_int(samples[_i].kek_seconds));
	if (samples[_i].sa_seconds)
		json_object_object_add(first_of(vpn, "sas"), "hard_seconds",
				       json_object_new_int(samples[_i].sa_seconds));
	char *text = shown(samples[_i].words, snapshot), *have = run_together(text);
	if (samples[_i].ours_follows && strlen(have) > strlen(want)) {
		ck_assert_int_eq(have[strlen(want)], ' ');
		have[strlen(want)] = '\0';
	}
	ck_assert_str_eq(have, want);
	free(guide_text);
	free(want);
	free(text);
	free(have);
	json_object_put(snapshot);
}
END_TEST

/* Every name that the guide's member outputs have, by view. */
static const char *const kek_names[] = {
	"Index", "Server Address", "Life:sec", "Initiator cookie", "Responder cookie", "GroupId", NULL
};
static const char *const kek_detail_names[] = { "Index ",
						"Group Id:",
						"Group VPN Name:",
						"Local Gateway:",
						"GDOI Server:",
						"Initiator cookie:",
						"Responder cookie:",
						"Lifetime:",
						"Group Key Push Sequence number:",
						"Algorithms:",
						"Sig-hash ",
						"Encryption ",
						"Traffic statistics:",
						"Input  bytes ",
						"Output bytes ",
						"Input  packets:",
						"Output packets:",
						"Stats:",
						"Push received ",
						"Delete received ",
						NULL };
static const char *const ipsec_names[] = { "Total active tunnels:", "ID ",  "Server ", "Port ", "Algorithm ", "SPI ",
					   "Life:sec/kb ",          "GId ", "lsys",    NULL };
static const char *const ipsec_detail_names[] = { "Virtual-system:",
						  "Group VPN Name:",
						  "Local Gateway:",
						  "GDOI Server:",
						  "Group Id:",
						  "Routing Instance:",
						  "DF-bit:",
						  "Stats:",
						  "Pull Succeeded ",
						  "Pull Failed ",
						  "Pull Timeout ",
						  "Pull Aborted ",
						  "Push Succeeded ",
						  "Push Failed ",
						  "Server Failover ",
						  "Delete Received ",
						  "Exceed Maximum Keys(4) ",
						  "Exceed Maximum Policies(",
						  "Unsupported Algo ",
						  "Flags:",
						  "Rekey Needed:",
						  "List of policies received from server:",
						  "Tunnel-id:",
						  "Source IP:",
						  "Destination IP:",
						  "Direction:",
						  "SPI:",
						  "Protocol:",
						  "Authentication:",
						  "Encryption:",
						  "Hard lifetime:",
						  "Lifesize Remaining:",
						  "Soft lifetime:",
						  "Mode:",
						  "Type:",
						  "State:",
						  "Anti-replay service:",
						  NULL };
static const char *const srx_names[] = { "Recovery Probe:", NULL };
static const char *const mx_names[] = { "Rule Match Direction:", "Tunnel-MTU:", NULL };
static const char *const policy_names[] = { "Group VPN Name:", "Group Id:", "From-zone:",   "To-zone:", "Tunnel-id:",
					    "Policy type:",    "Source ",   "Destination ", "IP <",     "Port <",
					    "Protocol <",      "Secure",    "Fail-close",   NULL };
static const char *const our_policy_names[] = { "Exclude", "Fail-open", NULL };
static const char *const statistics_names[] = { "Group VPN Name:",     "Pull Succeeded ",
						"Unsupported Algo ",   "Input  packets:",
						"Output bytes ",       "Packets dropped, by cause:",
						"Fail-close, inbound", NULL };

static const struct {
	const char *snapshot, *words;
	const char *const *names;
} fields[] = {
	{ "srx", "kek security-associations", kek_names },
	{ "srx", "kek security-associations detail", kek_detail_names },
	{ "srx", "ipsec security-associations", ipsec_names },
	{ "srx", "ipsec security-associations detail", ipsec_detail_names },
	{ "srx", "ipsec security-associations detail", srx_names },
	{ "mx", "ipsec security-associations detail", ipsec_detail_names },
	{ "mx", "ipsec security-associations detail", mx_names },
	{ "srx", "policy", policy_names },
	{ "several", "policy", our_policy_names },
	{ "srx", "ipsec statistics", statistics_names },
};

START_TEST(names)
{
	struct json_object *snapshot = read_snapshot(fields[_i].snapshot);
	char *text = shown(fields[_i].words, snapshot);

	for (const char *const *name = fields[_i].names; *name; name++)
		ck_assert_msg(strstr(text, *name) != NULL, "show %s: no '%s' in:\n%s", fields[_i].words, *name, text);
	free(text);
	json_object_put(snapshot);
}
END_TEST

static const struct {
	const char *words, *full;
} abbreviations[] = {
	{ "s g m k s", "kek security-associations" },
	{ "sec group mem ipsec sec det", "ipsec security-associations detail" },
	{ "k s d", "kek security-associations detail" },
	{ "i se", "ipsec security-associations" },
	{ "ips st", "ipsec statistics" },
	{ "p", "policy" },
};

START_TEST(abbreviated)
{
	struct json_object *snapshot = read_snapshot("several");
	char *a = shown(abbreviations[_i].words, snapshot), *b = shown(abbreviations[_i].full, snapshot);

	ck_assert_str_eq(a, b);
	free(a);
	free(b);
	json_object_put(snapshot);
}
END_TEST

START_TEST(json_part)
{
	struct json_object *snapshot = read_snapshot("srx"), *part = NULL, *vpn;
	char *before = strdup(json_object_to_json_string(snapshot));

	ck_assert_int_eq(show_part(&part, SHOW_IPSEC, snapshot), 0);
	vpn = first_of(part, "vpns");
	ck_assert_str_eq(json_object_get_string(json_object_object_get(first_of(vpn, "sas"), "spi")), "1c548e4e");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(vpn, "group_id")), 1);
	ck_assert(!json_object_object_get_ex(vpn, "kek", NULL));
	ck_assert(!json_object_object_get_ex(vpn, "zones", NULL));
	ck_assert(!json_object_object_get_ex(first_of(vpn, "sas"), "mode", NULL));
	ck_assert(!json_object_object_get_ex(part, "counters", NULL));
	/* The snapshot is as it was. */
	ck_assert_str_eq(before, json_object_to_json_string(snapshot));
	free(before);
	json_object_put(part);
	json_object_put(snapshot);
}
END_TEST

/* What is not of the schema is refused or shown as missing: never a crash. */
static const char *const odd[] = {
	"null",
	"[]",
	"\"x\"",
	"{}",
	"{\"vpns\":3}",
	"{\"vpns\":[3]}",
	"{\"vpns\":[null]}",
	"{\"vpns\":[{\"sas\":{}}]}",
	"{\"vpns\":[{\"sas\":[[]]}]}",
	"{\"vpns\":[{\"kek\":[]}]}",
	"{\"vpns\":[{\"zones\":[{\"policies\":[7]}]}]}",
};

START_TEST(odd_refused)
{
	static const char *const lines[] = { "kek sec det", "ipsec sec det", "policy" };
	struct json_object *snapshot = json_tokener_parse(odd[_i]);
	size_t refusals = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int r;
		char *text = show(&r, lines[i], snapshot);

		ck_assert(r == 0 || r == -EBADMSG);
		refusals += r < 0;
		free(text);
	}
	ck_assert_uint_ge(refusals, 1);
	json_object_put(snapshot);
}
END_TEST

START_TEST(missing_shown)
{
	struct json_object *snapshot = json_tokener_parse(
		"{\"vpns\":[{\"sas\":[{},{\"spi\":[1],\"tunnel_id\":\"x\",\"source\":5,\"bytes_in\":"
		"18446744073709551615},"
		"{\"bytes_in\":18446744073709551615}],\"kek\":{\"index\":{}},\"zones\":[{},{\"policies\":[{}]}],"
		"\"stats\":[],\"max_policies\":99999999999999999999}]}");
	static const char *const lines[] = { "kek sec", "kek sec d", "ipsec sec", "ipsec sec d", "ipsec st", "policy" };

	ck_assert_ptr_nonnull(snapshot);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		free(shown(lines[i], snapshot));
	json_object_put(snapshot);
}
END_TEST

/* A rule that lets pass, one that drops, one that nothing has met, one of a snapshot without the programs. */
START_TEST(what_rules_counted)
{
	struct json_object *snapshot = json_tokener_parse(
		"{\"vpns\":[{\"name\":\"v\",\"group_id\":7,\"zones\":[{\"from\":\"LAN\",\"to\":\"WAN\",\"policies\":["
		"{\"type\":\"Exclude\",\"clear_packets\":3,\"clear_bytes\":252},"
		"{\"type\":\"Secure\",\"clear_packets\":5,\"clear_bytes\":420},"
		"{\"type\":\"Fail-open\",\"clear_packets\":0,\"clear_bytes\":0},{\"type\":\"Fail-close\"}]}]}]}");
	const char *at;
	char *text;

	ck_assert_ptr_nonnull(snapshot);
	text = shown("policy", snapshot);
	at = strstr(text, "Policy type: Exclude");
	ck_assert_ptr_nonnull(at);
	at = strstr(at, "    Passed      : 3 packets, 252 bytes\n  Tunnel-id");
	ck_assert_ptr_nonnull(at);
	at = strstr(at, "Policy type: Secure");
	ck_assert_ptr_nonnull(at);
	at = strstr(at, "    Dropped     : 5 packets, 420 bytes\n  Tunnel-id");
	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_null(strstr(strstr(at, "Tunnel-id"), " packets, "));
	free(text);
	json_object_put(snapshot);
}
END_TEST

START_TEST(controls_masked)
{
	struct json_object *snapshot = read_snapshot("srx"), *vpn = first_of(snapshot, "vpns");

	json_object_object_add(vpn, "state_reason",
			       json_object_new_string("a\n\x1b[2J\x7f\xc2\x9b"
						      "b"));
	char *text = shown("ipsec sec d", snapshot);
	ck_assert_ptr_nonnull(strstr(text, "Registration state: registered (a??[2J???b)"));
	free(text);
	json_object_put(snapshot);
}
END_TEST

/* One SA with three policies: a row each, with its SPI; in detail they stand below the SA.  A successor adds no
 * tunnels.
 */
START_TEST(one_sa_many_policies)
{
	static const char row[] =
		"  <>%d 10.10.100.1     848   ESP:aes-256/sha256-128      1c548e4e 1070/ unlim  1        root\n";
	static const char below[] = "    Output packets: 13, Output bytes: 1092\n"
				    "  Tunnel-id: 49153\n"
				    "    Source IP: ipv4_subnet(tcp:0,[0..7]=10.1.0.0/16)\n"
				    "    Destination IP: ipv4_subnet(tcp:443,[0..7]=10.2.0.0/16)\n"
				    "    Direction: bi-directional, SPI: 1c548e4e\n"
				    "  Tunnel-id: 49154\n";
	struct json_object *snapshot = read_snapshot("srx"), *vpn = first_of(snapshot, "vpns"),
			   *sa = first_of(vpn, "sas"), *policies, *successor = NULL;
	char rows[512];

	json_object_object_get_ex(sa, "policies", &policies);
	for (int i = 0; i < 2; i++) {
		struct json_object *p = json_tokener_parse(
			"{\"source\":{\"prefix\":\"10.1.0.0/16\",\"protocol\":6,\"port_min\":0,\"port_max\":65535},"
			"\"destination\":{\"prefix\":\"10.2.0.0/16\",\"protocol\":6,\"port_min\":443,\"port_max\":443},"
			"\"state\":\"installed\"}");

		json_object_object_add(p, "tunnel_id", json_object_new_int(49153 + i));
		json_object_array_add(policies, p);
	}
	char *text = shown("ipsec sec", snapshot);
	ck_assert_ptr_nonnull(strstr(text, "Total active tunnels: 3\n"));
	for (int i = 0; i < 3; i++) {
		snprintf(rows, sizeof(rows), row, 49152 + i);
		ck_assert_msg(strstr(text, rows) != NULL, "%s", text);
	}
	free(text);
	text = shown("ipsec sec d", snapshot);
	ck_assert_msg(strstr(text, below) != NULL, "%s", text);
	ck_assert_ptr_null(strstr(strstr(text, "Output packets") + 1, "Output packets"));
	free(text);
	ck_assert_int_eq(json_object_deep_copy(sa, &successor, NULL), 0);
	json_object_object_add(successor, "spi", json_object_new_string("0000abcd"));
	json_object_array_add(json_object_object_get(vpn, "sas"), successor);
	text = shown("ipsec sec", snapshot);
	ck_assert_ptr_nonnull(strstr(text, "Total active tunnels: 3\n"));
	ck_assert_ptr_nonnull(strstr(text, "<>49154 10.10.100.1     848   ESP:aes-256/sha256-128      0000abcd"));
	free(text);
	json_object_put(snapshot);
}
END_TEST

/* Under --no-kernel nothing is active, and the rows say what would be. */
START_TEST(not_installed)
{
	struct json_object *snapshot = read_snapshot("srx"), *vpn = first_of(snapshot, "vpns");

	json_object_object_add(first_of(vpn, "sas"), "state", json_object_new_string("not installed"));
	json_object_object_add(first_of(first_of(vpn, "sas"), "policies"), "state",
			       json_object_new_string("not installed"));
	char *text = shown("ipsec sec", snapshot);
	ck_assert_ptr_nonnull(strstr(text, "Total active tunnels: 0\n"));
	ck_assert_ptr_nonnull(strstr(text, "<>49152 10.10.100.1 "));
	free(text);
	text = shown("ipsec sec d", snapshot);
	ck_assert_ptr_nonnull(strstr(text, "Expires in 1070 seconds, Not activated\n"));
	free(text);
	json_object_put(snapshot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("show");
	TCase *tc = tcase_create("show");
	SRunner *runner = srunner_create(suite);

	tcase_add_loop_test(tc, golden, 0, (int)ARRAY_SIZE(views));
	tcase_add_loop_test(tc, guide, 0, (int)ARRAY_SIZE(samples));
	tcase_add_loop_test(tc, names, 0, (int)ARRAY_SIZE(fields));
	tcase_add_loop_test(tc, abbreviated, 0, (int)ARRAY_SIZE(abbreviations));
	tcase_add_test(tc, json_part);
	tcase_add_loop_test(tc, odd_refused, 0, (int)ARRAY_SIZE(odd));
	tcase_add_test(tc, missing_shown);
	tcase_add_test(tc, what_rules_counted);
	tcase_add_test(tc, controls_masked);
	tcase_add_test(tc, one_sa_many_policies);
	tcase_add_test(tc, not_installed);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
