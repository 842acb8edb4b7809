/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datapath's programs, in this machine's kernel, against the reference model of the engine and against cases by
 * hand.  Needs root and a kernel with BPF; DATAPATH_SEED chooses other random cases.
 */
#include "tests/unit/support/datapath_run.h"
#include "tests/unit/support/engine_random.h"
#include "tests/unit/support/engine_reference.h"
#include "tests/unit/support/xfrm_plan.h"

#include "lib/selector.h"
#include "xfrm/bpf/owners.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <check.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>

#define SEED 20261130
#define WORLDS 1000
#define PACKETS 110

#define HOST 0xac106501u    /* 172.16.101.1 */
#define FAR 0xac106601u     /* 172.16.102.1 */
#define OUTSIDE 0xc6336407u /* 198.51.100.7 */
#define GUEST 0xcb007105u   /* 203.0.113.5, by guest0, which no scope names */

static struct datapath_run *run;
static struct sample *sample;

static void setup(void)
{
	run = datapath_run_new();
	if (run)
		sample = sample_new();
}

static void teardown(void)
{
	free(sample);
	datapath_run_free(run);
}

/* --- against the model --- */

static bool passes_out(const struct packet_key *p)
{
	struct frame f = frame_inet(p->src, p->dst, p->protocol, p->sport, p->dport, 0);

	f.dev = "wan0";
	f.came_by = "lan0";
	return datapath_run(run, DP_PROGRAM_WAN_OUT, &f) == PASSES;
}

static bool passes_in(const struct packet_key *p)
{
	struct frame f = frame_inet(p->src, p->dst, p->protocol, p->sport, p->dport, 0);

	f.dev = f.came_by = "wan0";
	if (datapath_run(run, DP_PROGRAM_WAN_IN, &f) != PASSES)
		return false;
	f.dev = "lan0";
	return datapath_run(run, DP_PROGRAM_LAN_OUT, &f) == PASSES;
}

/* What has no port of its own, and what the routes do not send to the LAN, is for the cases by hand. */
static bool asks(const struct engine_scope *s, const struct packet_key *p, bool in)
{
	if (in && p->dst >= 0xe0000000u)
		return false;
	return !(s->filter && p->protocol == IPPROTO_ESP);
}

static void try_world(struct engine_random *r, struct engine_world *w, size_t *asked)
{
	struct plan *plan = NULL;

	engine_random_world(r, w);
	ck_assert_int_eq(engine_plan(&plan, &w->scope, 1), 0);
	datapath_run_apply(run, plan);
	for (size_t i = 0; i < PACKETS; i++) {
		bool in = engine_random_below(r, 2) != 0, passes;
		struct packet_key p = engine_random_packet(r, w, in);
		struct reference_decision d = reference_decide(&w->scope, &p, in);

		if (!asks(&w->scope, &p, in))
			continue;
		passes = in ? passes_in(&p) : p.protocol == IPPROTO_ESP || passes_out(&p);
		(*asked)++;
		if (passes == (d.verdict == PLAN_CLEAR) || (!in && p.protocol == IPPROTO_ESP))
			continue;
		engine_world_print(w, stderr);
		engine_plan_print(&plan->scopes[0], stderr);
		engine_packet_print(&p, in, stderr);
		ck_abort_msg("the programs let it %s, but the model says %d", passes ? "pass" : "not pass", d.verdict);
	}
	plan_free(plan);
}

START_TEST(decides_as_the_model)
{
	struct engine_random r = { SEED };
	struct engine_world *w = calloc(1, sizeof(*w));
	size_t asked = 0;

	NEEDS_BPF;
	if (getenv("DATAPATH_SEED"))
		r.state = strtoull(getenv("DATAPATH_SEED"), NULL, 0);
	for (size_t i = 0; i < WORLDS; i++)
		try_world(&r, w, &asked);
	ck_assert_uint_gt(asked, WORLDS * PACKETS / 2);
	printf("test_datapath: %zu packets of %d plans\n", asked, WORLDS);
	free(w);
}
END_TEST

/* --- by hand --- */

static struct selector any(void)
{
	return selector_any;
}

