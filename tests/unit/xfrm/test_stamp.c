/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time in the datapath: what fits, a plan's carriers and windows in the maps, and the programs that put
 * stamps, in this machine's kernel.  What comes out of ESP only a real SA can show (scenario d3p); its judgement is
 * test_d3p's.
 */
#include "tests/unit/support/datapath_run.h"
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/plan/ids.h"
#include "xfrm/plan/stamp.h"

#include "lib/selector.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOST 0xac106501u    /* 172.16.101.1 */
#define OUTSIDE 0xc6336407u /* 198.51.100.7, by wan0 */
#define CARRIER 0xf7760007u /* of SAMPLE_REQID */
#define BUILT 32            /* octets: IP and D3P */
#define WRAPPED 32          /* IP and AH of the carrier's SA */

static struct datapath_run *run;
static struct sample *sample;
static struct stamp_path path;
static struct stamp_paths paths;

static void setup(void)
{
	run = datapath_run_new();
	if (!run)
		return;
	sample = sample_new();
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY,
		    sample_selector((struct ip_prefix){ 0xac100000, 12 }, (struct ip_prefix){ 0xc6336400, 24 }));
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, selector_any);
	sample_sa(sample, SAMPLE_SPI, true, true)->window_ms = 1000;
	path = (struct stamp_path){ .reqid = SAMPLE_REQID, .mtu = 1426 };
	paths = (struct stamp_paths){ &path, 1 };
	run->stamps = &paths;
	maps_set_wall(run->maps, datapath_run_clock(CLOCK_REALTIME) - datapath_run_clock(CLOCK_MONOTONIC));
	maps_vouch(run->maps, UINT64_MAX);
}

static void teardown(void)
{
	free(sample);
	datapath_run_free(run);
}

/* --- what fits --- */

START_TEST(what_fits)
{
	static const struct {
		enum cipher cipher;
		enum auth auth;
		uint32_t room;
		uint16_t inner, route;
	} t[] = {
		/* The kernel's own figure: 1426 (scenario d3p) */
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128, 1500, 1426, 1458 },
		{ CIPHER_AES_CBC_128, AUTH_HMAC_SHA1_96, 1500, 1426, 1458 },
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA512_256, 1500, 1410, 1442 },
		{ CIPHER_AES_GCM_256, AUTH_NONE, 1500, 1434, 1466 },
		{ CIPHER_AES_GCM_12_128, AUTH_NONE, 1500, 1438, 1470 },
		{ CIPHER_AES_GCM_8_192, AUTH_NONE, 1500, 1442, 1474 },
		{ CIPHER_AES_GMAC_128, AUTH_NONE, 1500, 1434, 1466 },
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128, 1300, 1218, 1250 },
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128, 256, 178, 210 },
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128, 9000, 8914, 8946 },
		/* Not known, as of an SA without a key: the most that any takes */
		{ CIPHER_NONE, AUTH_NONE, 1500, 1410, 1442 },
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128, 100, 0, 0 },
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128, 0, 0, 0 },
		{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128, UINT32_MAX, 65458, 65490 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tek tek = { .cipher = t[i].cipher, .auth = t[i].auth };
		uint16_t inner = stamp_mtu(&tek, t[i].room);

		ck_assert_msg(inner == t[i].inner, "row %zu: %u", i, inner);
		if (inner) {
			ck_assert_uint_eq(stamp_carrier_mtu(inner), t[i].route);
		}
	}
}
END_TEST

static uint32_t room(void *unused, const char *external)
{
	(void)unused;
	return strcmp(external, "wan0") == 0 ? 1500 : 1400;
}

