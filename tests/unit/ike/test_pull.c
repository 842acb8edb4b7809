/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole registrations between member and server halves in memory: what is agreed, and how they end. */
#include "tests/unit/support/ike_pair.h"
#include "tests/unit/support/words.h"

#include "ike/message.h"
#include "ike/pull_state.h"
#include "ike/responder_state.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const enum ike_hash hashes[] = { IKE_SHA1, IKE_SHA256, IKE_SHA384, IKE_SHA512 };
static const enum ike_group groups[] = { IKE_MODP2048, IKE_ECP256, IKE_ECP384, IKE_ECP521, IKE_MODP2048_256 };
static const enum cipher ciphers[] = { CIPHER_AES_CBC_128, CIPHER_AES_CBC_192, CIPHER_AES_CBC_256 };

static unsigned run_suites(enum ike_mode mode)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(hashes) * ARRAY_SIZE(groups) * ARRAY_SIZE(ciphers); i++) {
		struct ike_proposal suite = { hashes[i % 4], groups[i / 4 % 5], ciphers[i / 20], 3600 };
		struct pair p;

		pair_init(&p);
		p.params.mode = mode;
		p.params.proposals[0] = p.peer.proposals[0] = suite;
		ck_assert_msg(pair_run(&p) == PULL_DONE, "%s %s %s: %s", ike_hash_name(suite.hash),
			      ike_group_name(suite.group), cipher_junos(suite.cipher), reason_of(p.pull));
		ck_assert(pair_same(&p));
		ck_assert_uint_eq(p.registered, 1);
		pair_free(&p);
		n++;
	}
	return n;
}

START_TEST(every_suite_in_main_mode)
{
	unsigned n = run_suites(IKE_MAIN);

	printf("main mode: %u suites of hash, group and cipher registered\n", n);
	ck_assert_uint_eq(n, 60);
}
END_TEST

START_TEST(every_suite_in_aggressive_mode)
{
	unsigned n = run_suites(IKE_AGGRESSIVE);

	printf("aggressive mode: %u suites of hash, group and cipher registered\n", n);
	ck_assert_uint_eq(n, 60);
}
END_TEST

START_TEST(the_first_common_proposal_is_taken)
{
	struct pair p;

	pair_init(&p);
	p.params.n_proposals = 3;
	p.params.proposals[0] = (struct ike_proposal){ IKE_SHA512, IKE_ECP521, CIPHER_AES_CBC_256, 3600 };
	p.params.proposals[1] = (struct ike_proposal){ IKE_SHA384, IKE_ECP384, CIPHER_AES_CBC_256, 3600 };
	p.params.proposals[2] = (struct ike_proposal){ IKE_SHA256, IKE_ECP256, CIPHER_AES_CBC_128, 3600 };
	p.peer.proposals[0] = p.params.proposals[1];
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	ck_assert(pair_same(&p));
	pair_free(&p);
}
END_TEST

START_TEST(nothing_in_common_is_silence_for_the_member)
{
	struct pair p;

	pair_init(&p);
	p.peer.proposals[0].cipher = CIPHER_AES_CBC_256;
	ck_assert_int_eq(pair_run(&p), PULL_TIMEOUT); /* notify 14 came in the clear, which proves nothing */
	ck_assert_uint_ge(p.pull->clear_notifies, 1);
	ck_assert_uint_eq(p.asked, 0);
	pair_free(&p);
}
END_TEST

START_TEST(retransmissions_double)
{
	static const uint64_t at[] = { 2000, 6000, 14000, 30000, 62000 };
	struct ike_out out = { 0 };
	struct pair p;
	uint64_t start;

	pair_init(&p);
	start = p.now;
	ck_assert_int_eq(pull_new(&p.pull, &p.params, start, &out), 0);
	ck_assert_uint_eq(out.n_datagrams, 1);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		ike_out_clear(&out);
		ck_assert_int_eq(pull_state(p.pull), PULL_RUNNING);
		ck_assert_uint_eq(pull_deadline(p.pull), start + at[i]);
		pull_step(p.pull, start + at[i] - 1, NULL, 0, &out);
		ck_assert_uint_eq(out.n_datagrams, 0);
		pull_step(p.pull, start + at[i], NULL, 0, &out);
		ck_assert_uint_eq(out.n_datagrams, i + 1 < ARRAY_SIZE(at));
	}
	ck_assert_int_eq(pull_state(p.pull), PULL_TIMEOUT);
	ike_out_clear(&out);
	pair_free(&p);
}
END_TEST

/* Even intervals first, then doubled up to the longest. */
START_TEST(the_times_are_those_asked_for)
{
	static const uint64_t at[] = { 1000, 2000, 3000, 5000, 8000, 11000, 14000 };
	struct ike_out out = { 0 };
	struct pair p;

	pair_init(&p);
	p.params.timing =
		(struct pull_timing){ .first_ms = 1000, .even = 3, .longest_ms = 3000, .retransmits = ARRAY_SIZE(at) };
	ck_assert_int_eq(pull_new(&p.pull, &p.params, 0, &out), 0);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		ike_out_clear(&out);
		ck_assert_uint_eq(pull_deadline(p.pull), at[i]);
		pull_step(p.pull, at[i], NULL, 0, &out);
		ck_assert_uint_eq(out.n_datagrams, 1);
	}
	/* Others from now on: it goes out at once, and the count begins anew. */
	ike_out_clear(&out);
	pull_retime(p.pull, 15000, &(struct pull_timing){ .first_ms = 500, .retransmits = 1 }, true, &out);
	ck_assert_uint_eq(out.n_datagrams, 1);
	ck_assert_uint_eq(pull_deadline(p.pull), 15500);
	ike_out_clear(&out);
	pull_step(p.pull, 15500, NULL, 0, &out);
	ck_assert_uint_eq(out.n_datagrams, 1);
	ck_assert_uint_eq(pull_deadline(p.pull), 16500);
	ike_out_clear(&out);
	pull_step(p.pull, 16500, NULL, 0, &out);
	ck_assert_int_eq(pull_state(p.pull), PULL_TIMEOUT);
	ike_out_clear(&out);
	pair_free(&p);
}
END_TEST

