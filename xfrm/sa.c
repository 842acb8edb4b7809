/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/sa.h"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <sys/random.h>

struct sa_id sa_id_of(const struct plan_sa *sa, uint32_t local, bool out)
{
	return (struct sa_id){
		.src = out ? local : 0,
		.dst = out ? KERNEL_DUMMY : local,
		.spi = sa->tek.spi,
		.reqid = sa->reqid,
	};
}

bool sa_id_equal(const struct sa_id *a, const struct sa_id *b)
{
	return a->src == b->src && a->dst == b->dst && a->spi == b->spi && a->reqid == b->reqid;
}

/* An algorithm: the kernel's structure of it, without the key, and the key behind that. */
static void put_algorithm(struct message *m, uint16_t type, const void *head, size_t len, const struct secret *key)
{
	uint8_t a[sizeof(struct xfrm_algo_auth) + SECRET_MAX];

	memcpy(a, head, len);
	memcpy(a + len, key->data, key->len);
	message_put(m, type, a, len + key->len);
	explicit_bzero(a, sizeof(a));
}

/* The kernel's default truncation of HMAC-SHA-256 is not that of RFC 4868 2.6, so the length is always given. */
static int put_auth(struct message *m, const struct tek *t)
{
	struct xfrm_algo_auth a = { .alg_key_len = t->auth_key.len * 8u };
	const struct auth_info *auth = auth_info(t->auth);

	if (!auth)
		return -EPROTONOSUPPORT;
	if (t->auth_key.len != auth->key_len)
		return -EINVAL;
	strncpy(a.alg_name, auth->kernel, sizeof(a.alg_name) - 1);
	a.alg_trunc_len = auth->icv_bits;
	put_algorithm(m, XFRMA_ALG_AUTH_TRUNC, &a, offsetof(struct xfrm_algo_auth, alg_key), &t->auth_key);
	return 0;
}

static int put_cbc(struct message *m, const struct tek *t, const struct cipher_info *cipher)
{
	struct xfrm_algo a = { .alg_key_len = t->key.len * 8u };

	strncpy(a.alg_name, cipher->kernel, sizeof(a.alg_name) - 1);
	put_algorithm(m, XFRMA_ALG_CRYPT, &a, offsetof(struct xfrm_algo, alg_key), &t->key);
	return put_auth(m, t);
}

static int put_aead(struct message *m, const struct tek *t, const struct cipher_info *cipher)
{
	/* In the key's length the salt counts (RFC 4106 8.1). */
	struct xfrm_algo_aead a = { .alg_key_len = t->key.len * 8u, .alg_icv_len = cipher->icv_bits };

	strncpy(a.alg_name, cipher->kernel, sizeof(a.alg_name) - 1);
	put_algorithm(m, XFRMA_ALG_AEAD, &a, offsetof(struct xfrm_algo_aead, alg_key), &t->key);
	return 0;
}

static int put_algorithms(struct message *m, const struct tek *t)
{
	const struct cipher_info *cipher = cipher_info(t->cipher);

	if (!cipher)
		return -EPROTONOSUPPORT;
	if (t->key.len != cipher->key_len + cipher->salt_len)
		return -EINVAL;
	return cipher->icv_bits > 0 ? put_aead(m, t, cipher) : put_cbc(m, t, cipher);
}

/*
 * Nobody checks the sequence number, so it may wrap.  With GCM it may not: the kernel makes the IV from it, and a
 * repeated IV gives the key away (RFC 4106 3.1).  Such an SA stops sending instead.
 */
static uint32_t extra_flags(const struct tek *t)
{
	return cipher_is_counter_mode(t->cipher) ? 0 : XFRM_SA_XFLAG_OSEQ_MAY_WRAP;
}

/*
 * The hard lifetime of an SA that was added at ADDED and is to end LEFT seconds after NOW.  The kernel counts it from
 * ADDED, by the wall clock and modulo 2^64, and so does this function: after the clock was set back, ADDED may be
 * tomorrow.  The kernel sends with the SA that was added last, so that one must end in time too.  A lifetime of 0 would
 * mean "never".
 */
static uint64_t lifetime_to(uint64_t now, uint64_t left, uint64_t added)
{
	uint64_t life = left + now - added;

	return life > 0 ? life : 1;
}

uint64_t sa_hard_bytes(const struct tek *t)
{
	return t->life_kilobytes > 0 ? (uint64_t)t->life_kilobytes * 1024 : XFRM_INF;
}

/* One fifth is left, while the next key comes. */
uint64_t sa_soft_bytes(const struct tek *t)
{
	return t->life_kilobytes > 0 ? sa_hard_bytes(t) / 5 * 4 : XFRM_INF;
}