static void group_with(enum plan_verdict verdict)
{
	sample_rule(sample, verdict, PLAN_GROUP_POLICY, sample_group());
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, any());
	sample_sa(sample, SAMPLE_SPI, true, true);
}

static struct frame between(const char *came_by, const char *dev, uint32_t src, uint32_t dst, uint16_t fragment)
{
	struct frame f = frame_inet(src, dst, IPPROTO_UDP, 1000, 53, fragment);

	f.came_by = came_by;
	f.dev = dev;
	return f;
}

START_TEST(a_plan_holds_when_it_is_switched_to_and_not_before)
{
	struct frame f;
	struct tables *open;
	char err[256];

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	f = between("lan0", "wan0", HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);

	sample->rules[0][1].verdict = PLAN_CLEAR;
	sample->rules[0][1].reason = PLAN_EXCLUDE;
	open = datapath_run_tables(run, &sample->plan);
	maps_write(run->maps, open);
	f = between("lan0", "wan0", HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	tables_free(open);
	datapath_run_apply(run, &sample->plan);
	ck_assert_int_lt(maps_switch(run->maps, err), 0); /* to what nobody has written */
	f = between("lan0", "wan0", HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
}
END_TEST

START_TEST(what_no_scope_names_passes)
{
	struct frame f;

	NEEDS_BPF;
	group_with(PLAN_BLOCK);
	datapath_run_apply(run, &sample->plan);
	f = between("guest0", "wan0", GUEST, FAR, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	f = between("guest0", "lan0", GUEST, HOST, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_OUT, &f), PASSES);
	f = between("lan0", "lan1", HOST, FAR, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_OUT, &f), PASSES);
}
END_TEST

/* As a flowtable on the interface below the zone's VLAN does: a test run has no slot, like such a packet. */
START_TEST(what_no_program_saw_come_is_judged_by_the_way_back)
{
	struct frame f;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	f = between("guest0", "wan0", HOST, FAR, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	f = between("guest0", "wan0", HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_FAIL_CLOSE_OUT), 2);
	f = between("guest0", "lan0", OUTSIDE, HOST, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_FAIL_CLOSE_IN), 1);

	sample->rules[0][1].verdict = PLAN_CLEAR; /* in the place of fail-close */
	sample->rules[0][1].reason = PLAN_EXCLUDE;
	datapath_run_apply(run, &sample->plan);
	f = between("guest0", "wan0", HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	f = between("guest0", "lan0", OUTSIDE, HOST, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_OUT, &f), PASSES);
}
END_TEST

START_TEST(another_zones_packets_say_so)
{
	struct frame f;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	f = between("guest0", "guest0", GUEST, OUTSIDE, 0); /* to wan0, by the routes */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_OTHER_IN, &f), PASSES);
	ck_assert_uint_eq(f.mark, 0x80000000u);
	f.dev = "wan0";
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	ck_assert_uint_eq(f.mark, 0);
	f = between("guest0", "guest0", HOST, FAR, 0); /* to lan0 */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_OTHER_IN, &f), PASSES);
	ck_assert_uint_eq(f.mark, 0);
	f = between("lan0", "lan0", HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_OTHER_IN, &f), PASSES);
	ck_assert_uint_eq(f.mark, 0);
}
END_TEST

START_TEST(fragments_without_ports)
{
	struct selector dns = any();
	struct frame f;

	NEEDS_BPF;
	dns.protocol = IPPROTO_UDP;
	dns.dport = (struct port_range){ 53, 53 };
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, dns);
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	/* Outbound nothing leaves that the rule may not have meant */
	f = between("lan0", "wan0", HOST, FAR, 0x2000);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	f = between("lan0", "wan0", HOST, FAR, 0x00b9);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	/* Inbound the gate behind reassembly has the last word; here there was none */
	f = between("wan0", "wan0", FAR, HOST, 0x00b9);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &f), PASSES);
	f.dev = "lan0";
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_OUT, &f), DROPS);
}
END_TEST

