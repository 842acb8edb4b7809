/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of the guide's member outputs (rows F1, F2), one by one: each is there, and what stands beside it is what a
 * living group holds at that moment, not a text that looks right.
 */
#include "lib/selector.h"
#include "member/ctl/metrics.h"
#include "member/ctl/output.h"
#include "member/daemon/planner.h"
#include "member/daemon/snapshot.h"
#include "tests/unit/support/world.h"

#include <check.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define MEMBER(line) "set security group-vpn member ipsec vpn V " line "\n"

static struct world w;
static struct plan_holding holding;
static char *shown;

/* What the view prints now. */
static void show(enum show_view view)
{
	struct plan *plan = NULL;
	struct json_object *snapshot;
	size_t size;
	FILE *f;

	ck_assert_int_eq(planner_plan(&plan, w.config, &w.group, PLANNER_KEYS, w.now), 0);
	snapshot = snapshot_make(&(struct snapshot_input){
		.config = w.config, .groups = &w.group, .plan = plan, .holding = &holding, .now = w.now });
	ck_assert_ptr_nonnull(snapshot);
	free(shown);
	shown = NULL;
	f = open_memstream(&shown, &size);
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(output_text.snapshot(f, view, snapshot), 0);
	fclose(f);
	json_object_put(snapshot);
	plan_free(plan);
}

static char *metrics_of(size_t *ret_size)
{
	struct json_object *snapshot = snapshot_make(
		&(struct snapshot_input){ .config = w.config, .groups = &w.group, .holding = &holding, .now = w.now });
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_size);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(metrics_print(f, snapshot), 0);
	fclose(f);
	json_object_put(snapshot);
	return text;
}

/* Whether VALUE stands beside some FIELD: "Field: value", "Field   :  value", "Field <value>". */
static bool beside(const char *field, const char *value)
{
	for (const char *at = shown; (at = strstr(at, field)); at++) {
		const char *p = at + strlen(field);

		p += strspn(p, " ");
		if (*p == ':')
			p += 1 + strspn(p + 1, " ");
		if (strncmp(p, value, strlen(value)) == 0 && !isalnum((unsigned char)p[strlen(value)]))
			return true;
	}
	return false;
}

#define FIELD(field, ...)                                                                                              \
	do {                                                                                                           \
		char value_[128];                                                                                      \
		snprintf(value_, sizeof(value_), __VA_ARGS__);                                                         \
		ck_assert_msg(beside(field, value_), "no '%s' with '%s'", field, value_);                              \
	} while (0)

/* A table's row, its columns one blank apart. */
static bool has_row(const char *row)
{
	char line[256];

	for (const char *at = shown; *at; at += *at == '\n') {
		size_t n = 0;

		for (; *at && *at != '\n'; at++)
			if (n + 1 < sizeof(line) && (*at != ' ' || (n > 0 && line[n - 1] != ' ')))
				line[n++] = *at;
		while (n > 0 && line[n - 1] == ' ')
			n--;
		line[n] = '\0';
		if (strcmp(line, row) == 0)
			return true;
	}
	return false;
}

#define ROW(...)                                                                                                       \
	do {                                                                                                           \
		char row_[256];                                                                                        \
		snprintf(row_, sizeof(row_), __VA_ARGS__);                                                             \
		ck_assert_msg(has_row(row_), "no row '%s'", row_);                                                     \
	} while (0)

static void command(const char *line)
{
	world_command(&w, 0, line);
}

