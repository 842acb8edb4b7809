/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XFRM states: the messages field by field, and what is taken for the same SA. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/plan/ids.h"
#include "xfrm/sa.h"
#include "xfrm/sync.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>

#define HEADER sizeof(struct xfrm_usersa_info)

static struct sample *sample;
static struct message m;

static void setup(void)
{
	sample = sample_new();
}

static void teardown(void)
{
	free(sample);
	message_wipe(&m);
}

static const struct xfrm_usersa_info *build(const struct plan_sa *sa, bool out)
{
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, out, NULL, 0), 0);
	ck_assert_uint_ge(mnl_nlmsg_get_payload_len(&m.hdr), HEADER);
	return mnl_nlmsg_get_payload(&m.hdr);
}

static void expect_octets(uint16_t type, const void *expected, size_t len)
{
	const struct nlattr *attr = attribute(&m.hdr, HEADER, type);

	ck_assert_msg(attr != NULL, "attribute %u is missing", type);
	ck_assert_uint_eq(mnl_attr_get_payload_len(attr), len);
	ck_assert_mem_eq(mnl_attr_get_payload(attr), expected, len);
}

/* struct xfrm_algo_auth and its relatives, written out: 64 octets of name, key bits, then what is particular, then the
 * key. */
static size_t algorithm(uint8_t *out, const char *name, uint32_t bits, const uint32_t *more, const struct secret *key)
{
	size_t n = 64;

	memset(out, 0, 64);
	memcpy(out, name, strlen(name));
	memcpy(out + n, &bits, 4);
	n += 4;
	if (more) {
		memcpy(out + n, more, 4);
		n += 4;
	}
	memcpy(out + n, key->data, key->len);
	return n + key->len;
}

START_TEST(inbound_fields)
{
	const struct xfrm_usersa_info *i = build(sample_sa(sample, SAMPLE_SPI, true, true), false);

	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_NEWSA);
	ck_assert_uint_eq(m.hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_uint_eq(i->family, AF_INET);
	ck_assert_uint_eq(i->saddr.a4, 0);
	ck_assert_uint_eq(i->id.daddr.a4, htonl(SAMPLE_LOCAL));
	ck_assert_uint_eq(i->id.spi, htonl(SAMPLE_SPI));
	ck_assert_uint_eq(i->id.proto, 50);
	ck_assert_uint_eq(i->mode, XFRM_MODE_TUNNEL);
	ck_assert_uint_eq(i->reqid, SAMPLE_REQID);
	ck_assert_uint_eq(i->replay_window, 0);
	ck_assert(i->sel.prefixlen_s == 0 && i->sel.prefixlen_d == 0 && i->sel.proto == 0);
	ck_assert_uint_eq(i->lft.hard_byte_limit, XFRM_INF);
	ck_assert_uint_eq(i->lft.soft_byte_limit, XFRM_INF);
	ck_assert_uint_eq(i->lft.hard_packet_limit, XFRM_INF);
	ck_assert_uint_eq(i->lft.soft_packet_limit, XFRM_INF);
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 0);
	ck_assert_uint_eq(i->lft.hard_use_expires_seconds, 0);
}
END_TEST

START_TEST(outbound_goes_to_the_dummy_address)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	const struct xfrm_usersa_info *i;

	sa->hard_seconds = 3600;
	i = build(sa, true);
	ck_assert_uint_eq(i->saddr.a4, htonl(SAMPLE_LOCAL));
	ck_assert_uint_eq(i->id.daddr.a4, htonl(KERNEL_DUMMY));
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 3600);
}
END_TEST