START_TEST(each_reqid_has_its_way)
{
	struct stamp_paths p;
	struct plan_sa *gcm;

	NEEDS_BPF;
	gcm = sample_sa_of(sample, SAMPLE_SPI + 1, true, true, SAMPLE_REQID + 1, sample_group());
	gcm->window_ms = 5000;
	gcm->tek.cipher = CIPHER_AES_GCM_256;
	gcm->tek.auth = AUTH_NONE;
	sample_sa_of(sample, SAMPLE_SPI + 2, true, true, SAMPLE_REQID + 2, sample_group()); /* without */
	sample_sa(sample, SAMPLE_SPI + 3, true, true)->window_ms = 1000;                    /* the same, newer */
	sample->sas[3].tek.auth = AUTH_HMAC_SHA512_256;
	sample_scope(sample, "wan1", SAMPLE_LOCAL + 1);
	sample_sa_of(sample, SAMPLE_SPI + 4, true, true, SAMPLE_REQID + 4, sample_group())->window_ms = 1000;
	ck_assert_int_eq(stamp_paths_of(&p, &sample->plan, room, NULL), 0);
	ck_assert_uint_eq(p.n, 3);
	ck_assert_msg(stamp_path_find(&p, SAMPLE_REQID)->mtu == 1410, "the least of its SAs");
	ck_assert_uint_eq(stamp_path_find(&p, SAMPLE_REQID + 1)->mtu, 1434);
	ck_assert_ptr_null(stamp_path_find(&p, SAMPLE_REQID + 2));
	ck_assert_uint_eq(stamp_path_find(&p, SAMPLE_REQID + 4)->scope, 1);
	ck_assert_uint_eq(stamp_path_find(&p, SAMPLE_REQID + 4)->mtu, 1314);
	ck_assert_uint_eq(stamp_paths_least(&p), 1314);
	stamp_paths_clear(&p);
}
END_TEST

/* --- in maps --- */

static const struct dp_sa *sa_in(const struct tables *t, uint32_t ifindex, uint32_t spi)
{
	for (size_t i = 0; i < t->n_sas; i++)
		if (t->sas[i].key.ifindex == ifindex && t->sas[i].key.spi == htonl(spi))
			return &t->sas[i].value;
	return NULL;
}

START_TEST(a_plan_in_maps)
{
	struct tables_sending old[] = { { .spi = 0x9999, .reqid = SAMPLE_REQID + 9, .stamps = true },
					{ .spi = SAMPLE_REQID + 9, .reqid = SAMPLE_REQID + 9, .carrier = true } };
	struct tables *t;

	NEEDS_BPF;
	sample->sas[0].df = PLAN_DF_COPY;
	run->sending = old;
	run->n_sending = ARRAY_SIZE(old);
	t = datapath_run_tables(run, &sample->plan);
	ck_assert_uint_eq(t->plan.stamper, if_nametoindex("gvpn-d3p"));
	ck_assert_uint_eq(t->plan.early, 1);
	ck_assert_uint_eq(t->plan.onward, 1);
	ck_assert_uint_eq(t->rules[0].stamp_mtu, 1426);
	ck_assert_uint_eq(t->rules[0].carrier, 7);
	ck_assert_uint_eq(t->rules[1].stamp_mtu, 0);
	ck_assert_uint_eq(sa_in(t, if_nametoindex("wan0"), SAMPLE_SPI)->window_ms, 1000);
	ck_assert_uint_eq(sa_in(t, 0, SAMPLE_SPI)->window_ms, 1000);
	ck_assert(sa_in(t, 0, SAMPLE_SPI)->copy_df);
	ck_assert_uint_eq(sa_in(t, DP_CARRIES, SAMPLE_REQID)->reqid, SAMPLE_REQID);
	ck_assert_uint_eq(sa_in(t, DP_CARRIES, SAMPLE_REQID)->port, if_nametoindex("lan0"));
	/* What goes keeps its way until its successor is there. */
	ck_assert(sa_in(t, 0, 0x9999)->window_ms);
	ck_assert_ptr_nonnull(sa_in(t, DP_CARRIES, SAMPLE_REQID + 9));
	ck_assert_ptr_null(sa_in(t, 0, SAMPLE_REQID + 9));
	tables_free(t);

	run->others = true;
	t = datapath_run_tables(run, &sample->plan);
	ck_assert(t->plan.early == 1 && t->plan.onward == 0);
	tables_free(t);

	run->others = false;
	run->carry = true;
	t = datapath_run_tables(run, &sample->plan);
	ck_assert_uint_eq(t->plan.early, 0);
	ck_assert_uint_eq(t->plan.onward, 0);
	ck_assert_uint_eq(t->plan.stamper, if_nametoindex("gvpn-d3p"));
	ck_assert_uint_eq(t->rules[0].stamp_mtu, 0);
	tables_free(t);

	run->stamps = NULL;
	run->n_sending = 0;
	sample->sas[0].window_ms = 0;
	t = datapath_run_tables(run, &sample->plan);
	ck_assert(t->plan.early == 0 && t->plan.stamper == 0);
	ck_assert_uint_eq(sa_in(t, 0, SAMPLE_SPI)->window_ms, 0);
	tables_free(t);
}
END_TEST

/* --- by lan_in --- */