/* A packet more would only be refused in silence: by the limit the kernel tells of the end, and the SA goes. */
uint64_t sa_hard_packets(const struct tek *t, bool out)
{
	return out && cipher_is_counter_mode(t->cipher) ? SENDER_SEQUENCE_MAX : XFRM_INF;
}

/* One fifth is left, while the next id comes. */
uint64_t sa_soft_packets(const struct tek *t, bool out)
{
	return sa_hard_packets(t, out) == XFRM_INF ? XFRM_INF : SENDER_SEQUENCE_MAX / 5 * 4;
}

/* In tunnel mode, for as long as nobody deletes it. */
static struct xfrm_usersa_info *start_add(struct message *m, const struct sa_id *s, bool update)
{
	struct xfrm_usersa_info *info;

	message_start(m, update ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA,
		      (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (update ? NLM_F_REPLACE : NLM_F_CREATE | NLM_F_EXCL)));
	info = message_extra(m, sizeof(*info));
	info->family = AF_INET;
	info->saddr.a4 = htonl(s->src);
	info->id.daddr.a4 = htonl(s->dst);
	info->id.spi = htonl(s->spi);
	info->id.proto = IPPROTO_ESP;
	info->reqid = s->reqid;
	info->mode = XFRM_MODE_TUNNEL;
	info->flags = XFRM_STATE_AF_UNSPEC | XFRM_STATE_NOPMTUDISC;
	info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
	info->lft.soft_packet_limit = info->lft.hard_packet_limit = XFRM_INF;
	return info;
}

struct sa_id sa_carrier_id(uint32_t reqid, uint32_t local)
{
	return (struct sa_id){ .src = local, .dst = kernel_carrier(reqid), .spi = reqid, .reqid = reqid };
}

int sa_build_carrier(struct message *m, const struct sa_id *carrier)
{
	const struct xfrm_algo_auth auth = { .alg_name = "digest_null" };
	struct xfrm_usersa_info *info = start_add(m, carrier, false);

	info->id.proto = IPPROTO_AH;
	info->flags |= XFRM_STATE_ALIGN4; /* 12 octets, and not 16 */
	message_put(m, XFRMA_ALG_AUTH_TRUNC, &auth, offsetof(struct xfrm_algo_auth, alg_key));
	message_put_u32(m, XFRMA_SA_EXTRA_FLAGS, XFRM_SA_XFLAG_OSEQ_MAY_WRAP);
	return m->err;
}

/* All but the device that an SA which sends with stamps belongs to. */
static int build_add(struct message *m, const struct plan_sa *sa, uint32_t local, bool out,
		     const struct sa_seen *update, uint64_t now)
{
	struct sa_id s = sa_id_of(sa, local, out);
	struct xfrm_usersa_info *info = start_add(m, &s, update != NULL);
	int r;

	/* Without the flag the kernel copies DF from the inner header; with it the outer one goes without (RFC
	 * 4301 8.1).  In mode BEET wan_out does that. */
	if (sa->df == PLAN_DF_COPY && sa->window_ms == 0)
		info->flags &= (uint8_t)~XFRM_STATE_NOPMTUDISC;
	if (sa->window_ms > 0) {
		info->mode = XFRM_MODE_BEET;
		if (!out) /* so that it takes what is in it for IPv4, whatever Next Header says */
			info->flags &= (uint8_t)~XFRM_STATE_AF_UNSPEC;
	}
	info->lft.soft_byte_limit = sa_soft_bytes(&sa->tek);
	info->lft.hard_byte_limit = sa_hard_bytes(&sa->tek);
	info->lft.soft_packet_limit = sa_soft_packets(&sa->tek, out);
	info->lft.hard_packet_limit = sa_hard_packets(&sa->tek, out);
	info->lft.hard_add_expires_seconds = sa->hard_seconds;
	if (update && sa->hard_seconds > 0)
		info->lft.hard_add_expires_seconds = lifetime_to(now, sa->hard_seconds, update->added);
	r = put_algorithms(m, &sa->tek);
	if (r < 0)
		return r;
	if (extra_flags(&sa->tek))
		message_put_u32(m, XFRMA_SA_EXTRA_FLAGS, extra_flags(&sa->tek));
	return m->err;
}

int sa_build_add(struct message *m, const struct plan_sa *sa, uint32_t local, bool out, const struct sa_seen *update,
		 uint64_t now)
{
	int r = build_add(m, sa, local, out, update, now);

	if (r == 0 && out && sa->window_ms > 0) {
		message_put_u32(m, XFRMA_IF_ID, KERNEL_STAMPER_IF_ID);
		r = m->err;
	}
	return r;
}