static void make(const char *member_lines, const char *server_lines)
{
	world_make(&w, 2, member_lines);
	w.share = 500;
	world_server(&w, 0, server_lines);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static void setup(void)
{
	make("", WORLD_PUSHES);
	world_run(&w, w.now + 100 * SECOND, NULL);
}

static void teardown(void)
{
	world_free(&w);
	free(shown);
	shown = NULL;
}

static uint64_t seconds_to(uint64_t at)
{
	return (at - w.now) / 1000;
}

static const char *cookie(size_t half)
{
	static char text[2][17];

	for (size_t i = 0; i < 8; i++)
		snprintf(text[half] + 2 * i, 3, "%02x", group_kek(w.group)->spi[8 * half + i]);
	return text[half];
}

static unsigned kek_index(void)
{
	const struct kek *k = group_kek(w.group);

	return (unsigned)k->spi[0] << 16 | (unsigned)k->spi[1] << 8 | k->spi[2];
}

static const char *server(void)
{
	static char text[ADDRESS_TEXT_MAX];

	return address_format(group_server(w.group), text);
}

static const char *local(void)
{
	static char text[ADDRESS_TEXT_MAX];

	return address_format(group_gateway(w.group)->local_address, text);
}

START_TEST(kek_security_associations)
{
	show(SHOW_KEK);
	ROW("Index Server Address Life:sec Initiator cookie Responder cookie GroupId");
	ROW("%u %s %" PRIu64 " %s %s %u", kek_index(), server(), seconds_to(group_kek_ends(w.group)), cookie(0),
	    cookie(1), group_vpn(w.group)->group);
}
END_TEST

static void kek_detail(void)
{
	const struct group_kek_stats *s = group_kek_stats(w.group);

	show(SHOW_KEK_DETAIL);
	FIELD("Index", "%u", kek_index());
	FIELD("Group Id", "%u", group_vpn(w.group)->group);
	FIELD("Group VPN Name", "%s", group_vpn(w.group)->name);
	FIELD("Local Gateway", "%s", local());
	FIELD("GDOI Server", "%s", server());
	FIELD("Initiator cookie", "%s", cookie(0));
	FIELD("Responder cookie", "%s", cookie(1));
	FIELD("Lifetime", "Expires in %" PRIu64 " seconds", seconds_to(group_kek_ends(w.group)));
	FIELD("Group Key Push Sequence number", "%u", group_kek(w.group)->seq);
	FIELD("Algorithms", "\n");
	FIELD("Sig-hash", "hmac-sha256-128");
	FIELD("Encryption", "aes256-cbc");
	FIELD("Traffic statistics", "\n");
	FIELD("Input  bytes", "%" PRIu64, s->input_bytes);
	FIELD("Output bytes", "%" PRIu64, s->output_bytes);
	FIELD("Input  packets", "%" PRIu64, s->input_packets);
	FIELD("Output packets", "%" PRIu64, s->output_packets);
	FIELD("Stats", "\n");
	FIELD("Push received", "%" PRIu64, s->push_received);
	FIELD("Delete received", "%" PRIu64, s->delete_received);
}

START_TEST(kek_security_associations_detail)
{
	const struct group_kek_stats *s = group_kek_stats(w.group);

	kek_detail();
	command("rekey tek");
	command("delete teks with-replacement");
	ck_assert_uint_eq(s->push_received, 2);
	ck_assert_uint_eq(s->delete_received, 1);
	ck_assert_uint_eq(group_kek(w.group)->seq, 2);
	ck_assert_uint_gt(s->input_bytes, 0);
	ck_assert_uint_gt(s->output_packets, 0);
	kek_detail();
}
END_TEST

START_TEST(ipsec_security_associations)
{
	const struct keyring_policy *p;

	command("rekey tek");
	p = keyring_policy(group_keyring(w.group), 0);
	ck_assert_uint_eq(p->n_keys, 2);
	show(SHOW_IPSEC);
	ROW("Total active tunnels: 0"); /* there is no kernel in here */
	ROW("ID Server Port Algorithm SPI Life:sec/kb GId lsys");
	for (size_t i = 0; i < p->n_keys; i++)
		ROW("<>%u %s 848 ESP:aes-256/sha256-128 %08x %" PRIu64 "/ unlim %u root", p->tunnel_id, server(),
		    p->keys[i].sa->tek.spi, seconds_to(p->keys[i].sa->hard_at), group_vpn(w.group)->group);
}
END_TEST

static void stats_of_detail(void)
{
	const struct group_stats *s = group_stats(w.group);

	FIELD("Pull Succeeded", "%" PRIu64, s->pull_succeeded);
	FIELD("Pull Failed", "%" PRIu64, s->pull_failed);
	FIELD("Pull Timeout", "%" PRIu64, s->pull_timeout);
	FIELD("Pull Aborted", "%" PRIu64, s->pull_aborted);
	FIELD("Push Succeeded", "%" PRIu64, s->push_succeeded);
	FIELD("Push Failed", "%" PRIu64, s->push_failed);
	FIELD("Server Failover", "%" PRIu64, s->server_failover);
	FIELD("Delete Received", "%" PRIu64, s->delete_received);
	FIELD("Exceed Maximum Keys(4)", "%" PRIu64, s->exceed_maximum_keys);
	FIELD("Exceed Maximum Policies(10)", "%" PRIu64, s->exceed_maximum_policies);
	FIELD("Unsupported Algo", "%" PRIu64, s->unsupported_algo);
}

static void ipsec_detail(void)
{
	const struct keyring_policy *p = keyring_policy(group_keyring(w.group), 0);
	const struct keyring_sa *k = p->keys[0].sa;

	show(SHOW_IPSEC_DETAIL);
	FIELD("Virtual-system", "root");
	FIELD("Group VPN Name", "%s", group_vpn(w.group)->name);
	FIELD("Local Gateway", "%s", local());
	FIELD("GDOI Server", "%s", server());
	FIELD("Group Id", "%u", group_vpn(w.group)->group);
	FIELD("Routing Instance", "default");
	FIELD("Recovery Probe", group_vpn(w.group)->recovery_probe ? "Enabled" : "Disabled");
	FIELD("DF-bit", "clear");
	FIELD("Stats", "\n");
	stats_of_detail();
	FIELD("Flags", "\n");
	FIELD("Rekey Needed", group_state(w.group) == GROUP_REGISTERED ? "no" : "yes");
	FIELD("List of policies received from server", "\n");
	FIELD("Tunnel-id", "%u", p->tunnel_id);
	FIELD("Source IP", "ipv4_subnet(any:0,[0..7]=172.16.0.0/12)");
	FIELD("Destination IP", "ipv4_subnet(any:0,[0..7]=172.16.0.0/12)");
	FIELD("Direction", "bi-directional");
	FIELD("SPI", "%08x", k->tek.spi);
	FIELD("Protocol", "ESP");
	FIELD("Authentication", "sha256-128");
	FIELD("Encryption", "aes-256");
	FIELD("Hard lifetime", "Expires in %" PRIu64 " seconds, Not activated", seconds_to(k->hard_at));
	FIELD("Lifesize Remaining", "Unlimited");
	FIELD("Soft lifetime", "Expires in %" PRIu64 " seconds", seconds_to(k->soft_at));
	FIELD("Mode", "Tunnel");
	FIELD("Type", "Group VPN");
	FIELD("State", "not installed"); /* there is no kernel in here */
	FIELD("Anti-replay service", "D3P disabled");
}

START_TEST(ipsec_security_associations_detail)
{
	uint8_t forged[128] = { 0 };
	const struct udp_ends ends = {
		.local = WORLD_MEMBER, .remote = WORLD_SERVER(0), .local_port = GDOI_PORT, .remote_port = GDOI_PORT
	};

	ipsec_detail();
	command("rekey tek");
	command("delete teks with-replacement");
	/* A push under the right cookies that nobody signed. */
	memcpy(forged, group_kek(w.group)->spi, KEK_SPI_LEN);
	forged[16] = 5;
	forged[17] = 0x10;
	forged[18] = 33;
	forged[19] = 1;
	forged[27] = sizeof(forged) - 4;
	group_datagram(w.group, w.now, &ends, forged, sizeof(forged) - 4);
	world_carry_out(&w);
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 2);
	ck_assert_uint_eq(group_stats(w.group)->delete_received, 1);
	ck_assert_uint_eq(group_stats(w.group)->push_failed, 1);
	ipsec_detail();
	/* The first server goes, and the member needs the second. */
	world_server(&w, 1, WORLD_PUSHES);
	world_server_down(&w, 0);
	world_clear(&w);
	ck_assert(world_run(&w, w.now + 200 * SECOND, world_registered));
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 2);
	ck_assert_uint_eq(group_stats(w.group)->pull_timeout, 1);
	ck_assert_uint_eq(group_stats(w.group)->server_failover, 1);
	ck_assert_str_eq(server(), "10.10.100.2");
	ipsec_detail();
}
END_TEST