/* With a window: mode BEET, and the way out is the device's at which packets are stamped. */
START_TEST(with_a_window)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	const uint32_t if_id = KERNEL_STAMPER_IF_ID;
	const struct xfrm_usersa_info *i;
	struct sa_seen seen;

	for (int df = PLAN_DF_CLEAR; df <= PLAN_DF_COPY; df++) {
		sa->df = (enum plan_df)df;
		sa->window_ms = 1000;
		i = build(sa, true);
		ck_assert_uint_eq(i->mode, XFRM_MODE_BEET);
		ck_assert_uint_eq(i->id.daddr.a4, htonl(KERNEL_DUMMY));
		ck_assert_msg(i->flags & XFRM_STATE_NOPMTUDISC, "DF is wan_out's to set");
		expect_octets(XFRMA_IF_ID, &if_id, sizeof(if_id));
		ck_assert(sa_parse(&m.hdr, &seen));
		ck_assert(seen.beet && sa_is_same(&seen, &m));
		sa->window_ms = 7000; /* the kernel's SA has no window */
		build(sa, true);
		ck_assert(sa_is_same(&seen, &m));
		sa->window_ms = 0;
		build(sa, true);
		ck_assert(!sa_is_same(&seen, &m));
		ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_IF_ID));
		sa->window_ms = 1000;
		i = build(sa, false);
		ck_assert_uint_eq(i->mode, XFRM_MODE_BEET);
		ck_assert_msg(!(i->flags & XFRM_STATE_AF_UNSPEC), "the kernel would ask Next Header for the family");
		ck_assert(i->sel.prefixlen_s == 0 && i->sel.prefixlen_d == 0 && i->sel.saddr.a4 == 0);
		ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_IF_ID));
	}
}
END_TEST

/* The way to what stamps: an SA of AH without a digest, from the local address to the carrier's. */
START_TEST(carrier)
{
	struct sa_id s = sa_carrier_id(SAMPLE_REQID, SAMPLE_LOCAL);
	const struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(&m.hdr);
	struct sa_seen seen;

	ck_assert_int_eq(sa_build_carrier(&m, &s), 0);
	ck_assert_uint_eq(i->id.daddr.a4, htonl(0xf7760007));
	ck_assert_uint_eq(i->saddr.a4, htonl(SAMPLE_LOCAL));
	ck_assert_uint_eq(i->id.spi, htonl(SAMPLE_REQID));
	ck_assert_uint_eq(i->mode, XFRM_MODE_TUNNEL);
	ck_assert_uint_eq(i->reqid, SAMPLE_REQID);
	ck_assert_uint_eq(i->id.proto, IPPROTO_AH);
	ck_assert_uint_eq(i->lft.hard_byte_limit, XFRM_INF);
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 0);
	ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_IF_ID));
	ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_ALG_CRYPT));
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(sa_id_equal(&seen.id, &s) && sa_is_carrier(&seen.id) && !seen.beet && !seen.redacted);
	ck_assert(sa_is_same(&seen, &m));
	build(sample_sa(sample, SAMPLE_REQID, true, true), true);
	ck_assert(!sa_is_same(&seen, &m));
	for (uint32_t reqid = KERNEL_REQID_MIN; reqid <= KERNEL_REQID_MAX; reqid++) {
		s = sa_carrier_id(reqid, SAMPLE_LOCAL);
		ck_assert(sa_is_carrier(&s) && !(s.dst & KERNEL_CARRIER_LARGE));
	}
}
END_TEST

/* RFC 2407 4.5: kilobytes of 1024 octets, enforced by the kernel; worn after four fifths. */
START_TEST(kilobytes)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct sa_seen seen;
	const struct xfrm_usersa_info *i;

	for (int out = 0; out < 2; out++) {
		sa->tek.life_kilobytes = 5000;
		i = build(sa, out);
		ck_assert_uint_eq(i->lft.hard_byte_limit, 5000 * 1024);
		ck_assert_uint_eq(i->lft.soft_byte_limit, 4000 * 1024);
		sa->tek.life_kilobytes = UINT32_MAX;
		i = build(sa, out);
		ck_assert_uint_eq(i->lft.hard_byte_limit, (uint64_t)UINT32_MAX * 1024);
		ck_assert_uint_lt(i->lft.soft_byte_limit, i->lft.hard_byte_limit);
	}
	/* one that was installed without the limit, or with another, is given it */
	sa->tek.life_kilobytes = 0;
	build(sa, false);
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(sa_ends_as(&seen, sa, 0));
	sa->tek.life_kilobytes = 5000;
	ck_assert(!sa_ends_as(&seen, sa, 0));
	build(sa, false);
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(sa_ends_as(&seen, sa, 0));
}
END_TEST