static struct {
	unsigned first_messages, exchanges;
	uint32_t ids[8];
} seen;

static uint32_t message_id(const struct pair_datagram *d)
{
	return (uint32_t)d->data[20] << 24 | (uint32_t)d->data[21] << 16 | (uint32_t)d->data[22] << 8 | d->data[23];
}

/* The server's answers within the first exchange under phase 1 are lost for ever; p->until: how many exchanges are. */
static void gate_without_first_exchanges(struct pair *p, size_t index, const struct pair_datagram *d)
{
	size_t i = 0;

	(void)index;
	if (d->data[18] != 32) {
		static const uint8_t zero[8];

		seen.first_messages += d->to_server && memcmp(d->data + 8, zero, sizeof(zero)) == 0;
		pair_queue(p, d);
		return;
	}
	while (i < seen.exchanges && seen.ids[i] != message_id(d))
		i++;
	if (i == seen.exchanges && i < ARRAY_SIZE(seen.ids))
		seen.ids[seen.exchanges++] = message_id(d);
	if (d->to_server || i >= p->until)
		pair_queue(p, d);
}

/* A finished phase 1 is kept: what gets no answer under it is begun anew, with another message id, and in no more time.
 */
START_TEST(an_exchange_without_answer_begins_anew_under_its_phase_1)
{
	struct pair p;
	uint64_t start;

	for (unsigned lost = 0; lost <= 2; lost++) {
		pair_init(&p);
		memset(&seen, 0, sizeof(seen));
		p.gate = gate_without_first_exchanges;
		p.until = lost;
		p.params.mode = _i == 0 ? IKE_MAIN : IKE_AGGRESSIVE;
		p.params.timing = (struct pull_timing){
			.first_ms = 1000, .even = 8, .longest_ms = 1000, .retransmits = 7, .answered_fresh_after = 4
		};
		start = p.now;
		ck_assert_int_eq(pair_run(&p), lost < 2 ? PULL_DONE : PULL_TIMEOUT);
		ck_assert_uint_eq(p.now - start, lost == 0 ? 0 : lost == 1 ? 4000 : 8000);
		ck_assert_uint_eq(seen.first_messages, 1);
		ck_assert_uint_eq(seen.exchanges, lost == 0 ? 1 : 2);
		if (lost < 2)
			ck_assert(pair_same(&p));
		pair_free(&p);
	}
}
END_TEST

/* Its answers all come, each of them when the member has almost given it up: that must end some time. */
static void gate_with_delay(struct pair *p, size_t index, const struct pair_datagram *d)
{
	(void)index;
	if (!d->to_server && p->now < p->until)
		return;
	if (!d->to_server)
		p->until = p->now + 5000;
	pair_queue(p, d);
}

START_TEST(a_server_that_answers_slowly_is_left)
{
	struct pair p;
	uint64_t start;

	for (unsigned i = 0; i < 2; i++) {
		pair_init(&p);
		p.gate = gate_with_delay;
		p.params.timing.total_ms = i == 0 ? 20000 : 60000;
		start = p.now;
		p.until = start + 5000;
		ck_assert_int_eq(pair_run(&p), i == 0 ? PULL_TIMEOUT : PULL_DONE);
		if (i == 0)
			ck_assert_uint_eq(p.now - start, 20000);
		if (i == 0)
			ck_assert_ptr_nonnull(strstr(reason_of(p.pull), "answers too slowly"));
		pair_free(&p);
	}
}
END_TEST

START_TEST(doi_2_falls_back_to_1_once)
{
	struct pair p;

	pair_init(&p);
	p.peer.doi_only = IKE_DOI_IPSEC;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	ck_assert(pair_same(&p));
	ck_assert_uint_eq(pull_doi(p.pull), IKE_DOI_IPSEC);
	pair_free(&p);

	pair_init(&p);
	p.peer.doi_only = IKE_DOI_IPSEC;
	p.params.doi_fixed = true;
	ck_assert_int_eq(pair_run(&p), PULL_TIMEOUT);
	pair_free(&p);

	pair_init(&p);
	p.peer.doi_only = IKE_DOI_GDOI;
	p.params.doi = IKE_DOI_IPSEC;
	ck_assert_int_eq(pair_run(&p), PULL_TIMEOUT); /* no retry in that direction */
	pair_free(&p);
}
END_TEST

/* What the SA payload of the first message says: behind the header and its generic header. */
static uint32_t offered_doi, offered_situation;
static void gate_look_at_offer(struct pair *p, size_t index, const struct pair_datagram *d)
{
	struct reader r = reader_of(d->data + ISAKMP_HEADER_LEN + 4, d->len - ISAKMP_HEADER_LEN - 4);

	if (index == 0) {
		offered_doi = read_u32(&r);
		offered_situation = read_u32(&r);
	}
	pair_queue(p, d);
}