#define CANDIDATE_PACKETS 1

int sa_build_candidate(struct message *m, const struct plan_sa *sa, uint32_t local)
{
	struct xfrm_usersa_info *info;
	int r = build_add(m, sa, local, true, NULL, 0); /* a socket's policy finds an SA of no device alone */

	if (r < 0)
		return r;
	m->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	info = mnl_nlmsg_get_payload(&m->hdr);
	info->lft.soft_packet_limit = XFRM_INF;
	info->lft.hard_packet_limit = CANDIDATE_PACKETS;
	return 0;
}

bool sa_is_candidate(const struct sa_seen *s)
{
	return s->hard_packets == CANDIDATE_PACKETS;
}

struct sa_id sa_return_id(uint32_t spi)
{
	return (struct sa_id){
		.src = SA_RETURN_ADDRESS, .dst = SA_RETURN_ADDRESS, .spi = spi, .reqid = SA_RETURN_REQID
	};
}

/* The SA would open what others send to it, too, and give it to the host: so nobody knows its key. */
static int put_auth_of_nobody(struct message *m)
{
	struct tek t = { .auth = AUTH_HMAC_SHA256_128, .auth_key.len = 32 };
	int r = getrandom(t.auth_key.data, t.auth_key.len, 0) == t.auth_key.len ? put_auth(m, &t) : -EIO;

	secret_wipe(&t.auth_key);
	return r;
}

int sa_build_return(struct message *m, uint32_t spi, uint16_t port)
{
	struct xfrm_encap_tmpl udp = { .encap_type = UDP_ENCAP_ESPINUDP,
				       .encap_sport = htons(port),
				       .encap_dport = htons(port) };
	struct xfrm_algo null = { .alg_name = "ecb(cipher_null)" };
	struct sa_id s = sa_return_id(spi);
	int r;

	start_add(m, &s, false);
	message_put(m, XFRMA_ALG_CRYPT, &null, sizeof(null));
	r = put_auth_of_nobody(m);
	if (r < 0)
		return r;
	message_put_u32(m, XFRMA_SA_EXTRA_FLAGS, XFRM_SA_XFLAG_OSEQ_MAY_WRAP);
	message_put(m, XFRMA_ENCAP, &udp, sizeof(udp));
	return m->err;
}

struct sa_id sa_witness_id(uint32_t spi)
{
	return (struct sa_id){
		.src = SA_WITNESS_ADDRESS, .dst = SA_WITNESS_ADDRESS, .spi = spi, .reqid = SA_RETURN_REQID
	};
}

int sa_build_witness(struct message *m, uint32_t spi)
{
	struct xfrm_algo null = { .alg_name = "ecb(cipher_null)" };
	struct sa_id s = sa_witness_id(spi);
	int r;

	start_add(m, &s, false)->mode = XFRM_MODE_TRANSPORT;
	message_put(m, XFRMA_ALG_CRYPT, &null, sizeof(null));
	r = put_auth_of_nobody(m);
	return r < 0 ? r : m->err;
}

int sa_build_id(struct message *m, uint16_t type, const struct sa_id *s)
{
	xfrm_address_t src = { .a4 = htonl(s->src) };
	struct xfrm_usersa_id *id;

	message_start(m, type, NLM_F_REQUEST | NLM_F_ACK);
	id = message_extra(m, sizeof(*id));
	id->daddr.a4 = htonl(s->dst);
	id->spi = htonl(s->spi);
	id->family = AF_INET;
	id->proto = sa_is_carrier(s) ? IPPROTO_AH : IPPROTO_ESP;
	message_put(m, XFRMA_SRCADDR, &src, sizeof(src));
	return m->err;
}

int sa_build_retire(struct message *m, const struct nlmsghdr *answer, uint64_t now)
{
	const struct xfrm_usersa_info *have = mnl_nlmsg_get_payload(answer);
	struct xfrm_usersa_info *info;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*have) || answer->nlmsg_len > sizeof(m->octets))
		return -EBADMSG;
	if (have->lft.hard_add_expires_seconds > 0 &&
	    (int64_t)(have->lft.hard_add_expires_seconds + have->curlft.add_time - now) <= SA_RETIREMENT)
		return 1;
	message_start(m, XFRM_MSG_UPDSA, 0);
	memcpy(m->octets, answer, answer->nlmsg_len);
	m->hdr.nlmsg_type = XFRM_MSG_UPDSA;
	m->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE;
	m->hdr.nlmsg_pid = 0;
	info = mnl_nlmsg_get_payload(&m->hdr);
	info->lft.hard_add_expires_seconds = lifetime_to(now, SA_RETIREMENT, have->curlft.add_time);
	return 0;
}