static void quote(struct frame *f, uint8_t type, uint32_t src, uint32_t dst)
{
	struct frame inner = frame_inet(src, dst, IPPROTO_UDP, 1000, 53, 0);

	f->data[14 + 20] = type;
	memcpy(f->data + 14 + 28, inner.data + 14, 28);
}

START_TEST(no_error_quotes_what_came_out_of_esp)
{
	struct frame f;

	NEEDS_BPF;
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE,
		    sample_selector((struct ip_prefix){ 0xac106500u, 24 }, (struct ip_prefix){ 0xac10c800u, 24 }));
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	for (uint8_t type = 3; type < 13; type++) {
		bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;

		f = frame_inet(0xc0000201u, OUTSIDE, IPPROTO_ICMP, 0, 0, 0);
		f.dev = "wan0";
		quote(&f, type, FAR, HOST);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), error ? DROPS : PASSES);
	}
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_ICMP_QUOTED), 5);
	f = frame_inet(0xc0000201u, OUTSIDE, IPPROTO_ICMP, 0, 0, 0);
	f.dev = "wan0";
	quote(&f, 3, 0xac10c801u, HOST); /* an exclude rule lets that pass in clear */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	f = frame_inet(0xc0000201u, OUTSIDE, IPPROTO_ICMP, 0, 0, 0);
	f.dev = "wan0";
	quote(&f, 3, OUTSIDE, HOST); /* no policy covers it */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
}
END_TEST

static struct frame esp(uint32_t src, uint32_t dst, uint32_t spi, uint16_t fragment)
{
	struct frame f = frame_inet(src, dst, IPPROTO_ESP, (uint16_t)(spi >> 16), (uint16_t)spi, fragment);

	f.dev = f.came_by = "wan0";
	return f;
}

START_TEST(esp_comes_to_its_sa)
{
	struct frame f;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	f = esp(FAR, HOST, SAMPLE_SPI, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &f), PASSES);
	ck_assert_uint_eq(frame_word(&f, 16), SAMPLE_LOCAL);
	ck_assert(frame_header_good(&f));
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_ESP_IN), 1);

	f = esp(FAR, HOST, SAMPLE_SPI + 1, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_UNKNOWN_SPI), 1);

	f = esp(FAR, OUTSIDE, SAMPLE_SPI, 0); /* passes through */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &f), PASSES);
	ck_assert_uint_eq(frame_word(&f, 16), OUTSIDE);
	f = esp(FAR, 0xc0000201u, SAMPLE_SPI + 1, 0); /* another tunnel's that ends here */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &f), PASSES);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_UNKNOWN_SPI), 1);
}
END_TEST

START_TEST(fragments_of_esp_meet_again)
{
	struct frame first, second, other;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	first = esp(FAR, HOST, SAMPLE_SPI, 0x2000);
	second = esp(FAR, HOST, 0, 0x00b9);
	other = esp(FAR, HOST + 1, 0, 0x00b9); /* to another host, and the same number */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &other), PASSES);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &first), PASSES);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &second), PASSES);
	ck_assert_uint_eq(frame_word(&first, 16), SAMPLE_LOCAL);
	ck_assert_uint_eq(frame_word(&second, 16), SAMPLE_LOCAL);
	ck_assert_uint_eq(frame_word(&other, 16), SAMPLE_LOCAL);
	ck_assert_uint_eq(frame_word(&first, 4) >> 16, frame_word(&second, 4) >> 16);
	ck_assert_uint_ne(frame_word(&first, 4) >> 16, frame_word(&other, 4) >> 16);
	ck_assert(frame_header_good(&first) && frame_header_good(&second) && frame_header_good(&other));
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_ESP_IN), 1);
}
END_TEST