/* RFC 6407 5.2: zero with the GDOI DOI; RFC 2407 4.2.1: SIT_IDENTITY_ONLY with the other; what is configured counts. */
START_TEST(the_situation_goes_with_the_doi)
{
	static const struct {
		uint16_t doi;
		bool fixed;
		uint32_t situation, want;
	} t[] = { { 2, false, 7, 0 }, { 1, false, 7, 1 }, { 2, true, 1, 1 }, { 1, true, 0, 0 }, { 2, true, 9, 9 } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct pair p;

		pair_init(&p);
		p.gate = gate_look_at_offer;
		p.params.doi = t[i].doi;
		p.params.situation_fixed = t[i].fixed;
		p.params.situation = t[i].situation;
		ck_assert_int_eq(pair_run(&p), PULL_DONE);
		ck_assert_uint_eq(offered_doi, t[i].doi);
		ck_assert_uint_eq(offered_situation, t[i].want);
		pair_free(&p);
	}
}
END_TEST

/* A daemon that takes whatever DOI is offered for its own. */
static void gate_answer_with_doi_1(struct pair *p, size_t index, const struct pair_datagram *d)
{
	(void)index;
	if (!d->to_server && d->data[16] == PAYLOAD_SA)
		d->data[ISAKMP_HEADER_LEN + 7] = IKE_DOI_IPSEC;
	pair_queue(p, d);
}

START_TEST(an_answer_with_doi_1_is_a_reason_to_try_it)
{
	for (int mode = 0; mode < 2; mode++) {
		struct pair p;
		uint64_t began;

		pair_init(&p);
		p.params.mode = mode ? IKE_AGGRESSIVE : IKE_MAIN;
		p.gate = gate_answer_with_doi_1;
		began = p.now;
		ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
		ck_assert_uint_eq(pull_doi(p.pull), IKE_DOI_IPSEC);
		ck_assert_uint_eq(p.now, began);
		pair_free(&p);
	}
}
END_TEST

/* The word of a server that knows DOI 1 only is lost; its second one would be for another cookie. */
static void gate_said_once(struct pair *p, size_t index, const struct pair_datagram *d)
{
	(void)index;
	if (d->to_server && d->data[16] == PAYLOAD_SA) {
		if (p->held.data && memcmp(p->held.data, d->data, ISAKMP_COOKIE_LEN) == 0)
			return; /* the server knows this cookie, and is silent */
		if (!p->held.data)
			p->held.data = malloc(ISAKMP_COOKIE_LEN);
		ck_assert_ptr_nonnull(p->held.data);
		memcpy(p->held.data, d->data, ISAKMP_COOKIE_LEN);
	}
	if (!d->to_server && d->data[18] == EXCHANGE_INFORMATIONAL && p->target++ == 0)
		return;
	pair_queue(p, d);
}

START_TEST(a_lost_refusal_of_the_doi_costs_seconds)
{
	struct pair p;
	uint64_t began;

	pair_init(&p);
	p.peer.doi_only = IKE_DOI_IPSEC;
	p.gate = gate_said_once;
	began = p.now;
	ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
	ck_assert_uint_eq(pull_doi(p.pull), IKE_DOI_IPSEC);
	ck_assert_uint_le(p.now - began, 6000);
	pair_free(&p);
}
END_TEST

/* The answers of a slow server come after the fresh cookie was sent, and are good all the same. */
static void gate_slow(struct pair *p, size_t index, const struct pair_datagram *d)
{
	(void)index;
	if (d->to_server && d->data[16] == PAYLOAD_SA && p->held.data &&
	    memcmp(p->held.data, d->data, ISAKMP_COOKIE_LEN) != 0)
		pair_queue(p, &p->held);
	else if (d->to_server && d->data[16] == PAYLOAD_SA && !p->held.data) {
		p->held = *d;
		p->held.data = malloc(d->len);
		ck_assert_ptr_nonnull(p->held.data);
		memcpy(p->held.data, d->data, d->len);
	} else if (!d->to_server || d->data[16] != PAYLOAD_SA)
		pair_queue(p, d);
}

START_TEST(a_late_answer_is_taken_beside_the_fresh_cookie)
{
	for (int mode = 0; mode < 2; mode++) {
		struct pair p;

		pair_init(&p);
		p.params.mode = mode ? IKE_AGGRESSIVE : IKE_MAIN;
		p.gate = gate_slow;
		ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
		ck_assert_int_eq(memcmp(phase1_cookie_i(p.pull->phase1), p.held.data, ISAKMP_COOKIE_LEN), 0);
		pair_free(&p);
	}
}
END_TEST

/* Message 2 says whose implementation it is: one that is known, and one that is not. */
static void gate_with_vendor_ids(struct pair *p, size_t index, const struct pair_datagram *d)
{
	static const uint8_t more[] = { 13,   0,    0,    20,   0xaf, 0xca, 0xd7, 0x13, 0x68,
					0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57,
					1,    0,    0,    0,    0,    7,    0xab, 0xcd, 0xef };
	uint8_t copy[2048];
	struct pair_datagram all = { false, copy, d->len + sizeof(more) };

	(void)index;
	if (d->to_server || d->data[16] != PAYLOAD_SA) {
		pair_queue(p, d);
		return;
	}
	memcpy(copy, d->data, d->len);
	memcpy(copy + d->len, more, sizeof(more));
	copy[ISAKMP_HEADER_LEN] = PAYLOAD_VENDOR_ID;
	copy[26] = (uint8_t)(all.len >> 8);
	copy[27] = (uint8_t)all.len;
	pair_queue(p, &all);
}