START_TEST(cbc_octets)
{
	static const struct {
		enum auth auth;
		const char *name;
		uint16_t key;
		uint32_t sent; /* bits: RFC 2404, RFC 4868 */
	} auths[] = {
		{ AUTH_HMAC_SHA1_96, "hmac(sha1)", 20, 96 },
		{ AUTH_HMAC_SHA256_128, "hmac(sha256)", 32, 128 },
		{ AUTH_HMAC_SHA384_192, "hmac(sha384)", 48, 192 },
		{ AUTH_HMAC_SHA512_256, "hmac(sha512)", 64, 256 },
	};
	static const struct {
		enum cipher cipher;
		uint16_t key;
	} ciphers[] = { { CIPHER_AES_CBC_128, 16 }, { CIPHER_AES_CBC_192, 24 }, { CIPHER_AES_CBC_256, 32 } };
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	uint32_t wrap = XFRM_SA_XFLAG_OSEQ_MAY_WRAP;
	uint8_t expected[256];

	for (size_t i = 0; i < ARRAY_SIZE(auths); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ciphers); j++) {
			sa->tek.auth = auths[i].auth;
			sa->tek.auth_key.len = auths[i].key;
			sa->tek.cipher = ciphers[j].cipher;
			sa->tek.key.len = ciphers[j].key;
			build(sa, false);
			expect_octets(XFRMA_ALG_AUTH_TRUNC, expected,
				      algorithm(expected, auths[i].name, auths[i].key * 8u, &auths[i].sent,
						&sa->tek.auth_key));
			expect_octets(XFRMA_ALG_CRYPT, expected,
				      algorithm(expected, "cbc(aes)", ciphers[j].key * 8u, NULL, &sa->tek.key));
			expect_octets(XFRMA_SA_EXTRA_FLAGS, &wrap, sizeof(wrap));
			ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_ALG_AEAD));
		}
}
END_TEST

/* RFC 4106: the salt counts as key; the IV comes of the sequence number, so that must not wrap. */
START_TEST(gcm_octets)
{
	static const struct {
		enum cipher cipher;
		const char *name;
		uint16_t key;
		uint32_t icv;
	} t[] = {
		{ CIPHER_AES_GCM_128, "rfc4106(gcm(aes))", 20, 128 },
		{ CIPHER_AES_GCM_192, "rfc4106(gcm(aes))", 28, 128 },
		{ CIPHER_AES_GCM_256, "rfc4106(gcm(aes))", 36, 128 },
		{ CIPHER_AES_GCM_12_128, "rfc4106(gcm(aes))", 20, 96 },
		{ CIPHER_AES_GCM_12_256, "rfc4106(gcm(aes))", 36, 96 },
		{ CIPHER_AES_GCM_8_128, "rfc4106(gcm(aes))", 20, 64 },
		{ CIPHER_AES_GCM_8_192, "rfc4106(gcm(aes))", 28, 64 },
		{ CIPHER_AES_GMAC_128, "rfc4543(gcm(aes))", 20, 128 },
		{ CIPHER_AES_GMAC_256, "rfc4543(gcm(aes))", 36, 128 },
	};
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	uint8_t expected[256];

	sa->tek.auth = AUTH_NONE;
	sa->tek.auth_key.len = 0;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		sa->tek.cipher = t[i].cipher;
		sa->tek.key.len = t[i].key;
		build(sa, true);
		expect_octets(XFRMA_ALG_AEAD, expected,
			      algorithm(expected, t[i].name, t[i].key * 8u, &t[i].icv, &sa->tek.key));
		ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_ALG_CRYPT));
		ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_ALG_AUTH_TRUNC));
		ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_SA_EXTRA_FLAGS));
	}
}
END_TEST