START_TEST(own_esp_gets_its_addresses)
{
	static const uint8_t hop[6] = { 2, 0, 0, 0, 0, 7 };
	struct frame f;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	for (int i = 0; i < 2; i++) { /* once by the neighbour's entry, then at once */
		f = esp(SAMPLE_LOCAL, KERNEL_DUMMY, SAMPLE_SPI, 0);
		f.came_by = NULL;
		f.mark = htonl(OUTSIDE);
		f.priority = htonl(HOST);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), i == 0 ? REDIRECTS : PASSES);
		ck_assert_uint_eq(frame_word(&f, 12), HOST);
		ck_assert_uint_eq(frame_word(&f, 16), OUTSIDE);
		ck_assert(frame_header_good(&f));
		ck_assert_uint_eq(f.mark | f.priority, 0);
	}
	ck_assert_mem_eq(f.data, hop, 6);
	f = esp(SAMPLE_LOCAL, KERNEL_DUMMY, SAMPLE_SPI, 0);
	f.came_by = NULL;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	f = esp(SAMPLE_LOCAL, KERNEL_DUMMY, SAMPLE_SPI, 0); /* nobody has written down what it was */
	f.came_by = "lan0";
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_NO_SLOT), 1);
	f = esp(SAMPLE_LOCAL, KERNEL_DUMMY, SAMPLE_SPI, 0); /* not of the zone */
	f.came_by = "guest0";
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_FAIL_CLOSE_OUT), 1);
}
END_TEST

START_TEST(an_sa_that_goes_still_sends)
{
	static const struct tables_sending old = { .spi = SAMPLE_SPI + 9, .reqid = SAMPLE_REQID };
	struct frame f;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	run->sending = &old;
	for (run->n_sending = 0; run->n_sending < 2; run->n_sending++) {
		datapath_run_apply(run, &sample->plan);
		f = esp(SAMPLE_LOCAL, KERNEL_DUMMY, SAMPLE_SPI + 9, 0);
		f.came_by = NULL;
		f.mark = htonl(OUTSIDE);
		f.priority = htonl(HOST);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), run->n_sending ? REDIRECTS : DROPS);
	}
}
END_TEST

/* --- IVs of counter mode --- */

#define IV 0x5a123456u

/* ESP of this host with its sequence number and what its IV begins with. */
static struct frame own_esp(uint32_t spi, uint32_t iv, uint16_t fragment)
{
	const uint32_t words[] = { htonl(1), htonl(iv) };
	struct frame f = esp(SAMPLE_LOCAL, KERNEL_DUMMY, spi, fragment);

	if ((fragment & 0x1fff) == 0)
		memcpy(f.data + 14 + 20 + 4, words, sizeof(words));
	f.came_by = NULL;
	f.mark = htonl(OUTSIDE);
	f.priority = htonl(HOST);
	return f;
}

static bool leaves(struct frame f)
{
	return datapath_run(run, DP_PROGRAM_WAN_OUT, &f) != DROPS;
}

static void group_in_counter_mode(void)
{
	struct plan_sa *sa;

	group_with(PLAN_ENCRYPT);
	sa = &sample->sas[0];
	sa->tek.cipher = CIPHER_AES_GCM_128;
	sa->tek.auth = AUTH_NONE;
	sa->tek.key.len = 20;
	sa->tek.auth_key.len = 0;
	sa->sender.prefix = IV;
	sample_sa(sample, SAMPLE_SPI + 1, true, true); /* CBC */
}

START_TEST(a_wrong_iv_does_not_leave)
{
	struct frame f;

	NEEDS_BPF;
	group_in_counter_mode();
	for (size_t round = 0; round < 2; round++) { /* both generations */
		datapath_run_apply(run, &sample->plan);
		ck_assert(leaves(own_esp(SAMPLE_SPI, IV, 0)));
		for (uint32_t bit = 0; bit < 32; bit++)
			ck_assert(!leaves(own_esp(SAMPLE_SPI, IV ^ 1u << bit, 0)));
		ck_assert_msg(leaves(own_esp(SAMPLE_SPI + 1, ~IV, 0)), "not in counter mode");
	}
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_WRONG_IV), 64);
	f = own_esp(SAMPLE_SPI, ~IV, 0); /* a host's */
	f.came_by = "lan0";
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_WRONG_IV), 65);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_NO_SLOT), 0);
	f = own_esp(SAMPLE_SPI, IV, 0); /* too short to have one */
	f.len = 14 + 20 + 8 + 3;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_WRONG_IV), 66);
}
END_TEST