START_TEST(anti_replay)
{
	world_free(&w);
	make("", WORLD_PUSHES "set security group-vpn server group G anti-replay-time-window 1000\n");
	show(SHOW_IPSEC_DETAIL);
	FIELD("Anti-replay service", "D3P enabled");
	FIELD("Vendor IDs of the server", "D3P (draft-weis-delay-detection-01)");
	command("anti-replay off present-keys");
	show(SHOW_IPSEC_DETAIL);
	FIELD("Anti-replay service", "D3P disabled");
}
END_TEST

START_TEST(limits_and_the_configured)
{
	world_free(&w);
	make(MEMBER("max-policies 1") MEMBER("recovery-probe") MEMBER("tunnel-mtu 1400") MEMBER("df-bit copy")
		     MEMBER("match-direction output"),
	     WORLD_PUSHES "set security group-vpn server group G ipsec-sa S match-policy 2 source 10.0.0.0/8\n"
			  "set security group-vpn server group G ipsec-sa S match-policy 2 destination 10.0.0.0/8\n");
	ck_assert_uint_eq(group_stats(w.group)->exceed_maximum_policies, 1);
	show(SHOW_IPSEC_DETAIL);
	FIELD("Exceed Maximum Policies(1)", "1");
	FIELD("Recovery Probe", "Enabled");
	FIELD("Rule Match Direction", "output");
	FIELD("Tunnel-MTU", "1400");
	FIELD("DF-bit", "copy");
}
END_TEST

