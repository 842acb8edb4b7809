/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/phase1_state.h"

void phase1_reply_begin(struct phase1 *p, struct phase1_reply *reply)
{
	struct isakmp_header h = { .exchange = (uint8_t)p->params.mode };

	memcpy(h.cookie_i, p->cookie_i, sizeof(h.cookie_i));
	memcpy(h.cookie_r, p->cookie_r, sizeof(h.cookie_r));
	message_begin(&reply->m, &h);
	reply->present = true;
}

static int keep_sa(struct phase1 *p, const uint8_t *body, size_t len)
{
	if (len > sizeof(p->sa_i.data))
		return -EMSGSIZE;
	memcpy(p->sa_i.data, body, len);
	p->sa_i.len = (uint16_t)len;
	return 0;
}

int phase1_offer(struct phase1 *p, struct phase1_reply *reply)
{
	size_t at = reply->m.w.len + 4; /* the body, after its generic header */

	phase1_sa_offer(&reply->m, p->doi, p->params.situation, p->params.proposals, p->params.n_proposals);
	if (reply->m.w.err)
		return reply->m.w.err;
	return keep_sa(p, reply->m.w.data + at, reply->m.w.len - at);
}

int phase1_choose(struct phase1 *p, const struct phase1_in *in, struct phase1_choice *ret, struct ike_diag *diag)
{
	struct phase1_choice choice;
	struct payload sa;
	struct reader peek;
	uint32_t doi;
	int r = payloads_one(in->payloads, PAYLOAD_SA, &sa, diag);

	if (r < 0)
		return r;
	peek = sa.body;
	doi = read_u32(&peek);
	if (!peek.failed && doi != IKE_DOI_IPSEC && doi != IKE_DOI_GDOI)
		return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_DOI_UNKNOWN, doi);
	if (!peek.failed && p->params.doi != 0 && doi != p->params.doi)
		return diag_fail(diag, -EPROTONOSUPPORT, CAUSE_DOI_NOT_CONFIGURED, doi, p->params.doi);
	r = phase1_sa_choose(&choice, sa.body, p->params.proposals, p->params.n_proposals, diag);
	if (r < 0)
		return r;
	r = keep_sa(p, sa.body.at, sa.body.left);
	if (r < 0)
		return diag_fail(diag, -EBADMSG, CAUSE_SA_LENGTH, sa.body.left);
	p->chosen = choice.proposal;
	p->doi = choice.doi;
	*ret = choice;
	return 0;
}

int phase1_take_answer(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag)
{
	struct payload sa;
	int r = payloads_one(in->payloads, PAYLOAD_SA, &sa, diag);

	return r < 0 ? r
		     : phase1_sa_answer(&p->chosen, sa.body, p->doi, p->params.proposals, p->params.n_proposals, diag);
}

int phase1_take_ke_nonce(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag)
{
	struct payload ke, nonce;
	size_t want = ike_public_len(p->chosen.group);
	int r = payloads_one(in->payloads, PAYLOAD_KE, &ke, diag);

	if (r == 0)
		r = payloads_one(in->payloads, PAYLOAD_NONCE, &nonce, diag);
	if (r < 0)
		return r;
	if (ke.body.left != want)
		return diag_fail(diag, -EBADMSG, CAUSE_KE_LENGTH, ke.body.left, ike_group_name(p->chosen.group), want);
	if (nonce.body.left < PHASE1_NONCE_MIN || nonce.body.left > PHASE1_NONCE_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_NONCE_PHASE1, nonce.body.left);
	r = octets_set(p->params.initiator ? &p->public_r : &p->public_i, ke.body.at, ke.body.left);
	if (r == 0)
		r = octets_set(p->params.initiator ? &p->nonce_r : &p->nonce_i, nonce.body.at, nonce.body.left);
	return r;
}

int phase1_make_ke_nonce(struct phase1 *p)
{
	int r = dh_new(&p->dh, p->chosen.group);

	if (r < 0)
		return r;
	p->public_r = *dh_public(p->dh);
	p->nonce_r.len = PHASE1_NONCE_LEN;
	return crypto_random(p->nonce_r.data, p->nonce_r.len);
}

void phase1_use_value(struct phase1 *p, struct dh *dh, const struct octets *nonce)
{
	p->dh = dh;
	p->public_i = *dh_public(dh);
	p->nonce_i = *nonce;
}

void phase1_write_ke_nonce(struct phase1 *p, struct phase1_reply *reply)
{
	const struct octets *ke = p->params.initiator ? &p->public_i : &p->public_r;
	const struct octets *nonce = p->params.initiator ? &p->nonce_i : &p->nonce_r;

	message_add(&reply->m, PAYLOAD_KE, ke->data, ke->len);
	message_add(&reply->m, PAYLOAD_NONCE, nonce->data, nonce->len);
}