/* Ethernet's address of an interface, so that a frame is for this host. */
static void address_of(const char *dev, uint8_t ret[static 6])
{
	struct ifreq r = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", dev);
	ck_assert_int_eq(ioctl(fd, SIOCGIFHWADDR, &r), 0);
	close(fd);
	memcpy(ret, r.ifr_hwaddr.sa_data, 6);
}

static struct frame sent(uint32_t src, uint32_t dst, uint16_t fragment)
{
	struct frame f = frame_inet(src, dst, IPPROTO_UDP, 1000, 53, fragment);

	f.dev = f.came_by = "lan0";
	address_of("lan0", f.data);
	return f;
}

/* The header that stands first: its fields, and its sum. */
static void expect_built(const struct frame *f, uint32_t inner_size)
{
	const uint8_t *ip = f->data + 14;

	ck_assert_uint_eq(ip[0], 0x45);
	ck_assert_uint_eq(frame_word(f, 0) & 0xffff, inner_size + BUILT);
	ck_assert_uint_eq(frame_word(f, 4) & 0xffff, 0);
	ck_assert_uint_eq(ip[8], 64);
	ck_assert_uint_eq(ip[9], 253);
	ck_assert_uint_eq(frame_word(f, 16), CARRIER);
	ck_assert(frame_header_good(f));
	ck_assert_uint_eq(frame_word(f, 20), 0x0401000c);
}

static int64_t stamped_ns(const struct frame *f)
{
	return (int64_t)frame_word(f, 24) * 1000000000 + (int64_t)frame_word(f, 28) * 1000;
}

START_TEST(at_once)
{
	struct frame f, was;
	int64_t before, after;

	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	f = was = sent(HOST, OUTSIDE, 0);
	before = datapath_run_clock(CLOCK_REALTIME);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), REDIRECTS);
	after = datapath_run_clock(CLOCK_REALTIME);
	ck_assert_uint_eq(f.len, was.len + BUILT);
	expect_built(&f, 84);
	ck_assert_uint_eq(frame_word(&f, 12), HOST);
	ck_assert_msg(stamped_ns(&f) > before - 100000 && stamped_ns(&f) < after + 100000, "%lld not of %lld to %lld",
		      (long long)stamped_ns(&f), (long long)before, (long long)after);
	/* Behind it the packet, one hop older */
	memmove(f.data + 14, f.data + 14 + BUILT, 84);
	ck_assert_uint_eq(f.data[14 + 8], 63);
	ck_assert(frame_header_good(&f));
	f.data[14 + 8] = 64;
	memcpy(f.data + 14 + 10, was.data + 14 + 10, 2);
	ck_assert_mem_eq(f.data + 14, was.data + 14, 84);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_STAMPED), 1);
}
END_TEST

static void change_header(struct frame *f, size_t at, uint8_t value)
{
	uint32_t s = 0;

	f->data[14 + at] = value;
	f->data[14 + 10] = f->data[14 + 11] = 0;
	for (size_t i = 0; i < 20; i += 2)
		s += (uint32_t)f->data[14 + i] << 8 | f->data[14 + i + 1];
	s = (s & 0xffff) + (s >> 16);
	s = ~((s & 0xffff) + (s >> 16));
	f->data[14 + 10] = (uint8_t)(s >> 8);
	f->data[14 + 11] = (uint8_t)s;
}