/* The header's options move the IV. */
START_TEST(an_iv_behind_options)
{
	struct frame f = own_esp(SAMPLE_SPI, IV, 0);

	NEEDS_BPF;
	group_in_counter_mode();
	datapath_run_apply(run, &sample->plan);
	for (int wrong = 0; wrong < 2; wrong++) {
		f = own_esp(SAMPLE_SPI, wrong ? ~IV : IV, 0);
		memmove(f.data + 14 + 24, f.data + 14 + 20, 64);
		memset(f.data + 14 + 20, 1, 4);
		f.data[14] = 0x46;
		f.len += 4;
		ck_assert_int_eq(leaves(f), !wrong);
	}
}
END_TEST

/* The first fragment shows the IV; the others have no more than its number. */
START_TEST(no_fragment_of_a_wrong_iv_leaves)
{
	NEEDS_BPF;
	group_in_counter_mode();
	datapath_run_apply(run, &sample->plan);
	ck_assert(leaves(own_esp(SAMPLE_SPI, IV, 0x2000)));
	ck_assert(leaves(own_esp(SAMPLE_SPI, IV, 0x20b9)));
	ck_assert(leaves(own_esp(SAMPLE_SPI, IV, 0x0172)));
	ck_assert(!leaves(own_esp(SAMPLE_SPI, ~IV, 0x2000)));
	ck_assert(!leaves(own_esp(SAMPLE_SPI, IV, 0x20b9)));
	ck_assert(!leaves(own_esp(SAMPLE_SPI, IV, 0x0172)));
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_WRONG_IV), 3);
	ck_assert_msg(leaves(own_esp(SAMPLE_SPI, IV, 0x2000)), "another packet, which has the same number");
	ck_assert(leaves(own_esp(SAMPLE_SPI, IV, 0x0172)));
}
END_TEST

/* What is remembered of a number is of the packet that began with it last, in counter mode or not. */
START_TEST(fragments_of_others_with_the_same_number)
{
	NEEDS_BPF;
	group_in_counter_mode();
	datapath_run_apply(run, &sample->plan);
	ck_assert(!leaves(own_esp(SAMPLE_SPI, ~IV, 0x2000)));
	ck_assert_msg(leaves(own_esp(SAMPLE_SPI + 1, ~IV, 0x2000)), "not in counter mode");
	ck_assert(leaves(own_esp(SAMPLE_SPI + 1, ~IV, 0x0172)));
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_WRONG_IV), 1);
}
END_TEST

/* A candidate of a search, or an SA put in by hand: what follows a fragment that was dropped is dropped as well. */
START_TEST(no_fragment_of_an_unknown_spi_leaves)
{
	NEEDS_BPF;
	group_in_counter_mode();
	datapath_run_apply(run, &sample->plan);
	ck_assert(!leaves(own_esp(SAMPLE_SPI + 2, IV, 0x2000)));
	ck_assert(!leaves(own_esp(SAMPLE_SPI + 2, IV, 0x20b9)));
	ck_assert(!leaves(own_esp(SAMPLE_SPI + 2, IV, 0x0172)));
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_UNPROTECTED_OUT), 3);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_WRONG_IV), 0);
}
END_TEST

/* An SA that goes is held to what the plan before it said. */
START_TEST(an_iv_outlasts_its_plan)
{
	struct tables_sending old = { .spi = SAMPLE_SPI, .reqid = SAMPLE_REQID, .counter_mode = true };

	NEEDS_BPF;
	group_in_counter_mode();
	datapath_run_apply(run, &sample->plan);
	ck_assert(!maps_prefix(run->maps, SAMPLE_SPI + 1, &old.prefix));
	ck_assert(!maps_prefix(run->maps, SAMPLE_SPI + 2, &old.prefix));
	ck_assert(maps_prefix(run->maps, SAMPLE_SPI, &old.prefix));
	ck_assert_uint_eq(old.prefix, IV);
	sample->plan.n_sas = 0;
	run->sending = &old;
	run->n_sending = 1;
	datapath_run_apply(run, &sample->plan);
	ck_assert(leaves(own_esp(SAMPLE_SPI, IV, 0)));
	ck_assert(!leaves(own_esp(SAMPLE_SPI, ~IV, 0)));
	run->n_sending = 0;
	datapath_run_apply(run, &sample->plan);
	ck_assert(!leaves(own_esp(SAMPLE_SPI, IV, 0)));
}
END_TEST