static struct world_traffic unknown_spis(const struct world *world)
{
	return (struct world_traffic){ .unknown_spi = world->now };
}

#define SERVER(line) "set security group-vpn server " line "\n"

START_TEST(refused_keys_and_probes)
{
	const struct group_stats *s;

	world_free(&w);
	make(MEMBER("max-keys 1") MEMBER("recovery-probe"),
	     WORLD_PUSHES SERVER("group G ipsec-sa U proposal AES")
		     SERVER("group G ipsec-sa U match-policy 2 source 10.0.0.0/8")
			     SERVER("group G ipsec-sa U match-policy 2 destination 10.0.0.0/8")
				     SERVER("ipsec proposal GCM encryption-algorithm aes-256-gcm")
					     SERVER("group G ipsec-sa T proposal GCM")
						     SERVER("group G ipsec-sa T match-policy 1 source 10.1.0.0/16")
							     SERVER("group G ipsec-sa T match-policy 1 destination "
								    "10.1.0.0/16"));
	s = group_stats(w.group);
	ck_assert_uint_eq(s->exceed_maximum_keys, 1);
	ck_assert_uint_eq(s->unsupported_algo, 1);
	show(SHOW_IPSEC_DETAIL);
	FIELD("Exceed Maximum Keys(1)", "1");
	FIELD("Unsupported Algo", "1");
	FIELD("Recovery Probes", "0");
	FIELD("Rekey Needed", "no");
	w.traffic = unknown_spis;
	world_run(&w, w.now + 20 * SECOND, NULL);
	world_server_down(&w, 0);
	world_run(&w, w.now + 25 * SECOND, NULL);
	ck_assert_uint_eq(s->recovery_probes, 2);
	ck_assert_int_eq(group_state(w.group), GROUP_RENEWING);
	show(SHOW_IPSEC_DETAIL);
	FIELD("Recovery Probes", "2");
	FIELD("Rekey Needed", "yes");
}
END_TEST

/* The server has two groups, and neither is the one that is asked for. */
START_TEST(refused_registration)
{
	world_free(&w);
	world_make(&w, 1, "");
	world_server(&w, 0,
		     SERVER("group H group-id 2") SERVER("group H ike-gateway GM-0001")
			     SERVER("group H ipsec-sa S proposal AES")
				     SERVER("group H ipsec-sa S match-policy 1 source 10.0.0.0/8")
					     SERVER("group H ipsec-sa S match-policy 1 destination 10.0.0.0/8"));
	w.config->vpns[0].group = 77;
	world_start(&w);
	ck_assert(world_run(&w, w.now + 30 * SECOND, world_waiting));
	show(SHOW_IPSEC_DETAIL);
	FIELD("Group Id", "77");
	FIELD("Pull Succeeded", "0");
	FIELD("Pull Failed", "1");
	FIELD("Pull Timeout", "0");
	FIELD("Rekey Needed", "yes");
}
END_TEST

START_TEST(policy)
{
	const struct keyring_policy *p = keyring_policy(group_keyring(w.group), 0);

	show(SHOW_POLICY);
	FIELD("Group VPN Name", "%s", group_vpn(w.group)->name);
	FIELD("Group Id", "%u", group_vpn(w.group)->group);
	FIELD("From-zone", "LAN");
	FIELD("To-zone", "WAN");
	FIELD("Tunnel-id", "%u, Policy type: Secure", p->tunnel_id);
	FIELD("Policy type", "Fail-close");
	FIELD("Source", "IP <172.16.0.0 - 172.31.255.255>, Port <0 - 65535>, Protocol <0>");
	FIELD("Destination", "IP <172.16.0.0 - 172.31.255.255>, Port <0 - 65535>, Protocol <0>");
}
END_TEST

