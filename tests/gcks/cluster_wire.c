/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/cluster_wire.h"

#include "ike/crypto.h"

#include <openssl/evp.h>

#define MAGIC 0x47434b43u /* "GCKC" */
#define VERSION 1
#define HEADER_LEN 32
#define NONCE_AT 20
#define TAG_LEN 16

#define FLAG_ROOT 1u
#define FLAG_HOLDS 2u
#define FLAG_PRIMARY 4u
#define FLAGS_KNOWN (FLAG_ROOT | FLAG_HOLDS | FLAG_PRIMARY)

void write_u64(struct writer *w, uint64_t v)
{
	write_u32(w, (uint32_t)(v >> 32));
	write_u32(w, (uint32_t)v);
}

uint64_t read_u64(struct reader *r)
{
	uint64_t high = read_u32(r);

	return high << 32 | read_u32(r);
}

static void write_header(struct writer *w, const struct cluster_header *h)
{
	write_u32(w, MAGIC);
	write_u32(w, VERSION);
	write_u32(w, h->group);
	write_u32(w, h->from);
	write_u32(w, h->to);
	write_u64(w, h->boot);
	write_u32(w, h->counter);
}

int cluster_peek(const void *data, size_t len, struct cluster_header *ret)
{
	struct reader r = reader_of(data, len);
	struct cluster_header h;

	if (read_u32(&r) != MAGIC || read_u32(&r) != VERSION)
		return -EBADMSG;
	h.group = read_u32(&r);
	h.from = read_u32(&r);
	h.to = read_u32(&r);
	h.boot = read_u64(&r);
	h.counter = read_u32(&r);
	if (r.failed || r.left < TAG_LEN)
		return -EBADMSG;
	*ret = h;
	return 0;
}

static int derive_key(const struct secret *psk, const struct cluster_header *h, uint8_t ret[static CRYPTO_HASH_MAX])
{
	static const char label[] = "gcks server cluster";
	struct writer w = { 0 };
	int r;

	write_bytes(&w, label, sizeof(label));
	write_u32(&w, h->group);
	write_u32(&w, h->from);
	write_u32(&w, h->to);
	r = w.err;
	if (r == 0)
		r = crypto_prf(IKE_SHA256, psk, &(struct chunk){ w.data, w.len }, 1, ret);
	writer_clear(&w);
	return r;
}

/* IN to OUT, which has the same length; the tag is written or checked.  -EBADMSG: the tag is wrong. */
static int run_gcm(bool encrypt, const uint8_t *key, const uint8_t header[static HEADER_LEN], const uint8_t *in,
		   size_t len, uint8_t *out, uint8_t tag[static TAG_LEN])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, r = -EIO;

	if (c == NULL)
		return -ENOMEM;
	if (EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, header + NONCE_AT, encrypt) != 1 ||
	    EVP_CipherUpdate(c, NULL, &n, header, HEADER_LEN) != 1 || EVP_CipherUpdate(c, out, &n, in, (int)len) != 1)
		goto out;
	if (!encrypt && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) != 1)
		goto out;
	if (EVP_CipherFinal_ex(c, out + len, &n) != 1) {
		r = encrypt ? -EIO : -EBADMSG;
		goto out;
	}
	if (encrypt && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) != 1)
		goto out;
	r = 0;
out:
	EVP_CIPHER_CTX_free(c);
	return r;
}

static void write_body(struct writer *w, const struct cluster_hello *m)
{
	write_u64(w, m->challenge);
	write_u64(w, m->echo);
	write_u8(w,
		 (uint8_t)((m->root ? FLAG_ROOT : 0) | (m->holds ? FLAG_HOLDS : 0) | (m->primary ? FLAG_PRIMARY : 0)));
	write_u32(w, m->term);
	write_u64(w, m->version);
	write_u32(w, m->sender_generation);
	write_u32(w, m->sender_ids);
	write_u64(w, m->events_boot);
	write_u32(w, m->events_taken);
	write_u8(w, (uint8_t)m->n_events);
	for (size_t i = 0; i < m->n_events; i++) {
		write_u32(w, m->events[i].number);
		write_u32(w, m->events[i].addr);
		write_u64(w, m->events[i].change);
		write_u8(w, m->events[i].has_kek);
	}
	write_u32(w, (uint32_t)m->state.len);
	write_bytes(w, m->state.data, m->state.len);
}