START_TEST(vendor_ids_are_told)
{
	struct pair p;

	pair_init(&p);
	p.gate = gate_with_vendor_ids;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	ck_assert_ptr_nonnull(strstr(p.log, "dead peer detection (RFC 3706), 0xabcdef"));
	pair_free(&p);
}
END_TEST

static void gate_twice(struct pair *p, size_t index, const struct pair_datagram *d)
{
	(void)index;
	pair_queue(p, d);
	if (!d->to_server)
		pair_queue(p, d);
}

START_TEST(a_repetition_is_recognised)
{
	for (int mode = 0; mode < 2; mode++) {
		struct pair p;

		pair_init(&p);
		p.params.mode = mode ? IKE_AGGRESSIVE : IKE_MAIN;
		p.gate = gate_twice;
		ck_assert_int_eq(pair_run(&p), PULL_DONE);
		ck_assert_ptr_nonnull(strstr(p.log, "a message of the pull came again"));
		if (mode == 0) {
			ck_assert_ptr_nonnull(strstr(p.log, "message 2 of phase 1 came again"));
			ck_assert_ptr_nonnull(strstr(p.log, "message 4 of phase 1 came again"));
		}
		ck_assert_ptr_null(strstr(p.log, "ignored"));
		ck_assert_ptr_null(strstr(p.log, "another answer"));
		pair_free(&p);
	}
}
END_TEST

/* One secret in 256; without padding the peer would have another one than we. */
START_TEST(a_secret_with_a_zero_octet_is_avoided)
{
	for (int mode = 0; mode < 2; mode++) {
		bool avoided = false;
		unsigned n = 0;

		while (!avoided && n++ < 5000) {
			struct pair p;
			uint64_t began;

			pair_init(&p);
			p.params.mode = mode ? IKE_AGGRESSIVE : IKE_MAIN;
			p.params.proposals[0].group = p.peer.proposals[0].group = IKE_MODP2048;
			if (mode) /* as if the server left the zero out: its HASH is another one */
				p.peer.psk.data[0] ^= 1;
			began = p.now;
			if (mode)
				p.params.timing.total_ms = 1;
			ck_assert(pair_run(&p) == (mode ? PULL_TIMEOUT : PULL_DONE));
			avoided = strstr(p.log, "phase 1 is begun anew: the shared secret begins with a zero octet");
			if (!mode)
				ck_assert_uint_eq(p.now, began); /* no time was lost */
			pair_free(&p);
		}
		printf("%s mode: the %uth secret began with a zero octet\n", mode ? "aggressive" : "main", n);
		ck_assert(avoided);
	}
}
END_TEST

static void gate_with_clear_notifies(struct pair *p, size_t index, const struct pair_datagram *d)
{
	/* HDR with the member's cookie, exchange 5, one notify of 24. */
	uint8_t forged[40] = { [16] = 11, 0x10, 5, [27] = 40, [31] = 12, [35] = 1, 1, 0, 0, 24 };

	(void)index;
	if (!d->to_server) {
		struct pair_datagram f = { false, forged, sizeof(forged) };

		memcpy(forged, d->data, 8);
		pair_queue(p, &f);
	}
	pair_queue(p, d);
}

START_TEST(a_notify_in_the_clear_ends_nothing)
{
	struct pair p;

	pair_init(&p);
	p.gate = gate_with_clear_notifies;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	ck_assert(pair_same(&p));
	ck_assert_uint_ge(p.notes, 5);
	pair_free(&p);
}
END_TEST

START_TEST(a_wrong_key_is_a_timeout)
{
	for (int mode = 0; mode < 2; mode++) {
		struct pair p;

		pair_init(&p);
		p.params.mode = mode ? IKE_AGGRESSIVE : IKE_MAIN;
		p.params.psk.data[0] ^= 1;
		ck_assert_int_eq(pair_run(&p), PULL_TIMEOUT);
		ck_assert_uint_eq(p.asked, 0);
		ck_assert_ptr_nonnull(strstr(p.log, mode ? "do both sides have the same pre-shared key"
							 : "the pre-shared keys of both sides probably differ"));
		pair_free(&p);
	}
}
END_TEST

START_TEST(a_server_of_another_identity_is_refused)
{
	struct pair p;

	for (int mode = 0; mode < 2; mode++) {
		pair_init(&p);
		p.params.mode = mode ? IKE_AGGRESSIVE : IKE_MAIN;
		p.peer.local_id = (struct ike_id){ IKE_ID_IPV4_ADDR, 4, { 10, 18, 102, 1 } }; /* another member */
		ck_assert_int_eq(pair_run(&p), PULL_ABORTED);
		ck_assert_ptr_nonnull(strstr(reason_of(p.pull), "10.18.102.1"));
		ck_assert_ptr_nonnull(strstr(reason_of(p.pull), "10.10.100.1"));
		ck_assert_ptr_nonnull(strstr(reason_of(p.pull), "remote-identity inet 10.18.102.1"));
		if (p.params.mode == IKE_MAIN) /* the server thought it had an SA, and was told that it goes */
			ck_assert_uint_eq(responder_deadline(p.responder), UINT64_MAX);
		ck_assert_uint_eq(p.asked, 0);
		pair_free(&p);
	}
}
END_TEST

START_TEST(a_member_of_another_identity_gets_nothing)
{
	struct pair p;

	pair_init(&p);
	p.params.local_id = (struct ike_id){ IKE_ID_FQDN, 5, "gm-99" };
	ck_assert_int_eq(pair_run(&p), PULL_TIMEOUT);
	ck_assert_uint_eq(p.asked, 0);
	pair_free(&p);
}
END_TEST