/* A search makes candidates; the same message with other limits makes one the SA that sends. */
START_TEST(candidates)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(&m.hdr);
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct sa_seen seen;

	ck_assert(!sa_is_candidate(&(struct sa_seen){ .hard_packets = XFRM_INF }));
	build(sa, true);
	ck_assert_uint_eq(info->lft.soft_packet_limit, XFRM_INF);
	sa->tek.cipher = CIPHER_AES_GCM_256;
	sa->tek.key.len = 36;
	build(sa, false);
	ck_assert_msg(info->lft.soft_packet_limit == XFRM_INF, "it receives: its numbers are others'");
	build(sa, true);
	ck_assert_msg(info->lft.soft_packet_limit < UINT32_MAX, "before the sequence numbers end");
	ck_assert_uint_gt(info->lft.soft_packet_limit, UINT32_MAX / 2);
	ck_assert_msg(info->lft.hard_packet_limit == SENDER_SEQUENCE_MAX,
		      "the kernel tells of the end, and removes it");
	ck_assert_int_eq(sa_build_candidate(&m, sa, SAMPLE_LOCAL), 0);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_NEWSA);
	ck_assert_uint_eq(m.hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_msg(info->lft.hard_packet_limit == 1, "its probe alone");
	ck_assert_uint_eq(info->id.spi, htonl(SAMPLE_SPI));
	ck_assert_uint_eq(info->id.daddr.a4, htonl(KERNEL_DUMMY));
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(seen.counter_mode);
	ck_assert(sa_is_candidate(&seen));
	build(sa, true);
	ck_assert_msg(sa_is_same(&seen, &m), "the same SA, so it is kept");
	ck_assert_msg(!sa_ends_as(&seen, sa, 0), "and updated");
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, &seen, 0), 0);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_UPDSA);
	ck_assert_uint_eq(info->lft.hard_packet_limit, SENDER_SEQUENCE_MAX);
}
END_TEST

static void authenticated_by(uint8_t key[static 32])
{
	const struct xfrm_algo_auth *a = NULL;
	const struct nlattr *attr;

	ck_assert_int_eq(sa_build_return(&m, SAMPLE_SPI, 4711), 0);
	message_for_each(attr, &m.hdr,
			 sizeof(struct xfrm_usersa_info)) if (mnl_attr_get_type(attr) == XFRMA_ALG_AUTH_TRUNC) a =
		mnl_attr_get_payload(attr);
	ck_assert_ptr_nonnull(a);
	ck_assert_str_eq(a->alg_name, "hmac(sha256)");
	ck_assert_uint_eq(a->alg_key_len, 256);
	ck_assert_uint_eq(a->alg_trunc_len, 128);
	memcpy(key, a->alg_key, 32);
}

/* The kernel would open whatever comes to the SA of probes: so what comes must be this host's own. */
START_TEST(nobody_else_sends_by_the_way_back)
{
	uint8_t one[32], other[32], zeros[32] = { 0 };
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(&m.hdr);

	authenticated_by(one);
	ck_assert_uint_eq(info->saddr.a4, htonl(SA_RETURN_ADDRESS));
	ck_assert_uint_eq(info->id.daddr.a4, htonl(SA_RETURN_ADDRESS));
	authenticated_by(other);
	ck_assert_int_ne(memcmp(one, other, sizeof(one)), 0);
	ck_assert_int_ne(memcmp(one, zeros, sizeof(one)), 0);
}
END_TEST

/* After a start this decides whether a store of sender ids that is not there is lost. */
START_TEST(sends_by_counter)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct sa_seen seen;

	build(sa, true);
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert_msg(!sync_sends_by_counter(&seen), "CBC");
	for (enum cipher c = CIPHER_AES_GCM_128; c < CIPHERS; c++) {
		sa->tek.cipher = c;
		sa->tek.key.len = (uint16_t)cipher_esp_key_len(c);
		build(sa, true);
		ck_assert(sa_parse(&m.hdr, &seen));
		ck_assert(sync_sends_by_counter(&seen));
		build(sa, false);
		ck_assert(sa_parse(&m.hdr, &seen));
		ck_assert_msg(!sync_sends_by_counter(&seen), "it receives");
		ck_assert_int_eq(sa_build_candidate(&m, sa, SAMPLE_LOCAL), 0);
		ck_assert(sa_parse(&m.hdr, &seen));
		ck_assert_msg(!sync_sends_by_counter(&seen), "a candidate");
	}
}
END_TEST