static struct frame inet6(const char *came_by, const char *dev)
{
	struct frame f = { .len = 14 + 40 + 8, .came_by = came_by, .dev = dev };

	f.data[12] = 0x86;
	f.data[13] = 0xdd;
	f.data[14] = 0x60;
	f.data[14 + 6] = IPPROTO_UDP;
	return f;
}

/* SPIs that have one place in the map, its last one: the others have those that follow, from the first one on. */
START_TEST(sas_that_have_one_place)
{
	struct tables_sending old[4] = { 0 };
	struct frame f;
	size_t n = 0;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	for (uint32_t spi = 0x10000; n < ARRAY_SIZE(old); spi++)
		if (dp_sa_place(0, htonl(spi)) == DP_SA_PLACES - 1)
			old[n++] = (struct tables_sending){ .spi = spi, .reqid = SAMPLE_REQID };
	run->sending = old;
	run->n_sending = n - 1;
	for (size_t round = 0; round < 3; round++) { /* both generations */
		datapath_run_apply(run, &sample->plan);
		for (size_t i = 0; i < n; i++) {
			f = esp(SAMPLE_LOCAL, KERNEL_DUMMY, old[i].spi, 0);
			f.came_by = NULL;
			f.mark = htonl(OUTSIDE);
			f.priority = htonl(HOST);
			ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f) == DROPS, i == n - 1);
		}
	}
}
END_TEST

START_TEST(interfaces_that_have_one_place)
{
	char command[256];
	struct frame f;

	NEEDS_BPF;
	snprintf(command, sizeof(command),
		 "ip link del lan0 && ip link add lan0 index %u type veth peer name far-lan0 && ip link set lan0 up",
		 if_nametoindex("wan0") + DP_PORT_PLACES);
	ck_assert_int_eq(system(command), 0);
	group_with(PLAN_ENCRYPT);
	for (size_t round = 0; round < 2; round++) {
		datapath_run_apply(run, &sample->plan);
		f = between("lan0", "wan0", HOST, OUTSIDE, 0);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	}
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_FAIL_CLOSE_OUT), 2);
}
END_TEST

START_TEST(inet6_between_the_zones)
{
	struct frame f;

	NEEDS_BPF;
	group_with(PLAN_ENCRYPT);
	for (int passes = 0; passes < 2; passes++) {
		int gate = passes ? PASSES : DROPS;

		sample->plan.inet6_passes = passes;
		datapath_run_apply(run, &sample->plan);
		f = inet6("lan0", "wan0");
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), gate);
		f = inet6("wan0", "lan0");
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_OUT, &f), gate);
		f = inet6("guest0", "wan0");
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
		f = inet6(NULL, "wan0");
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	}
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_INET6), 2);
}
END_TEST

/* --- TCP's largest segment --- */