/* What the stack has something to say to, or to do for, goes on as it is. */
START_TEST(left_to_the_stack)
{
	static const struct {
		const char *why;
		uint32_t src, dst;
		uint16_t fragment, mtu;
		size_t at;
		uint8_t value;
		bool stamped, others;
	} t[] = {
		{ "to another station", HOST, OUTSIDE, 0, 1426, 8, 64, false, true },
		{ "plain", HOST, OUTSIDE, 0, 1426, 8, 64, true, false },
		{ "with DF", HOST, OUTSIDE, 0x4000, 1426, 8, 64, true, false },
		{ "DF and just fits", HOST, OUTSIDE, 0x4000, 84, 8, 64, true, false },
		{ "DF and too large", HOST, OUTSIDE, 0x4000, 83, 8, 64, false, false },
		{ "too large", HOST, OUTSIDE, 0, 83, 8, 64, true, false },
		{ "the last but one hop", HOST, OUTSIDE, 0, 1426, 8, 2, true, false },
		{ "no hop left", HOST, OUTSIDE, 0, 1426, 8, 1, false, false },
		{ "none at all", HOST, OUTSIDE, 0, 1426, 8, 0, false, false },
		{ "a first fragment", HOST, OUTSIDE, 0x2000, 1426, 8, 64, false, false },
		{ "a later one", HOST, OUTSIDE, 0x00b9, 1426, 8, 64, false, false },
		{ "options", HOST, OUTSIDE, 0, 1426, 0, 0x46, false, false },
		{ "no policy's", 0x0a000001, OUTSIDE, 0, 1426, 8, 64, false, false },
		{ "to this host", HOST, 0xc0000201, 0, 1426, 8, 64, false, false },
		{ "to a host beside it", HOST, 0xac106502, 0, 1426, 8, 64, false, false },
		{ "nothing fits", HOST, OUTSIDE, 0, 0, 8, 64, false, false },
	};

	NEEDS_BPF;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct frame f = sent(t[i].src, t[i].dst, t[i].fragment), was;

		path.mtu = t[i].mtu;
		datapath_run_apply(run, &sample->plan);
		change_header(&f, t[i].at, t[i].value);
		f.data[5] ^= t[i].others;
		was = f;
		ck_assert_msg(datapath_run(run, DP_PROGRAM_LAN_IN, &f) == (t[i].stamped ? REDIRECTS : PASSES), "%s",
			      t[i].why);
		if (!t[i].stamped)
			ck_assert_msg(f.len == was.len && memcmp(f.data, was.data, f.len) == 0, "%s", t[i].why);
	}
}
END_TEST

/* Ethernet fills short packets up to 60 octets, and that is no part of them. */
START_TEST(padding_stays_behind)
{
	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	for (uint8_t size = 20; size <= 84; size++) {
		struct frame f = sent(HOST, OUTSIDE, 0);

		change_header(&f, 3, size);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), REDIRECTS);
		ck_assert_uint_eq(f.len, 14u + BUILT + size);
		expect_built(&f, size);
	}
}
END_TEST

/* What is broken is the stack's to drop, which counts it. */
START_TEST(broken_packets)
{
	struct frame f, was;

	NEEDS_BPF;
	f = sent(HOST, OUTSIDE, 0);
	datapath_run_apply(run, &sample->plan);
	change_header(&f, 3, 85); /* longer than what came */
	was = f;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	ck_assert_msg(f.len == was.len && memcmp(f.data, was.data, f.len) == 0, "as it was");
	f = sent(HOST, OUTSIDE, 0);
	change_header(&f, 3, 19); /* shorter than its header */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	f = sent(HOST, OUTSIDE, 0);
	f.data[14 + 10] ^= 1; /* the checksum (RFC 1812 5.2.2) */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	f = sent(HOST, OUTSIDE, 0);
	change_header(&f, 0, 0x55); /* another version */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
}
END_TEST

/* A source whose answers would go elsewhere: the host's rp_filter has the word. */
START_TEST(sources_from_elsewhere)
{
	struct frame f;

	NEEDS_BPF;
	sample->rules[0][0].sel.src = (struct ip_prefix){ 0 };
	sample->fits[0].sel = sample->rules[0][0].sel;
	datapath_run_apply(run, &sample->plan);
	f = sent(0xc6336409, OUTSIDE, 0); /* by wan0, say the routes */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	f = sent(0x7f000001, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	f = sent(0xc0000201, OUTSIDE, 0); /* this host's own */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	f = sent(HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), REDIRECTS);
}
END_TEST

/* RFC 3168 9.1.1: DSCP and ECN, but no congestion. */
START_TEST(classes)
{
	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	for (unsigned tos = 0; tos < 256; tos++) {
		struct frame f = sent(HOST, OUTSIDE, 0);

		change_header(&f, 1, (uint8_t)tos);
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), REDIRECTS);
		ck_assert_uint_eq(f.data[14 + 1], (tos & 3) == 3 ? tos - 1 : tos);
		ck_assert_uint_eq(f.data[14 + BUILT + 1], tos);
	}
}
END_TEST

START_TEST(the_hosts_rules_first)
{
	struct frame f;

	NEEDS_BPF;
	run->carry = true;
	datapath_run_apply(run, &sample->plan);
	f = sent(HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	ck_assert_uint_eq(f.len, 98);
}
END_TEST

/* A daemon that has ended vouches for nothing: rules may have come since. */
START_TEST(nobody_vouches)
{
	struct frame f;

	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	maps_vouch(run->maps, (uint64_t)datapath_run_clock(CLOCK_MONOTONIC));
	f = sent(HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	ck_assert_uint_eq(f.len, 98);
	maps_vouch(run->maps, (uint64_t)datapath_run_clock(CLOCK_MONOTONIC) + UINT64_C(60000000000));
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), REDIRECTS);
}
END_TEST