/* A socket's policy takes an SA of no device alone, so a candidate gets its device when it becomes an SA. */
START_TEST(candidates_with_a_window)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(&m.hdr);
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct sa_seen seen, sends;

	sa->tek.cipher = CIPHER_AES_GCM_128;
	sa->tek.key.len = 20;
	sa->window_ms = 1000;
	ck_assert_int_eq(sa_build_candidate(&m, sa, SAMPLE_LOCAL), 0);
	ck_assert_uint_eq(info->mode, XFRM_MODE_BEET);
	ck_assert_ptr_null(attribute(&m.hdr, HEADER, XFRMA_IF_ID));
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(seen.beet && seen.counter_mode && !seen.larval && sa_is_candidate(&seen));
	build(sa, true);
	ck_assert_ptr_nonnull(attribute(&m.hdr, HEADER, XFRMA_IF_ID));
	ck_assert_msg(sa_is_same(&seen, &m), "it becomes this one");
	ck_assert(sa_parse(&m.hdr, &sends));
	ck_assert(sa_is_same(&sends, &m));
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, &seen, 0), 0);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_UPDSA);
	ck_assert_uint_eq(mnl_attr_get_u32(attribute(&m.hdr, HEADER, XFRMA_IF_ID)), KERNEL_STAMPER_IF_ID);
	sa->window_ms = 0;
	build(sa, true);
	ck_assert_msg(!sa_is_same(&seen, &m), "another mode");
	ck_assert_msg(!sa_is_same(&sends, &m), "another mode, and no device");
	ck_assert_int_eq(sa_build_candidate(&m, sa, SAMPLE_LOCAL), 0);
	ck_assert(sa_parse(&m.hdr, &seen));
	sa->window_ms = 1000;
	build(sa, true);
	ck_assert_msg(!sa_is_same(&seen, &m), "of before the window");
}
END_TEST

/* Of a packet that waits for an SA; the device's has the device's number, and it is none the less no SA. */
START_TEST(larval)
{
	struct sa_seen seen;
	struct xfrm_usersa_info *info;

	message_start(&m, XFRM_MSG_NEWSA, 0);
	info = message_extra(&m, sizeof(*info));
	info->family = AF_INET;
	info->id.proto = IPPROTO_ESP;
	info->reqid = SAMPLE_REQID;
	message_put_u32(&m, XFRMA_IF_ID, KERNEL_STAMPER_IF_ID);
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(seen.larval);
	build(sample_sa(sample, SAMPLE_SPI, true, true), true);
	ck_assert(sa_parse(&m.hdr, &seen));
	ck_assert(!seen.larval);
}
END_TEST

START_TEST(df_bit)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);

	sa->df = PLAN_DF_CLEAR;
	ck_assert(build(sa, true)->flags & XFRM_STATE_NOPMTUDISC);
	sa->df = PLAN_DF_SET;
	ck_assert(build(sa, true)->flags & XFRM_STATE_NOPMTUDISC);
	sa->df = PLAN_DF_COPY;
	ck_assert(!(build(sa, true)->flags & XFRM_STATE_NOPMTUDISC));
}
END_TEST

START_TEST(keys_that_do_not_fit_are_refused)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);

	for (uint16_t len = 0; len <= SECRET_MAX; len++) {
		sa->tek.key.len = len;
		ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, NULL, 0), len == 32 ? 0 : -EINVAL);
	}
	sa->tek.key.len = 32;
	for (uint16_t len = 0; len <= SECRET_MAX; len++) {
		sa->tek.auth_key.len = len;
		ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, NULL, 0), len == 32 ? 0 : -EINVAL);
	}
	sa->tek.auth_key.len = 32;
	sa->tek.auth = AUTH_NONE;
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, NULL, 0), -EPROTONOSUPPORT);
	sa->tek.auth = AUTH_HMAC_SHA256_128;
	sa->tek.cipher = CIPHER_NONE;
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, NULL, 0), -EPROTONOSUPPORT);
}
END_TEST

static struct sa_seen seen_of(const struct plan_sa *sa, bool out)
{
	struct sa_seen seen;

	build(sa, out);
	ck_assert(sa_parse(&m.hdr, &seen));
	return seen;
}