/* Octets before the key in the attributes that carry one. */
static size_t key_offset(uint16_t type)
{
	if (type == XFRMA_ALG_CRYPT)
		return offsetof(struct xfrm_algo, alg_key);
	if (type == XFRMA_ALG_AUTH_TRUNC)
		return offsetof(struct xfrm_algo_auth, alg_key);
	if (type == XFRMA_ALG_AEAD)
		return offsetof(struct xfrm_algo_aead, alg_key);
	return 0;
}

static void append_material(struct secret *s, const void *data, size_t len)
{
	if (len > (size_t)SECRET_MAX - s->len)
		return; /* longer than any of ours, so the two differ by their lengths */
	memcpy(s->data + s->len, data, len);
	s->len = (uint16_t)(s->len + len);
}

/*
 * Two SAs with one SPI are the same SA when these octets are equal.  REDACTED: the keys are zeros.  DEVICE: also the
 * one that the SA belongs to.
 */
static void read_material(const struct nlmsghdr *nlh, bool device, struct secret *ret, bool *ret_redacted)
{
	static const uint16_t types[] = { XFRMA_ALG_CRYPT, XFRMA_ALG_AEAD, XFRMA_ALG_AUTH_TRUNC, XFRMA_SA_EXTRA_FLAGS,
					  XFRMA_IF_ID };
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(nlh);
	const uint8_t head[] = { info->mode, info->flags, info->replay_window };
	const struct nlattr *attr;
	bool keys = false, zero = true;

	*ret = (struct secret){ 0 };
	append_material(ret, head, sizeof(head));
	for (size_t i = 0; i < ARRAY_SIZE(types) - (device ? 0 : 1); i++)
		message_for_each(attr, nlh, sizeof(*info))
		{
			const uint8_t *p = mnl_attr_get_payload(attr);
			size_t len = mnl_attr_get_payload_len(attr), offset = key_offset(types[i]);

			if (mnl_attr_get_type(attr) != types[i])
				continue;
			append_material(ret, p, len);
			for (size_t j = offset; offset > 0 && j < len; j++) {
				keys = true;
				zero = zero && p[j] == 0;
			}
		}
	*ret_redacted = keys && zero;
}

bool sa_parse(const struct nlmsghdr *nlh, struct sa_seen *ret)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct sa_id s = { 0 };

	if (nlh->nlmsg_type != XFRM_MSG_NEWSA || mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return false;
	if (info->family != AF_INET || info->reqid < KERNEL_REQID_MIN || info->reqid > KERNEL_REQID_MAX)
		return false;
	s.dst = ntohl(info->id.daddr.a4);
	if (info->id.proto != (sa_is_carrier(&s) ? IPPROTO_AH : IPPROTO_ESP))
		return false;
	*ret = (struct sa_seen){
		.id = { .src = ntohl(info->saddr.a4),
			.dst = ntohl(info->id.daddr.a4),
			.spi = ntohl(info->id.spi),
			.reqid = info->reqid },
		.added = info->curlft.add_time,
		.hard_seconds = info->lft.hard_add_expires_seconds,
		.packets = info->curlft.packets,
		.bytes = info->curlft.bytes,
		.hard_bytes = info->lft.hard_byte_limit,
		.hard_packets = info->lft.hard_packet_limit,
		.beet = info->mode == XFRM_MODE_BEET,
		.larval = true,
	};
	read_material(nlh, true, &ret->material, &ret->redacted);
	message_for_each(attr, nlh, sizeof(*info))
	{
		ret->counter_mode |= mnl_attr_get_type(attr) == XFRMA_ALG_AEAD;
		ret->larval &= key_offset(mnl_attr_get_type(attr)) == 0;
	}
	return true;
}

bool sa_is_same(const struct sa_seen *have, const struct message *m)
{
	struct secret material;
	bool redacted, same;

	/* A candidate gets its device when it becomes an SA. */
	read_material(&m->hdr, !sa_is_candidate(have), &material, &redacted);
	same = material.len == have->material.len && (have->redacted || secret_equal(&material, &have->material));
	secret_wipe(&material);
	return same;
}

bool sa_ends_as(const struct sa_seen *have, const struct plan_sa *sa, uint64_t now)
{
	uint64_t ends = have->added + have->hard_seconds, wanted = now + sa->hard_seconds;

	if (have->hard_bytes != sa_hard_bytes(&sa->tek) || sa_is_candidate(have))
		return false;
	if (have->hard_seconds == 0 || sa->hard_seconds == 0)
		return have->hard_seconds == sa->hard_seconds;
	return ends <= wanted + SA_LIFETIME_SLACK && wanted <= ends + SA_LIFETIME_SLACK;
}