/* A rule before it that lets pass, and another group's without stamps */
START_TEST(other_rules)
{
	struct frame f;

	NEEDS_BPF;
	memmove(&sample->rules[0][1], &sample->rules[0][0], 2 * sizeof(sample->rules[0][0]));
	sample->plan.scopes[0].n_rules++;
	sample->rules[0][0] = (struct plan_rule){ .verdict = PLAN_CLEAR, .reason = PLAN_EXCLUDE };
	sample->rules[0][0].sel = sample_selector((struct ip_prefix){ HOST, 32 }, (struct ip_prefix){ OUTSIDE, 32 });
	datapath_run_apply(run, &sample->plan);
	f = sent(HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
	f = sent(HOST + 1, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), REDIRECTS);
	sample->rules[0][0].verdict = PLAN_ENCRYPT;
	sample->rules[0][0].reason = PLAN_GROUP_POLICY;
	sample->rules[0][0].reqid = SAMPLE_REQID + 1;
	datapath_run_apply(run, &sample->plan);
	f = sent(HOST, OUTSIDE, 0);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), PASSES);
}
END_TEST

/* The seconds begin anew in 2106, and the clock is followed at once. */
START_TEST(the_clock)
{
	static const int64_t at[] = { INT64_C(4294967295) * 1000000000 + 999999000, INT64_C(4294967296) * 1000000000,
				      INT64_C(2147483648) * 1000000000, 1 };

	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		struct frame f = sent(HOST, OUTSIDE, 0);
		int64_t late;

		maps_set_wall(run->maps, at[i] - datapath_run_clock(CLOCK_MONOTONIC));
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_LAN_IN, &f), REDIRECTS);
		late = stamped_ns(&f) - at[i] % (INT64_C(4294967296) * 1000000000);
		if (late < 0)
			late += INT64_C(4294967296) * 1000000000;
		ck_assert_msg(late >= -1000 && late < INT64_C(1000000000), "%zu: %lld", i, (long long)late);
	}
}
END_TEST

/* --- at the device --- */

/*
 * What the carrier's SA makes of a packet.  The test run takes the first 14 octets for Ethernet's header, and octets 12
 * and 13 for its protocol; at the device they are IP's, and here the source begins as if both were true.
 */
static struct frame carried(uint32_t src, uint32_t dst)
{
	struct frame inner = frame_inet(src, dst, IPPROTO_UDP, 1000, 53, 0), f = { .len = WRAPPED + 84 };
	struct frame outer = frame_inet(0x08000001, CARRIER, IPPROTO_AH, 0, 0, 0);

	memcpy(f.data, outer.data + 14, 20);
	f.data[2] = 0;
	f.data[3] = WRAPPED + 84;
	memcpy(f.data + WRAPPED, inner.data + 14, 84);
	f.dev = "gvpn-d3p";
	return f;
}

/* The frame as if Ethernet's header stood before it. */
static struct frame shifted(const struct frame *f)
{
	struct frame s = *f;

	memmove(s.data + 14, f->data, f->len);
	return s;
}

START_TEST(carried_of_this_host)
{
	struct frame f, s, was;

	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	f = was = carried(HOST, OUTSIDE);
	f.mark = htonl(OUTSIDE);
	f.priority = htonl(HOST);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), PASSES);
	ck_assert_uint_eq(f.len, 84 + BUILT);
	s = shifted(&f);
	expect_built(&s, 84);
	ck_assert_mem_eq(f.data + BUILT, was.data + WRAPPED, 84);
	ck_assert_uint_eq(f.mark | f.priority, 0);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_CARRIED), 1);
}
END_TEST

START_TEST(nothing_else_is_stamped)
{
	struct frame f;

	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	f = carried(HOST, OUTSIDE);
	f.came_by = "lan0"; /* nobody has written down what it was */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_NO_SLOT), 1);
	f = carried(HOST, OUTSIDE);
	f.data[9] = 253; /* as if it had been stamped */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[9] = IPPROTO_UDP;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[6] = 0x20; /* a fragment */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[19] ^= 1; /* another reqid's, which has no stamps */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[16] = 10; /* not to a carrier */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[WRAPPED + 3] = 85; /* longer than what there is, and shorter */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[WRAPPED + 3] = 83;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[9] = IPPROTO_ESP;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[WRAPPED] = 0x65;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[12] = 0x86; /* IPv6 */
	f.data[13] = 0xdd;
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), DROPS);
	f = carried(HOST, OUTSIDE);
	f.data[17] |= 1; /* by the way for large ones */
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_STAMP_OUT, &f), PASSES);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_CARRIED), 1);
}
END_TEST