/* What the kernel answers has the form of what it was asked. */
START_TEST(same_sa)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct sa_seen seen = seen_of(sa, true);
	struct sa_id want = sa_id_of(sa, SAMPLE_LOCAL, true);

	ck_assert(sa_id_equal(&seen.id, &want));
	build(sa, true);
	ck_assert(sa_is_same(&seen, &m));
	sa->hard_seconds = 77;
	build(sa, true);
	ck_assert_msg(sa_is_same(&seen, &m), "a lifetime makes no other SA");
	for (size_t i = 0; i < 32; i++) {
		sa->tek.key.data[i] ^= 1;
		build(sa, true);
		ck_assert_msg(!sa_is_same(&seen, &m), "octet %zu of the key is not compared", i);
		sa->tek.key.data[i] ^= 1;
		sa->tek.auth_key.data[i] ^= 0x80;
		build(sa, true);
		ck_assert_msg(!sa_is_same(&seen, &m), "octet %zu of the integrity key is not compared", i);
		sa->tek.auth_key.data[i] ^= 0x80;
	}
	sa->df = PLAN_DF_COPY;
	build(sa, true);
	ck_assert(!sa_is_same(&seen, &m));
}
END_TEST

/* A locked-down kernel shows zeros: then the running SA stays. */
START_TEST(redacted_keys)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct secret key = sa->tek.key, auth = sa->tek.auth_key;
	struct sa_seen seen;

	memset(sa->tek.key.data, 0, 32);
	memset(sa->tek.auth_key.data, 0, 32);
	seen = seen_of(sa, true);
	ck_assert(seen.redacted);
	sa->tek.key = key;
	sa->tek.auth_key = auth;
	build(sa, true);
	ck_assert(sa_is_same(&seen, &m));
	seen = seen_of(sa, true);
	ck_assert(!seen.redacted);
}
END_TEST

START_TEST(lifetimes)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct sa_seen seen = { .added = 1000, .hard_seconds = 500, .hard_bytes = XFRM_INF };
	const struct xfrm_usersa_info *i;

	sa->hard_seconds = 300; /* at 1200: to 1500, as it is */
	ck_assert(sa_ends_as(&seen, sa, 1200));
	ck_assert(sa_ends_as(&seen, sa, 1200 + SA_LIFETIME_SLACK));
	ck_assert(sa_ends_as(&seen, sa, 1200 - SA_LIFETIME_SLACK));
	ck_assert(!sa_ends_as(&seen, sa, 1200 + SA_LIFETIME_SLACK + 1));
	ck_assert(!sa_ends_as(&seen, sa, 1200 - SA_LIFETIME_SLACK - 1));
	sa->hard_seconds = 0;
	ck_assert(!sa_ends_as(&seen, sa, 1200));
	seen.hard_seconds = 0;
	ck_assert(sa_ends_as(&seen, sa, 1200));

	/* The kernel counts from the moment when it was added. */
	sa->hard_seconds = 60;
	ck_assert_int_eq(sa_build_add(&m, sa, SAMPLE_LOCAL, true, &seen, 1200), 0);
	i = mnl_nlmsg_get_payload(&m.hdr);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_UPDSA);
	ck_assert_uint_eq(m.hdr.nlmsg_flags & NLM_F_EXCL, 0);
	ck_assert_uint_eq(i->lft.hard_add_expires_seconds, 260);
}
END_TEST

/* The SA as the kernel shows it, with nothing changed but its end. */
START_TEST(retirement)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct xfrm_usersa_info *i = (struct xfrm_usersa_info *)(uintptr_t)build(sa, true);
	struct message answer, retire = { 0 };
	struct xfrm_usersa_info *ends = mnl_nlmsg_get_payload(&retire.hdr);

	i->curlft.add_time = 1000;
	answer = m;
	ck_assert_int_eq(sa_build_retire(&retire, &answer.hdr, 1500), 0);
	ck_assert_uint_eq(retire.hdr.nlmsg_type, XFRM_MSG_UPDSA);
	ck_assert_uint_eq(retire.hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE);
	ck_assert_uint_eq(retire.hdr.nlmsg_len, answer.hdr.nlmsg_len);
	ck_assert_uint_eq(ends->lft.hard_add_expires_seconds, 500 + SA_RETIREMENT);
	ends->lft.hard_add_expires_seconds = 0;
	ck_assert_mem_eq(mnl_nlmsg_get_payload(&retire.hdr), mnl_nlmsg_get_payload(&answer.hdr),
			 mnl_nlmsg_get_payload_len(&answer.hdr));

	/* Again while it is ending: it does not live longer for that. */
	ends->lft.hard_add_expires_seconds = 500 + SA_RETIREMENT;
	answer = retire;
	ck_assert_int_eq(sa_build_retire(&retire, &answer.hdr, 1501), 1);

	/* The clock was set back by a day after the SA was added: for the kernel it still ends 3 s from now. */
	i = mnl_nlmsg_get_payload(&answer.hdr);
	i->curlft.add_time = 100000;
	i->lft.hard_add_expires_seconds = 3600;
	ck_assert_int_eq(sa_build_retire(&retire, &answer.hdr, 13600), 0);
	ck_assert_int_eq((int64_t)(ends->lft.hard_add_expires_seconds + 100000 - 13600), SA_RETIREMENT);
	answer = retire;
	ck_assert_int_eq(sa_build_retire(&retire, &answer.hdr, 13601), 1);

	answer.hdr.nlmsg_len = sizeof(struct nlmsghdr) + HEADER - 1;
	ck_assert_int_eq(sa_build_retire(&retire, &answer.hdr, 1501), -EBADMSG);
	answer.hdr.nlmsg_len = MESSAGE_MAX + 1;
	ck_assert_int_eq(sa_build_retire(&retire, &answer.hdr, 1501), -EBADMSG);
}
END_TEST