static uint16_t tcp_sum(const struct frame *f, size_t len)
{
	uint32_t s = IPPROTO_TCP + (uint32_t)len;
	const uint8_t *p = f->data + 14;

	for (size_t i = 12; i < 20 + len; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

/* NOPS before the option */
static struct frame syn(uint16_t mss, size_t nops)
{
	struct frame f = frame_inet(HOST, OUTSIDE, IPPROTO_TCP, 1000, 80, 0);
	uint8_t *tcp = f.data + 34;
	uint16_t check;

	f.dev = f.came_by = "lan0";
	tcp[12] = 8 << 4;
	tcp[13] = 2;
	memset(tcp + 20, 1, 12);
	tcp[20 + nops] = 2;
	tcp[21 + nops] = 4;
	tcp[22 + nops] = (uint8_t)(mss >> 8);
	tcp[23 + nops] = (uint8_t)mss;
	check = htons((uint16_t)~tcp_sum(&f, 64));
	memcpy(tcp + 16, &check, 2);
	ck_assert_uint_eq(tcp_sum(&f, 64), 0xffff);
	return f;
}

static uint16_t mss_of(const struct frame *f, size_t nops)
{
	return (uint16_t)(f->data[34 + 22 + nops] << 8 | f->data[34 + 23 + nops]);
}

START_TEST(segments_are_lowered_and_never_raised)
{
	struct frame f;

	NEEDS_BPF;
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY,
		    sample_selector((struct ip_prefix){ 0xac100000u, 12 }, (struct ip_prefix){ 0xc6336400u, 24 }));
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, any());
	run->mss = 1350;
	datapath_run_apply(run, &sample->plan);
	for (size_t nops = 0; nops < 4; nops++) {
		f = syn(1460, nops);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
		ck_assert_uint_eq(mss_of(&f, nops), 1350);
		ck_assert_uint_eq(tcp_sum(&f, 64), 0xffff);
		f = syn(536, nops);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
		ck_assert_uint_eq(mss_of(&f, nops), 536);
		ck_assert_uint_eq(tcp_sum(&f, 64), 0xffff);
	}
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_MSS), 4);
	sample->rules[0][0].verdict = PLAN_BLOCK; /* no key: nothing is sent in ESP */
	datapath_run_apply(run, &sample->plan);
	f = syn(1460, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	ck_assert_uint_eq(mss_of(&f, 0), 1460);
}
END_TEST

/* --- counters --- */

static struct dp_counter count_of_rule(const struct plan_rule *rule)
{
	uint64_t owner = owners_name(&sample->plan.scopes[0], rule);
	struct dp_counter c = { 0 };

	maps_owners(run->maps, run->owners);
	ck_assert_uint_ne(owners_place(run->owners, owner), 0);
	maps_count(run->maps, owners_place(run->owners, owner), &c);
	return c;
}

static void ck_count(const struct plan_rule *rule, uint64_t packets, uint64_t bytes)
{
	struct dp_counter c = count_of_rule(rule);

	ck_assert_uint_eq(c.packets, packets);
	ck_assert_uint_eq(c.bytes, bytes);
}

#define OCTETS (20 + 64) /* of frame_inet()'s packets, without Ethernet's header */

/* Each packet once, by the rule that has decided it, whatever that says; both ways. */
START_TEST(every_rule_counts_what_it_decides)
{
	struct ip_prefix site = { HOST & 0xffffff00u, 24 }, lab = { 0xc0000200u, 24 };
	struct plan_rule *exclude, *open, *group, *close;
	struct frame f;

	NEEDS_BPF;
	exclude =
		sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, sample_selector(site, (struct ip_prefix){ OUTSIDE, 32 }));
	group = sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	open = sample_rule(sample, PLAN_CLEAR, PLAN_FAIL_OPEN, sample_selector(site, lab));
	close = sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, any());
	sample_sa(sample, SAMPLE_SPI, true, true);
	for (unsigned i = 1; i <= 3; i++) {
		const uint32_t ends[] = { OUTSIDE, FAR, 0xc0000207u, OUTSIDE + 1 };

		datapath_run_apply(run, &sample->plan); /* both generations */
		for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
			bool passes = j == 0 || j == 2;

			f = between("lan0", "wan0", HOST, ends[j], 0);
			ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), passes ? PASSES : DROPS);
			f = between("wan0", "wan0", ends[j], HOST, 0);
			ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_IN, &f), j == 1 ? DROPS : PASSES);
			if (j == 1) /* a group policy; all the rest is the gate's */
				continue;
			f.dev = "lan0";
			ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_OUT, &f), passes ? PASSES : DROPS);
		}
		ck_count(exclude, 2 * i, (uint64_t)2 * i * OCTETS);
		ck_count(group, 2 * i, (uint64_t)2 * i * OCTETS);
		ck_count(open, 2 * i, (uint64_t)2 * i * OCTETS);
		ck_count(close, 2 * i, (uint64_t)2 * i * OCTETS);
	}
}
END_TEST