START_TEST(names_as_identities)
{
	static const struct ike_id server = { IKE_ID_FQDN, 14, "ks.example.org" };
	static const struct ike_id SERVER = { IKE_ID_FQDN, 14, "KS.example.org" };
	static const struct ike_id member = { IKE_ID_USER_FQDN, 14, "gm@example.org" };
	struct pair p;

	pair_init(&p);
	p.peer.local_id = server;
	p.params.remote_id = SERVER;
	p.peer.remote_id = p.params.local_id = member;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	pair_free(&p);
}
END_TEST

/* Each type that RFC 2407 4.6.2.1 has for a host, of the server and of the member. */
START_TEST(identities_of_every_type)
{
	struct ike_id ids[] = {
		{ IKE_ID_IPV4_ADDR, 4, { 192, 0, 2, 1 } },
		{ IKE_ID_FQDN, 6, "ks.net" },
		{ IKE_ID_USER_FQDN, 4, "a@ks" },
		{ IKE_ID_IPV6_ADDR, 16, { 0x20, 1, 0xd, 0xb8 } },
		{ 0 },
		{ IKE_ID_DER_ASN1_GN, 4, { 0x82, 2, 'k', 's' } },
		{ IKE_ID_KEY_ID, 3, { 1, 2, 255 } },
	};

	ck_assert_int_eq(ident_dn_read(&ids[4], "CN=ks, O=Example"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct pair p;

		pair_init(&p);
		p.peer.local_id = p.params.remote_id = ids[i];
		p.peer.remote_id = p.params.local_id = ids[(i + 1) % ARRAY_SIZE(ids)];
		ck_assert_msg(pair_run(&p) == PULL_DONE, "type %u: %s", ids[i].type, reason_of(p.pull));
		pair_free(&p);
	}
}
END_TEST

START_TEST(an_unknown_group_is_refused)
{
	struct pair p;

	pair_init(&p);
	p.params.group = 77;
	ck_assert_int_eq(pair_run(&p), PULL_REFUSED);
	ck_assert_uint_eq(pull_finding(p.pull)->notify, 18);
	ck_assert_uint_eq(p.registered, 0);
	pair_free(&p);
}
END_TEST

START_TEST(the_threshold_is_silence)
{
	struct pair p;

	pair_init(&p);
	p.pull_result = -EAGAIN;
	ck_assert_int_eq(pair_run(&p), PULL_TIMEOUT);
	ck_assert_uint_eq(pull_finding(p.pull)->notify, 0);
	ck_assert_uint_eq(p.asked, 5); /* each transmission asks anew: the threshold may have been raised */
	pair_free(&p);
}
END_TEST

START_TEST(group_id_forms)
{
	static const enum pull_group_form forms[] = { PULL_GROUP_KEY_ID, PULL_GROUP_IPV4, PULL_GROUP_TEXT };
	struct pair p;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		pair_init(&p);
		p.params.group_form = forms[i];
		p.params.group = forms[i] == PULL_GROUP_TEXT ? 12345 : PAIR_GROUP;
		ck_assert_int_eq(pair_run(&p), forms[i] == PULL_GROUP_TEXT ? PULL_REFUSED : PULL_DONE);
		ck_assert_uint_eq(p.asked, 1); /* read, if not granted */
		pair_free(&p);
	}
}
END_TEST

static void offer_everything(struct pair *p)
{
	pair_offer_tek(p, 0x1001, CIPHER_AES_CBC_128, AUTH_HMAC_SHA1_96);
	pair_offer_tek(p, 0x1002, CIPHER_AES_CBC_192, AUTH_HMAC_SHA384_192);
	pair_offer_tek(p, 0x1003, CIPHER_AES_CBC_256, AUTH_HMAC_SHA512_256);
	pair_offer_tek(p, 0x1004, CIPHER_AES_GCM_128, AUTH_NONE);
	pair_offer_tek(p, 0x1005, CIPHER_AES_GCM_192, AUTH_NONE);
	pair_offer_tek(p, 0x1006, CIPHER_AES_GCM_256, AUTH_NONE);
	p->offered.teks[1].sel = (struct selector){ { 0x0a000001, 32 }, { 0, 0 }, 6, { 179, 179 }, { 0, 65535 } };
	p->offered.teks[2].life_kilobytes = 4000000;
	p->offered.teks[2].preserve = PRESERVE_DESTINATION_ONLY;
	p->offered.teks[3].preserve = PRESERVE_NONE;
	p->offered.teks[4].preserve = PRESERVE_SOURCE_ONLY;
	p->offered.teks[5].direction = SA_RECEIVER_ONLY;
	p->offered.teks[6].direction = SA_SENDER_ONLY;
	p->offered.teks[6].tunnel = false;
	pair_offer_kek(p);
	p->offered.has_gap = p->offered.has_atd = p->offered.has_dtd = true;
	p->offered.activation_delay = 10;
	p->offered.deactivation_delay = 40;
	p->offered.sender_id_bits = 16;
	p->offered.sender_ids[0] = 513;
	p->offered.sender_ids[1] = 65535;
	p->offered.n_sender_ids = 2;
}

START_TEST(everything_a_download_can_hold)
{
	for (int length_2 = 0; length_2 < 2; length_2++) {
		struct pair p;

		pair_init(&p);
		p.peer.id_length_2 = length_2;
		offer_everything(&p);
		ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
		ck_assert(pair_same(&p));
		pair_free(&p);
	}
}
END_TEST