int phase1_take_id(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag)
{
	struct payload id;
	int r = payloads_one(in->payloads, PAYLOAD_ID, &id, diag);

	if (r < 0)
		return r;
	r = octets_set(p->params.initiator ? &p->id_r : &p->id_i, id.body.at, id.body.left);
	return r < 0 ? diag_fail(diag, -EBADMSG, CAUSE_ID_LENGTH, id.body.left) : 0;
}

void phase1_write_id(struct phase1 *p, struct phase1_reply *reply)
{
	struct octets *id = p->params.initiator ? &p->id_i : &p->id_r;

	ident_body(id, &p->params.local_id);
	message_add(&reply->m, PAYLOAD_ID, id->data, id->len);
}

void phase1_write_vendor(struct phase1 *p, struct phase1_reply *reply)
{
	static const uint8_t d3p[VENDOR_D3P_LEN] = VENDOR_D3P;

	if (p->params.d3p)
		message_add(&reply->m, PAYLOAD_VENDOR_ID, d3p, sizeof(d3p));
}

int phase1_derive(struct phase1 *p, struct ike_diag *diag)
{
	const struct octets *peer = p->params.initiator ? &p->public_r : &p->public_i;
	struct secret shared = { 0 };
	struct keys_input in = { .psk = &p->params.psk,
				 .shared = &shared,
				 .nonce_i = &p->nonce_i,
				 .nonce_r = &p->nonce_r,
				 .cookie_i = p->cookie_i,
				 .cookie_r = p->cookie_r };
	int r = dh_shared(p->dh, peer->data, peer->len, &shared);

	if (r == -EBADMSG)
		diag_fail(diag, r, CAUSE_PUBLIC_VALUE, ike_group_name(p->chosen.group));
	if (r == 0)
		r = keys_derive(&p->keys, p->chosen.hash, p->chosen.cipher, &in);
	if (r == 0)
		r = keys_iv_phase1(p->chosen.hash, &p->public_i, &p->public_r, p->iv);
	p->keyed = r == 0;
	/* The secret of an ECP group is padded by everybody. */
	p->short_secret = r == 0 && shared.data[0] == 0 && shared.len == ike_public_len(p->chosen.group);
	secret_wipe(&shared);
	return r;
}

static int prove_identity(const struct phase1 *p, bool initiator, uint8_t ret[static CRYPTO_HASH_MAX])
{
	struct keys_proof in = { .initiator = initiator,
				 .public_i = &p->public_i,
				 .public_r = &p->public_r,
				 .cookie_i = p->cookie_i,
				 .cookie_r = p->cookie_r,
				 .sa_i = { p->sa_i.data, p->sa_i.len },
				 .id = initiator ? &p->id_i : &p->id_r };

	return keys_prove(&p->keys, &in, ret);
}

int phase1_write_hash(struct phase1 *p, struct phase1_reply *reply)
{
	uint8_t hash[CRYPTO_HASH_MAX];
	int r = prove_identity(p, p->params.initiator, hash);

	if (r == 0)
		message_add(&reply->m, PAYLOAD_HASH, hash, ike_hash_len(p->keys.hash));
	return r;
}

/* RFC 6407 3.1 and 7.2.6: a peer that holds the key need not be one that may serve the group. */
static int check_peer_id(const struct phase1 *p, struct ike_diag *diag)
{
	char got[IDENT_TEXT_MAX], want[IDENT_TEXT_MAX];
	struct ike_id id;
	int r = ident_read(&id, p->params.initiator ? &p->id_r : &p->id_i, diag);

	if (r < 0)
		return -EACCES;
	if (!ident_equal(&id, &p->params.remote_id))
		return diag_fail(diag, -EACCES, CAUSE_STRANGER, ident_text(&p->params.remote_id, want),
				 ident_text(&id, got));
	return 0;
}

int phase1_verify(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag)
{
	uint8_t want[CRYPTO_HASH_MAX];
	struct payload hash;
	int r = payloads_one(in->payloads, PAYLOAD_HASH, &hash, diag);

	if (r == 0)
		r = prove_identity(p, !p->params.initiator, want);
	if (r < 0)
		return r;
	diag->key_differs =
		hash.body.left != ike_hash_len(p->keys.hash) || !crypto_equal(hash.body.at, want, hash.body.left);
	if (diag->key_differs)
		return diag_fail(diag, -EBADMSG, CAUSE_KEY_DIFFERS, p->params.initiator ? "HASH_R" : "HASH_I");
	return check_peer_id(p, diag);
}

void phase1_finish(struct phase1 *p)
{
	p->expects = 0;
	p->done = true;
}