START_TEST(ids)
{
	struct sa_id s = { .src = 0, .dst = SAMPLE_LOCAL, .spi = SAMPLE_SPI, .reqid = SAMPLE_REQID };
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(&m.hdr);

	ck_assert_int_eq(sa_build_id(&m, XFRM_MSG_DELSA, &s), 0);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_DELSA);
	ck_assert_uint_eq(id->daddr.a4, htonl(SAMPLE_LOCAL));
	ck_assert_uint_eq(id->spi, htonl(SAMPLE_SPI));
	ck_assert_uint_eq(id->proto, 50);
	ck_assert_uint_eq(id->family, AF_INET);
	ck_assert_int_eq(sa_build_id(&m, XFRM_MSG_GETSA, &s), 0);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_GETSA);
}
END_TEST

/* Whatever is not ours is not seen, and what is cut short is not read. */
START_TEST(foreign_and_malformed)
{
	struct plan_sa *sa = sample_sa(sample, SAMPLE_SPI, true, true);
	struct xfrm_usersa_info *i = (struct xfrm_usersa_info *)(uintptr_t)build(sa, false);
	struct sa_seen seen;

	ck_assert(sa_parse(&m.hdr, &seen));
	i->reqid = KERNEL_REQID_MIN - 1;
	ck_assert(!sa_parse(&m.hdr, &seen));
	i->reqid = KERNEL_REQID_MAX + 1;
	ck_assert(!sa_parse(&m.hdr, &seen));
	i->reqid = KERNEL_REQID_MAX;
	ck_assert(sa_parse(&m.hdr, &seen));
	i->family = AF_INET6;
	ck_assert(!sa_parse(&m.hdr, &seen));
	i->family = AF_INET;
	i->id.proto = 51;
	ck_assert(!sa_parse(&m.hdr, &seen));
	i->id.proto = 50;
	for (uint32_t len = m.hdr.nlmsg_len; len-- > sizeof(struct nlmsghdr);) {
		m.hdr.nlmsg_len = len;
		ck_assert_msg(sa_parse(&m.hdr, &seen) == (len >= sizeof(struct nlmsghdr) + HEADER), "%u octets", len);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sa");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, inbound_fields);
	tcase_add_test(t, outbound_goes_to_the_dummy_address);
	tcase_add_test(t, with_a_window);
	tcase_add_test(t, carrier);
	tcase_add_test(t, kilobytes);
	tcase_add_test(t, cbc_octets);
	tcase_add_test(t, gcm_octets);
	tcase_add_test(t, candidates);
	tcase_add_test(t, nobody_else_sends_by_the_way_back);
	tcase_add_test(t, sends_by_counter);
	tcase_add_test(t, candidates_with_a_window);
	tcase_add_test(t, larval);
	tcase_add_test(t, df_bit);
	tcase_add_test(t, keys_that_do_not_fit_are_refused);
	tcase_add_test(t, same_sa);
	tcase_add_test(t, redacted_keys);
	tcase_add_test(t, lifetimes);
	tcase_add_test(t, retirement);
	tcase_add_test(t, ids);
	tcase_add_test(t, foreign_and_malformed);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