int cluster_seal(const struct secret *psk, const struct cluster_header *header, const struct cluster_hello *hello,
		 struct writer *ret)
{
	uint8_t key[CRYPTO_HASH_MAX], tag[TAG_LEN];
	struct writer w = { 0 };
	int r = derive_key(psk, header, key);

	if (r < 0)
		return r;
	write_header(&w, header);
	write_body(&w, hello);
	r = w.err;
	if (r == 0)
		r = run_gcm(true, key, w.data, w.data + HEADER_LEN, w.len - HEADER_LEN, w.data + HEADER_LEN, tag);
	if (r == 0) {
		write_bytes(&w, tag, sizeof(tag));
		r = w.err;
	}
	if (r == 0)
		*ret = w;
	else
		writer_clear(&w);
	explicit_bzero(key, sizeof(key));
	return r;
}

static int read_events(struct reader *r, struct cluster_hello *ret)
{
	ret->n_events = read_u8(r);
	if (ret->n_events > CLUSTER_EVENTS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < ret->n_events; i++) {
		struct cluster_event *e = &ret->events[i];
		uint8_t has_kek;

		e->number = read_u32(r);
		e->addr = read_u32(r);
		e->change = read_u64(r);
		has_kek = read_u8(r);
		if (has_kek > 1)
			return -EBADMSG;
		e->has_kek = has_kek == 1;
	}
	return 0;
}

static int read_body(const void *data, size_t len, struct cluster_hello *ret)
{
	struct reader r = reader_of(data, len);
	struct cluster_hello m = { 0 };
	uint8_t flags;

	m.challenge = read_u64(&r);
	m.echo = read_u64(&r);
	flags = read_u8(&r);
	m.root = (flags & FLAG_ROOT) != 0;
	m.holds = (flags & FLAG_HOLDS) != 0;
	m.primary = (flags & FLAG_PRIMARY) != 0;
	m.term = read_u32(&r);
	m.version = read_u64(&r);
	m.sender_generation = read_u32(&r);
	m.sender_ids = read_u32(&r);
	m.events_boot = read_u64(&r);
	m.events_taken = read_u32(&r);
	if (read_events(&r, &m) < 0)
		return -EBADMSG;
	m.state.len = read_u32(&r);
	m.state.data = read_bytes(&r, m.state.len);
	if (r.failed || r.left > 0 || (flags & ~FLAGS_KNOWN) != 0 || (m.primary && !m.holds) ||
	    (m.state.len > 0 && !m.primary))
		return -EBADMSG;
	*ret = m;
	return 0;
}

int cluster_open(const struct secret *psk, const void *data, size_t len, struct cluster_header *ret_header,
		 struct cluster_hello *ret, struct writer *ret_plain)
{
	uint8_t key[CRYPTO_HASH_MAX], tag[TAG_LEN];
	struct cluster_header h;
	struct writer w = { 0 };
	size_t n;
	int r = cluster_peek(data, len, &h);

	if (r < 0)
		return r;
	n = len - HEADER_LEN - TAG_LEN;
	memcpy(tag, (const uint8_t *)data + len - TAG_LEN, TAG_LEN);
	write_zeros(&w, n);
	r = n == 0 ? -EBADMSG : w.err;
	if (r == 0)
		r = derive_key(psk, &h, key);
	if (r == 0) {
		r = run_gcm(false, key, data, (const uint8_t *)data + HEADER_LEN, n, w.data, tag);
		explicit_bzero(key, sizeof(key));
	}
	if (r == 0)
		r = read_body(w.data, w.len, ret);
	if (r < 0) {
		writer_clear(&w);
		return r;
	}
	*ret_header = h;
	*ret_plain = w;
	return 0;
}