/* Above every view, and only while it is so. */
START_TEST(a_kernel_that_fails)
{
	static const enum show_view views[] = { SHOW_KEK,          SHOW_KEK_DETAIL, SHOW_IPSEC,
						SHOW_IPSEC_DETAIL, SHOW_STATISTICS, SHOW_POLICY };

	holding = (struct plan_holding){ 0 };
	show(views[_i]);
	ck_assert_ptr_null(strstr(shown, "kernel does not hold"));
	holding = (struct plan_holding){ PLAN_REFUSED, w.now - 7 * SECOND, "no memory" };
	show(views[_i]);
	ck_assert_ptr_eq(strstr(shown, "The kernel does not hold the plan, for 7 s now: no memory\n"), shown);
	holding = (struct plan_holding){ 0 };
}
END_TEST

/* The world has no kernel, as under --no-kernel: each output says so, and what would be installed. */
START_TEST(without_a_kernel)
{
	static const char none[] = "The kernel is not programmed (gvpnd --no-kernel): this is what it would hold\n";

	show(SHOW_IPSEC);
	ck_assert_ptr_eq(strstr(shown, none), shown);
	show(SHOW_POLICY);
	ck_assert_ptr_eq(strstr(shown, none), shown);
	show(SHOW_IPSEC_DETAIL);
	ck_assert_ptr_eq(strstr(shown, none), shown);
	ck_assert_ptr_nonnull(strstr(shown, "State: not installed, planned: installed\n"));
}
END_TEST

/* An SA of AES-GCM from its registration on: searched for, found, used up. */
START_TEST(sender_ids)
{
	char *metrics = NULL;
	size_t size;
	uint32_t spi;

	world_free(&w);
	world_make_counting(&w, 1, "", NULL);
	world_server(&w, 0,
		     "set security group-vpn server ipsec proposal GCM encryption-algorithm aes-256-gcm\n"
		     "set security group-vpn server group G ipsec-sa S proposal GCM\n"
		     "set security group-vpn server group G test sender-id-bits 12\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 60 * SECOND, world_registered));
	spi = keyring_sa(group_keyring(w.group), 0)->tek.spi;
	show(SHOW_IPSEC_DETAIL);
	FIELD("Sender ids (12 bits)", "0");
	ck_assert_ptr_nonnull(strstr(shown, "Sender id: 0 (12 bits), an SA with it is searched for"));
	ck_assert_ptr_nonnull(strstr(shown, "Encryption: aes-gcm-256"));
	ck_assert_int_eq(group_sender_found(w.group, w.now, 1, spi, 0x000abcde, 4711), SENDER_YES);
	world_carry_out(&w);
	show(SHOW_IPSEC_DETAIL);
	ck_assert_ptr_nonnull(
		strstr(shown, "Sender id: 0 (12 bits), IV prefix: 000abcde, Tries: 4711, Sequence left: 4294967295"));
	metrics = metrics_of(&size);
	ck_assert_ptr_nonnull(strstr(metrics, "\ngvpn_sa_sender_found{vpn=\"V\",group=\"1\",spi="));
	ck_assert_ptr_nonnull(strstr(metrics, "\"} 4711\n"));
	ck_assert_ptr_nonnull(strstr(metrics, "\"} 4294967295\n"));
	free(metrics);
	group_sequence(w.group, w.now, WORLD_MEMBER, spi, true);
	show(SHOW_IPSEC_DETAIL);
	ck_assert_ptr_nonnull(strstr(shown, "Sender id: none, receives only: the sequence numbers of this sender id"));
	FIELD("State", "not installed, planned: receive-only");
}
END_TEST

/* Where no key needs an id, nothing is said of ids. */
START_TEST(no_sender_ids)
{
	char *metrics;
	size_t size;

	show(SHOW_IPSEC_DETAIL);
	ck_assert_ptr_null(strstr(shown, "Sender id"));
	metrics = metrics_of(&size);
	ck_assert_ptr_null(strstr(metrics, "gvpn_sa_sequence_left{"));
	free(metrics);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("show fields");
	TCase *t = tcase_create("member");
	SRunner *r;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, kek_security_associations);
	tcase_add_test(t, kek_security_associations_detail);
	tcase_add_test(t, ipsec_security_associations);
	tcase_add_test(t, ipsec_security_associations_detail);
	tcase_add_test(t, anti_replay);
	tcase_add_test(t, limits_and_the_configured);
	tcase_add_test(t, refused_keys_and_probes);
	tcase_add_test(t, refused_registration);
	tcase_add_test(t, policy);
	tcase_add_loop_test(t, a_kernel_that_fails, 0, 6);
	tcase_add_test(t, without_a_kernel);
	tcase_add_test(t, sender_ids);
	tcase_add_test(t, no_sender_ids);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