/* --- on the wire --- */

START_TEST(what_is_not_stamped_does_not_leave)
{
	struct frame f;

	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	/* ESP of an SA with a window, that did not come by the device */
	f = frame_inet(SAMPLE_LOCAL, KERNEL_DUMMY, IPPROTO_ESP, SAMPLE_SPI >> 16, SAMPLE_SPI & 0xffff, 0);
	f.dev = "wan0";
	f.mark = htonl(OUTSIDE);
	f.priority = htonl(HOST);
	ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_NO_SLOT), 1);
	/* What is on its way to a stamp, and has lost it */
	for (unsigned i = 0; i < 4; i++) {
		f = frame_inet(HOST, CARRIER | (i & 1 ? KERNEL_CARRIER_LARGE : 0), i & 2 ? IPPROTO_AH : 253, 0, 0, 0);
		f.dev = "wan0";
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
		f.came_by = "guest0";
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	}
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_UNPROTECTED_OUT), 9);
}
END_TEST

/* The IV is asked for before the slot of a stamp: a test run has none, the scenario has. */
START_TEST(an_iv_is_asked_for_with_stamps_too)
{
	static const uint32_t iv = 0x5a123456;

	NEEDS_BPF;
	sample->sas[0].tek.cipher = CIPHER_AES_GCM_128;
	sample->sas[0].sender = (struct sender){ .bits = 8, .id = 0x5a, .has_prefix = true, .prefix = iv };
	datapath_run_apply(run, &sample->plan);
	for (uint32_t bit = 0; bit <= 32; bit++) {
		struct frame f =
			frame_inet(SAMPLE_LOCAL, KERNEL_DUMMY, IPPROTO_ESP, SAMPLE_SPI >> 16, SAMPLE_SPI & 0xffff, 0);
		uint32_t word = htonl(iv ^ (bit < 32 ? 1u << bit : 0));

		memcpy(f.data + 14 + 20 + 8, &word, sizeof(word));
		f.dev = "wan0";
		ck_assert_int_eq(datapath_run(run, DP_PROGRAM_WAN_OUT, &f), DROPS);
	}
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_WRONG_IV), 32);
	ck_assert_uint_eq(datapath_run_count(run, DP_COUNT_NO_SLOT), 1);
}
END_TEST

START_TEST(the_route_gives_it_to_the_device)
{
	struct frame f = carried(HOST, OUTSIDE);
	uint8_t out[256];
	struct bpf_test_run_opts o = {
		.sz = sizeof(o),
		.data_in = f.data,
		.data_size_in = f.len,
		.data_out = out,
		.data_size_out = sizeof(out),
	};

	NEEDS_BPF;
	datapath_run_apply(run, &sample->plan);
	ck_assert_msg(bpf_prog_test_run_opts(maps_program(run->maps, DP_PROGRAM_STAMP_WAY), &o) == 0, "%s",
		      strerror(errno));
	ck_assert_uint_eq(o.retval, REDIRECTS);
	run->stamps = NULL; /* no device */
	sample->sas[0].window_ms = 0;
	datapath_run_apply(run, &sample->plan);
	o.data_size_out = sizeof(out);
	ck_assert_int_eq(bpf_prog_test_run_opts(maps_program(run->maps, DP_PROGRAM_STAMP_WAY), &o), 0);
	ck_assert_uint_eq(o.retval, DROPS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stamp");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_fits);
	tcase_add_test(t, each_reqid_has_its_way);
	tcase_add_test(t, a_plan_in_maps);
	tcase_add_test(t, at_once);
	tcase_add_test(t, left_to_the_stack);
	tcase_add_test(t, padding_stays_behind);
	tcase_add_test(t, broken_packets);
	tcase_add_test(t, sources_from_elsewhere);
	tcase_add_test(t, classes);
	tcase_add_test(t, the_hosts_rules_first);
	tcase_add_test(t, nobody_vouches);
	tcase_add_test(t, other_rules);
	tcase_add_test(t, the_clock);
	tcase_add_test(t, carried_of_this_host);
	tcase_add_test(t, nothing_else_is_stamped);
	tcase_add_test(t, what_is_not_stamped_does_not_leave);
	tcase_add_test(t, an_iv_is_asked_for_with_stamps_too);
	tcase_add_test(t, the_route_gives_it_to_the_device);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