START_TEST(segments_count_as_on_the_wire)
{
	struct plan_rule *exclude;
	struct frame f;

	NEEDS_BPF;
	exclude = sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, any());
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	f = frame_inet(HOST, OUTSIDE, IPPROTO_TCP, 1000, 80, 0);
	f.data[34 + 12] = 8 << 4; /* 32 octets of header, so 32 of payload: 20 and 12 */
	f.came_by = "lan0";
	f.dev = "wan0";
	f.segments = 2;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	ck_count(exclude, 2, OCTETS + 20 + 32);
	f.segments = 0;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	ck_count(exclude, 3, 2 * OCTETS + 20 + 32);
}
END_TEST

/* This host's own packets, which no gate sees. */
START_TEST(own_packets_count_once)
{
	struct plan_rule *exclude;
	struct frame f;

	NEEDS_BPF;
	exclude =
		sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE,
			    sample_selector((struct ip_prefix){ SAMPLE_LOCAL, 32 }, (struct ip_prefix){ OUTSIDE, 32 }));
	group_with(PLAN_ENCRYPT);
	datapath_run_apply(run, &sample->plan);
	f = between(NULL, "wan0", SAMPLE_LOCAL, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
	ck_count(exclude, 1, OCTETS);
}
END_TEST

START_TEST(a_rules_counter_stays_its_own)
{
	struct plan_rule *exclude;
	struct dp_counter c;
	struct frame f;
	uint64_t owner;

	NEEDS_BPF;
	exclude = sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE,
			      sample_selector((struct ip_prefix){ HOST, 32 }, (struct ip_prefix){ OUTSIDE, 32 }));
	group_with(PLAN_ENCRYPT);
	owner = owners_name(&sample->plan.scopes[0], exclude);
	for (unsigned i = 1; i <= 3; i++) {
		datapath_run_apply(run, &sample->plan);
		f = between("lan0", "wan0", HOST, OUTSIDE, 0);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), PASSES);
		maps_count(run->maps, owners_place(run->owners, owner), &c);
		ck_assert_uint_eq(c.packets, i);
		/* One rule more before it */
		memmove(&sample->rules[0][1], &sample->rules[0][0], (3 + i) * sizeof(sample->rules[0][0]));
		sample->rules[0][0].sel.src.addr = OUTSIDE + i;
		sample->plan.scopes[0].n_rules++;
	}
	ck_assert_uint_eq(owners_place(run->owners, owner + 1), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("datapath");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, decides_as_the_model);
	tcase_add_test(t, a_plan_holds_when_it_is_switched_to_and_not_before);
	tcase_add_test(t, what_no_scope_names_passes);
	tcase_add_test(t, what_no_program_saw_come_is_judged_by_the_way_back);
	tcase_add_test(t, another_zones_packets_say_so);
	tcase_add_test(t, fragments_without_ports);
	tcase_add_test(t, no_error_quotes_what_came_out_of_esp);
	tcase_add_test(t, esp_comes_to_its_sa);
	tcase_add_test(t, fragments_of_esp_meet_again);
	tcase_add_test(t, own_esp_gets_its_addresses);
	tcase_add_test(t, an_sa_that_goes_still_sends);
	tcase_add_test(t, a_wrong_iv_does_not_leave);
	tcase_add_test(t, an_iv_behind_options);
	tcase_add_test(t, no_fragment_of_a_wrong_iv_leaves);
	tcase_add_test(t, fragments_of_others_with_the_same_number);
	tcase_add_test(t, no_fragment_of_an_unknown_spi_leaves);
	tcase_add_test(t, an_iv_outlasts_its_plan);
	tcase_add_test(t, sas_that_have_one_place);
	tcase_add_test(t, interfaces_that_have_one_place);
	tcase_add_test(t, inet6_between_the_zones);
	tcase_add_test(t, segments_are_lowered_and_never_raised);
	tcase_add_test(t, every_rule_counts_what_it_decides);
	tcase_add_test(t, segments_count_as_on_the_wire);
	tcase_add_test(t, own_packets_count_once);
	tcase_add_test(t, a_rules_counter_stays_its_own);
	tcase_set_timeout(t, 300);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