START_TEST(unknown_gap_attributes_are_passed_over)
{
	struct pair p;
	const struct download *d;

	pair_init(&p);
	p.offered.has_gap = true;
	p.offered.n_gap_unknown = 2;
	p.offered.gap_unknown[0] = (struct gap_attribute){ .type = 99, .len = 2, .value = { 0, 7 } };
	p.offered.gap_unknown[1] = (struct gap_attribute){ .type = 32767, .len = GAP_UNKNOWN_KEPT, .value = { 0xab } };
	ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
	ck_assert(pair_same(&p));
	d = pull_download(p.pull);
	ck_assert_uint_eq(d->n_gap_unknown, 2);
	ck_assert_int_eq(memcmp(d->gap_unknown, p.offered.gap_unknown, sizeof(d->gap_unknown)), 0);
	ck_assert_ptr_nonnull(strstr(p.log, "passed over: 99 = 0x0007, 32767 = 0xab00"));
	pair_free(&p);
}
END_TEST

static void every_datagram_twice(struct pair *p, size_t index, const struct pair_datagram *d)
{
	(void)index;
	pair_queue(p, d);
	pair_queue(p, d);
}

/* RFC 6407 3.3, 5.4.2: ids are asked for when a counter mode is among what the member may send with. */
START_TEST(sender_ids_are_asked_for)
{
	static const struct {
		enum cipher cipher;
		enum sa_direction direction;
		uint16_t sender_ids;
		int wanted;
	} t[] = {
		{ CIPHER_AES_GCM_128, SA_SYMMETRIC, 1, 1 }, { CIPHER_AES_GCM_192, SA_SENDER_ONLY, 1, 1 },
		{ CIPHER_AES_GCM_256, SA_SYMMETRIC, 3, 3 }, { CIPHER_AES_GCM_128, SA_RECEIVER_ONLY, 1, 0 },
		{ CIPHER_AES_GCM_128, SA_SYMMETRIC, 0, 0 }, { CIPHER_AES_CBC_128, SA_SYMMETRIC, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct pair p;

		pair_init(&p);
		p.params.sender_ids = t[i].sender_ids;
		p.gate = every_datagram_twice;
		pair_offer_tek(&p, 0x2001, t[i].cipher,
			       cipher_is_counter_mode(t[i].cipher) ? AUTH_NONE : AUTH_HMAC_SHA1_96);
		p.offered.teks[1].direction = t[i].direction;
		p.offered.sender_id_bits = 8;
		p.offered.n_sender_ids = 1;
		p.offered.sender_ids[0] = 255;
		ck_assert_msg(pair_run(&p) == PULL_DONE, "%s", reason_of(p.pull));
		ck_assert(pair_same(&p));
		ck_assert_int_eq(p.wanted, t[i].wanted);
		ck_assert_uint_eq(p.confirmed, 1); /* a message 3 that comes again uses up no ids */
		ck_assert_uint_eq(p.registered, 1);
		pair_free(&p);
	}
}
END_TEST

/* The server has none left: an authenticated no, and the member is not registered. */
START_TEST(no_sender_id_is_left)
{
	struct pair p;

	pair_init(&p);
	p.params.sender_ids = 1;
	p.sender_ids_result = -EACCES;
	pair_offer_tek(&p, 0x2001, CIPHER_AES_GCM_128, AUTH_NONE);
	ck_assert_int_eq(pair_run(&p), PULL_REFUSED);
	ck_assert_uint_eq(pull_finding(p.pull)->notify, 18);
	ck_assert_uint_eq(p.registered, 0);
	ck_assert_ptr_null(pull_download(p.pull));
	ck_assert_ptr_nonnull(strstr(p.log, "there is no sender id for the member"));
	pair_free(&p);
}
END_TEST

static uint8_t last_block[CRYPTO_BLOCK_LEN];
static unsigned of_pull;

/* Message 3 is made anew, authentic and with a GAP that breaks off within its attribute. */
static void broken_gap(struct pair *p, size_t index, const struct pair_datagram *d)
{
	struct chunk nonces[] = { octets_chunk(&p->pull->nonce_i), octets_chunk(&p->pull->nonce_r) };
	static const uint8_t cut[] = { 0x80 };
	struct isakmp_header h = { .exchange = EXCHANGE_GROUPKEY_PULL, .message_id = p->pull->message_id };
	struct pair_datagram made = { .to_server = true };
	struct message m;

	(void)index;
	if (!d->to_server)
		memcpy(last_block, d->data + d->len - sizeof(last_block), sizeof(last_block));
	if (!d->to_server || d->data[18] != EXCHANGE_GROUPKEY_PULL || ++of_pull < 2) {
		pair_queue(p, d);
		return;
	}
	memcpy(h.cookie_i, d->data, sizeof(h.cookie_i));
	memcpy(h.cookie_r, d->data + sizeof(h.cookie_i), sizeof(h.cookie_r));
	message_begin_hashed(&m, &h, phase1_chosen(p->pull->phase1)->hash);
	message_add(&m, PAYLOAD_GAP, cut, sizeof(cut));
	ck_assert_int_eq(message_seal_hashed(&m, phase1_informational(p->pull->phase1).keys, nonces, 2, last_block), 0);
	made.data = writer_take(&m.w, &made.len);
	pair_queue(p, &made);
	free(made.data);
}

/* The exchange ends with an authenticated no, and nobody is registered. */
START_TEST(a_broken_request_for_sender_ids)
{
	struct pair p;

	pair_init(&p);
	p.gate = broken_gap;
	of_pull = 0;
	ck_assert_int_eq(pair_run(&p), PULL_REFUSED);
	ck_assert_int_eq(p.wanted, -1);
	ck_assert_uint_eq(p.registered, 0);
	pair_free(&p);
}
END_TEST

/* A server that gives none is told of: the member only receives then. */
START_TEST(a_counter_mode_without_sender_id)
{
	for (uint16_t asked = 0; asked < 2; asked++) {
		struct pair p;

		pair_init(&p);
		p.params.sender_ids = asked;
		pair_offer_tek(&p, 0x2001, CIPHER_AES_GCM_128, AUTH_NONE);
		ck_assert_int_eq(pair_run(&p), PULL_DONE);
		ck_assert_uint_eq(pull_download(p.pull)->sender_id_bits, 0);
		ck_assert_int_eq(strstr(p.log, "no sender id (RFC 6407 5.6.4.4): this member only receives") != NULL,
				 asked);
		pair_free(&p);
	}
}
END_TEST

START_TEST(as_many_teks_as_fit)
{
	struct pair p;

	pair_init(&p);
	for (uint32_t i = 1; i < DOWNLOAD_TEKS_MAX; i++)
		pair_offer_tek(&p, 0x2000 + i, CIPHER_AES_GCM_256, AUTH_NONE);
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	ck_assert(pair_same(&p));
	pair_free(&p);
}
END_TEST

START_TEST(a_pull_without_teks)
{
	struct pair p;

	pair_init(&p);
	p.offered.n_teks = 0;
	pair_offer_kek(&p);
	ck_assert_int_eq(pair_run(&p), PULL_DONE); /* RFC 6407 5.6.1: the TEKs come by push */
	ck_assert(pair_same(&p));
	pair_free(&p);

	pair_init(&p);
	p.offered.n_teks = 0;
	ck_assert_int_eq(pair_run(&p), PULL_ABORTED);                   /* neither SAK nor SAT: 5.2.1 */
	ck_assert_uint_eq(responder_deadline(p.responder), UINT64_MAX); /* RFC 6407 3.3: deleted */
	ck_assert_uint_eq(p.registered, 0);
	pair_free(&p);
}
END_TEST

START_TEST(one_bad_tek_harms_no_other)
{
	struct pair p;

	pair_init(&p);
	pair_offer_tek(&p, 0x3001, CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128);
	pair_offer_tek(&p, 0x3002, CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128);
	p.offered.teks[1].key.len = 16;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	ck_assert_uint_eq(pull_download(p.pull)->n_teks, 2);
	ck_assert_uint_eq(pull_download(p.pull)->teks[1].spi, 0x3002);
	ck_assert(secret_equal(&pull_download(p.pull)->teks[1].key, &p.offered.teks[2].key));
	ck_assert_uint_eq(pull_download(p.pull)->n_refusals, 1);
	ck_assert_uint_eq(pull_download(p.pull)->refusals[0].spi, 0x3001);
	ck_assert_int_eq(pull_download(p.pull)->refusals[0].reason, REFUSAL_NO_KEY);
	pair_free(&p);
}
END_TEST

START_TEST(two_members_of_one_address)
{
	struct pair p;
	struct pull *first;

	pair_init(&p);
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	first = p.pull;
	p.pull = NULL;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	ck_assert_uint_eq(p.registered, 2);
	ck_assert_uint_eq(responder_deadline(p.responder), UINT64_MAX); /* both SAs were deleted by their member */
	pull_free(first);
	pair_free(&p);
}
END_TEST

/* The member is removed, while it is on its way back already. */
static void gate_forget(struct pair *p, size_t index, const struct pair_datagram *d)
{
	pair_queue(p, d);
	if (index == p->target)
		responder_forget(p->responder, PAIR_MEMBER);
}

START_TEST(a_removal_leaves_a_phase_1_under_way)
{
	for (size_t target = 0; target <= 6; target++) { /* message 1 to the request of the pull */
		struct pair p;
		uint64_t began;

		pair_init(&p);
		p.gate = gate_forget;
		p.target = target;
		began = p.now;
		ck_assert_int_eq(pair_run(&p), PULL_DONE);
		ck_assert_uint_eq(p.now, began);
		pair_free(&p);
	}
}
END_TEST

static void gate_without_delete(struct pair *p, size_t index, const struct pair_datagram *d)
{
	if (index != p->target)
		pair_queue(p, d);
}

/* Our member never does it, others do. */
START_TEST(several_pulls_under_one_phase1)
{
	struct pair p;

	pair_init(&p);
	p.gate = gate_without_delete;
	p.target = 10;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	for (unsigned n = 2; n < 40; n++) {
		struct ike_out out = { 0 }, answer = { 0 };
		struct isakmp_header h;
		struct ike_diag diag = { 0 };
		uint8_t *data;
		size_t len;

		p.pull->stage = STAGE_POLICY;
		ck_assert_int_eq(pull_exchange_start(p.pull, &data, &len), 0);
		out_datagram(&out, data, len, 0, 0);
		while (out.n_datagrams > 0) {
			responder_step(p.responder, p.now, PAIR_MEMBER, 848, out.datagrams[0].data,
				       out.datagrams[0].len, &answer);
			ike_out_clear(&out);
			ck_assert_uint_eq(answer.n_datagrams, 1);
			data = answer.datagrams[0].data;
			len = answer.datagrams[0].len;
			ck_assert_int_eq(isakmp_header_read(&h, data, len, &diag), 0);
			ck_assert_int_eq(pull_exchange_input(p.pull, &h, data, len, &data, &len, &diag), 0);
			if (data)
				out_datagram(&out, data, len, 0, 0);
			p.pull->stage = STAGE_KEYS;
			ike_out_clear(&answer);
		}
		ck_assert(pair_same(&p));
		ck_assert_uint_eq(p.registered, n);
	}
	ck_assert_uint_eq(p.responder->sas[0]->n_pulls, RESPONDER_PULLS_MAX);
	responder_forget(p.responder, PAIR_MEMBER);
	ck_assert_uint_eq(responder_deadline(p.responder), UINT64_MAX);
	pair_free(&p);
}
END_TEST

START_TEST(half_open_sas_are_bounded_and_expire)
{
	struct ike_out out = { 0 }, answer = { 0 };
	struct pull *pulls[40];
	struct pair p;

	pair_init(&p);
	p.gate = NULL;
	ck_assert_int_eq(pair_run(&p), PULL_DONE);
	for (size_t i = 0; i < ARRAY_SIZE(pulls); i++) {
		ck_assert_int_eq(pull_new(&pulls[i], &p.params, p.now, &out), 0);
		responder_step(p.responder, p.now, PAIR_MEMBER, 848, out.datagrams[0].data, out.datagrams[0].len,
			       &answer);
		ck_assert_uint_eq(answer.n_datagrams, 1);
		ike_out_clear(&out);
		ike_out_clear(&answer);
		pull_free(pulls[i]);
	}
	ck_assert_uint_eq(responder_deadline(p.responder), p.now + 60000);
	responder_step(p.responder, p.now + 60000, 0, 0, NULL, 0, &answer);
	ck_assert_uint_eq(responder_deadline(p.responder), UINT64_MAX);
	pair_free(&p);
}
END_TEST

START_TEST(parameters_are_checked)
{
	struct ike_out out = { 0 };
	struct pull *pull = NULL;
	struct pair p;

#define REFUSED(change)                                                                                                \
	do {                                                                                                           \
		pair_init(&p);                                                                                         \
		change;                                                                                                \
		ck_assert_int_eq(pull_new(&pull, &p.params, 0, &out), -EINVAL);                                        \
	} while (0)
	REFUSED(p.params.n_proposals = 0);
	REFUSED(p.params.n_proposals = IKE_PROPOSALS_MAX + 1);
	REFUSED(p.params.proposals[0].group = (enum ike_group)2);
	REFUSED(p.params.proposals[0].hash = (enum ike_hash)1);
	REFUSED(p.params.proposals[0].cipher = CIPHER_AES_GCM_128);
	REFUSED(p.params.psk.len = 0);
	REFUSED(p.params.doi = 3);
	REFUSED(p.params.group = 0);
#undef REFUSED
	ck_assert_ptr_null(pull);
	ck_assert_uint_eq(out.n_datagrams, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike pull");
	TCase *agreed = tcase_create("agreed"), *ends = tcase_create("ends"), *content = tcase_create("content");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(agreed, 120);
	tcase_add_test(agreed, every_suite_in_main_mode);
	tcase_add_test(agreed, every_suite_in_aggressive_mode);
	tcase_add_test(agreed, the_first_common_proposal_is_taken);
	tcase_add_test(agreed, names_as_identities);
	tcase_add_test(agreed, identities_of_every_type);
	tcase_add_test(agreed, group_id_forms);
	tcase_add_test(agreed, parameters_are_checked);
	tcase_set_timeout(ends, 300);
	tcase_add_test(ends, nothing_in_common_is_silence_for_the_member);
	tcase_add_test(ends, retransmissions_double);
	tcase_add_test(ends, the_times_are_those_asked_for);
	tcase_add_loop_test(ends, an_exchange_without_answer_begins_anew_under_its_phase_1, 0, 2);
	tcase_add_test(ends, a_server_that_answers_slowly_is_left);
	tcase_add_test(ends, doi_2_falls_back_to_1_once);
	tcase_add_test(ends, the_situation_goes_with_the_doi);
	tcase_add_test(ends, an_answer_with_doi_1_is_a_reason_to_try_it);
	tcase_add_test(ends, a_lost_refusal_of_the_doi_costs_seconds);
	tcase_add_test(ends, a_late_answer_is_taken_beside_the_fresh_cookie);
	tcase_add_test(ends, vendor_ids_are_told);
	tcase_add_test(ends, a_repetition_is_recognised);
	tcase_add_test(ends, a_secret_with_a_zero_octet_is_avoided);
	tcase_add_test(ends, a_notify_in_the_clear_ends_nothing);
	tcase_add_test(ends, a_wrong_key_is_a_timeout);
	tcase_add_test(ends, a_server_of_another_identity_is_refused);
	tcase_add_test(ends, a_member_of_another_identity_gets_nothing);
	tcase_add_test(ends, an_unknown_group_is_refused);
	tcase_add_test(ends, the_threshold_is_silence);
	tcase_add_test(ends, two_members_of_one_address);
	tcase_add_test(ends, a_removal_leaves_a_phase_1_under_way);
	tcase_add_test(ends, several_pulls_under_one_phase1);
	tcase_add_test(ends, half_open_sas_are_bounded_and_expire);
	tcase_add_test(content, everything_a_download_can_hold);
	tcase_add_test(content, as_many_teks_as_fit);
	tcase_add_test(content, unknown_gap_attributes_are_passed_over);
	tcase_add_test(content, sender_ids_are_asked_for);
	tcase_add_test(content, no_sender_id_is_left);
	tcase_add_test(content, a_counter_mode_without_sender_id);
	tcase_add_test(content, a_broken_request_for_sender_ids);
	tcase_add_test(content, a_pull_without_teks);
	tcase_add_test(content, one_bad_tek_harms_no_other);
	suite_add_tcase(suite, agreed);
	suite_add_tcase(suite, ends);
	suite_add_tcase(suite, content);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
