/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/responder.h"

#include "ike/responder_state.h"

#include <stdlib.h>

void answered_clear(struct answered *a)
{
	if (a->reply) {
		explicit_bzero(a->reply, a->reply_len);
		free(a->reply);
	}
	*a = (struct answered){ 0 };
}

bool answered_again(const struct answered *a, const struct responder_in *in)
{
	if (!a->present || memcmp(a->digest, in->digest, DIGEST_LEN) != 0)
		return false;
	if (a->reply && out_datagram_copy(in->out, a->reply, a->reply_len, in->addr, in->port) < 0)
		return true; /* as if it were lost on the way */
	return true;
}

void answered_set(struct answered *a, const struct responder_in *in, uint8_t *reply, size_t reply_len)
{
	answered_clear(a);
	a->present = true;
	memcpy(a->digest, in->digest, DIGEST_LEN);
	a->reply = reply;
	a->reply_len = reply_len;
	(void)answered_again(a, in);
}

int responder_new(struct responder **ret, const struct responder_ops *ops, uint32_t local)
{
	struct responder *r;

	if (!ops->peer || !ops->pull)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->ops = *ops;
	r->local = local;
	*ret = r;
	return 0;
}

static void responder_sa_free(struct responder_sa *sa)
{
	if (!sa)
		return;
	for (size_t i = 0; i < sa->n_pulls; i++)
		responder_pull_free(sa->pulls[i]);
	answered_clear(&sa->last);
	phase1_free(sa->phase1);
	explicit_bzero(sa, sizeof(*sa));
	free(sa);
}

void responder_free(struct responder *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_sas; i++)
		responder_sa_free(r->sas[i]);
	free(r);
}

/* Order is kept: the oldest comes first. */
static void remove_sa(struct responder *r, size_t i)
{
	responder_sa_free(r->sas[i]);
	r->n_sas--;
	memmove(&r->sas[i], &r->sas[i + 1], (r->n_sas - i) * sizeof(r->sas[0]));
	r->sas[r->n_sas] = NULL;
}

void responder_forget(struct responder *r, uint32_t addr)
{
	for (size_t i = r->n_sas; i-- > 0;)
		if (r->sas[i]->addr == addr && phase1_done(r->sas[i]->phase1) && r->sas[i]->n_pulls > 0)
			remove_sa(r, i);
}

static void expire_sas(struct responder *r, uint64_t now)
{
	for (size_t i = r->n_sas; i-- > 0;)
		if (r->sas[i]->expires <= now)
			remove_sa(r, i);
}

uint64_t responder_deadline(const struct responder *r)
{
	uint64_t deadline = UINT64_MAX;

	for (size_t i = 0; i < r->n_sas; i++)
		if (r->sas[i]->expires < deadline)
			deadline = r->sas[i]->expires;
	return deadline;
}

/* One address may not crowd out the others.  Of the attempts of one address the newest one counts. */
static int make_room(struct responder *r, uint32_t addr)
{
	size_t n = 0, oldest = 0;

	for (size_t i = r->n_sas; i-- > 0;) {
		if (r->sas[i]->addr != addr)
			continue;
		n++;
		oldest = i;
	}
	if (n >= RESPONDER_SAS_PER_PEER)
		remove_sa(r, oldest);
	return r->n_sas < RESPONDER_SAS_MAX ? 0 : -ENOBUFS;
}

static void set_lifetime(struct responder_sa *sa, uint64_t now)
{
	uint32_t life = phase1_chosen(sa->phase1)->lifetime_seconds;

	sa->expires = now + 1000ull * (life > 0 ? life : RESPONDER_LIFETIME_DEFAULT);
}

static void refuse_clear(const struct responder_in *in, uint16_t type)
{
	uint8_t *data;
	size_t len;

	if (clear_notify(in->h.cookie_i, in->h.cookie_r, type, &data, &len) == 0)
		out_datagram(in->out, data, len, in->addr, in->port);
}

static bool mode_allowed(const struct responder_peer *peer, uint8_t exchange)
{
	return exchange == EXCHANGE_MAIN ? peer->main_mode : peer->aggressive_mode;
}

static void params_of_peer(struct phase1_params *ret, const struct responder *r, const struct responder_peer *peer,
			   const struct responder_in *in)
{
	*ret = (struct phase1_params){
		.mode = in->h.exchange == EXCHANGE_MAIN ? IKE_MAIN : IKE_AGGRESSIVE,
		.n_proposals = peer->n_proposals,
		.psk = peer->psk,
		.local_id = peer->local_id.type != 0 ? peer->local_id : ident_of_address(r->local),
		.remote_id = peer->remote_id.type != 0 ? peer->remote_id : ident_of_address(in->addr),
		.doi = peer->doi_only,
		.d3p = peer->d3p,
	};
	memcpy(ret->proposals, peer->proposals, sizeof(ret->proposals));
}

static void open_sa(struct responder *r, const struct responder_peer *peer, const struct responder_in *in)
{
	struct ike_diag diag = { .out = in->out };
	struct phase1_params params;
	struct responder_sa *sa = calloc(1, sizeof(*sa));
	uint8_t *reply;
	size_t reply_len;
	int err;

	if (!sa)
		return;
	params_of_peer(&params, r, peer, in);
	err = phase1_accept(&sa->phase1, &params, in->data, in->len, &reply, &reply_len, &diag);
	secret_wipe(&params.psk);
	if (err == 0 && make_room(r, in->addr) < 0) {
		diag_note(&diag, IKE_NOTE_WARNING, NOTE_SAS_TOO_MANY, RESPONDER_SAS_MAX);
		free(reply);
		responder_sa_free(sa);
		return;
	}
	if (err < 0) {
		diag_note_cause(&diag, IKE_NOTE_WARNING, NOTE_PHASE1_REFUSED, err);
		if (err == -EPROTONOSUPPORT)
			refuse_clear(in, NOTIFY_DOI_NOT_SUPPORTED);
		else if (err == -ENOENT)
			refuse_clear(in, NOTIFY_NO_PROPOSAL_CHOSEN);
		responder_sa_free(sa);
		return;
	}
	sa->addr = in->addr;
	sa->tag = peer->tag;
	sa->id_length_2 = peer->id_length_2;
	sa->expires = in->now + RESPONDER_HALF_OPEN_MS;
	memcpy(sa->first_digest, in->digest, DIGEST_LEN);
	r->sas[r->n_sas++] = sa;
	answered_set(&sa->last, in, reply, reply_len);
}

static void input_first(struct responder *r, const struct responder_in *in)
{
	struct ike_diag diag = { .out = in->out };
	struct responder_peer peer = { 0 };

	for (size_t i = 0; i < r->n_sas; i++) {
		if (r->sas[i]->addr != in->addr || memcmp(r->sas[i]->first_digest, in->digest, DIGEST_LEN) != 0)
			continue;
		(void)answered_again(&r->sas[i]->last, in); /* silent when the exchange is past it */
		return;
	}
	if (in->h.exchange != EXCHANGE_MAIN && in->h.exchange != EXCHANGE_AGGRESSIVE)
		return;
	if (r->ops.peer(r->ops.ctx, in->addr, &peer) < 0)
		diag_note(&diag, IKE_NOTE_INFO, NOTE_PEER_UNKNOWN);
	else if (!mode_allowed(&peer, in->h.exchange))
		diag_note(&diag, IKE_NOTE_WARNING, NOTE_PEER_EXCHANGE, in->h.exchange);
	else
		open_sa(r, &peer, in);
	secret_wipe(&peer.psk);
}

static void input_phase1(struct responder_sa *sa, const struct responder_in *in)
{
	struct ike_diag diag = { .out = in->out };
	uint8_t *reply;
	size_t reply_len;
	int err;

	if (answered_again(&sa->last, in))
		return;
	err = phase1_input(sa->phase1, in->data, in->len, &reply, &reply_len, &diag);
	if (err < 0) {
		diag_note_cause(&diag, err == -EACCES ? IKE_NOTE_WARNING : IKE_NOTE_INFO,
				err == -EACCES ? NOTE_PHASE1_MESSAGE_REFUSED : NOTE_PHASE1_MESSAGE_IGNORED, err);
		return;
	}
	answered_set(&sa->last, in, reply, reply_len);
	if (phase1_done(sa->phase1))
		set_lifetime(sa, in->now);
}

/* True when the member deletes its ISAKMP SA. */
static bool input_informational(struct responder_sa *sa, const struct responder_in *in)
{
	struct ike_diag diag = { .out = in->out };
	struct informational own = phase1_informational(sa->phase1);
	bool gone = false;
	struct opened o;
	struct delete d;
	int r;

	if (!phase1_done(sa->phase1))
		return false;
	r = informational_open(&own, &o, &in->h, in->data, in->len, &diag);
	if (r < 0) {
		diag_note_cause(&diag, IKE_NOTE_INFO, NOTE_INFORMATIONAL_IGNORED, r);
		return false;
	}
	for (size_t i = 0; i < o.payloads.n; i++) {
		const struct payload *p = &o.payloads.list[i];

		if (p->type != PAYLOAD_DELETE || delete_read(&d, p->body, &diag) < 0 ||
		    d.protocol != ISAKMP_PROTOCOL_ISAKMP || d.spi_size != 2 * ISAKMP_COOKIE_LEN)
			continue;
		for (uint16_t k = 0; k < d.n; k++) {
			const uint8_t *spi = read_bytes(&d.spis, d.spi_size);

			gone |= memcmp(spi, own.cookie_i, ISAKMP_COOKIE_LEN) == 0 &&
				memcmp(spi + ISAKMP_COOKIE_LEN, own.cookie_r, ISAKMP_COOKIE_LEN) == 0;
		}
	}
	opened_clear(&o);
	return gone;
}

static void input_sa(struct responder *r, size_t i, const struct responder_in *in)
{
	struct responder_sa *sa = r->sas[i];
	bool encrypted = in->h.flags & ISAKMP_FLAG_ENCRYPTION;

	switch (in->h.exchange) {
	case EXCHANGE_MAIN:
	case EXCHANGE_AGGRESSIVE:
		input_phase1(sa, in);
		break;
	case EXCHANGE_INFORMATIONAL:
		if (encrypted && input_informational(sa, in))
			remove_sa(r, i);
		break;
	case EXCHANGE_GROUPKEY_PULL:
		if (encrypted && phase1_done(sa->phase1))
			responder_pull_input(r, sa, in);
		break;
	default:
		break;
	}
}

static int digest_of(const uint8_t *data, size_t len, uint8_t ret[static DIGEST_LEN])
{
	uint8_t hash[CRYPTO_HASH_MAX];
	int r = crypto_hash(IKE_SHA256, &(struct chunk){ data, len }, 1, hash);

	if (r == 0)
		memcpy(ret, hash, DIGEST_LEN);
	return r;
}

static void input_datagram(struct responder *r, struct responder_in *in)
{
	static const uint8_t zero[ISAKMP_COOKIE_LEN];
	struct ike_diag diag = { .out = in->out };

	if (isakmp_header_read(&in->h, in->data, in->len, &diag) < 0) {
		diag_note_cause(&diag, IKE_NOTE_DEBUG, NOTE_DATAGRAM_IGNORED, -EBADMSG);
		return;
	}
	if (digest_of(in->data, in->len, in->digest) < 0)
		return;
	if (memcmp(in->h.cookie_r, zero, sizeof(zero)) == 0) {
		input_first(r, in);
		return;
	}
	for (size_t i = 0; i < r->n_sas; i++) {
		if (r->sas[i]->addr != in->addr ||
		    memcmp(phase1_cookie_i(r->sas[i]->phase1), in->h.cookie_i, ISAKMP_COOKIE_LEN) != 0 ||
		    memcmp(phase1_cookie_r(r->sas[i]->phase1), in->h.cookie_r, ISAKMP_COOKIE_LEN) != 0)
			continue;
		input_sa(r, i, in);
		return;
	}
	diag_note(&diag, IKE_NOTE_DEBUG, NOTE_PEER_COOKIES);
}

void responder_step(struct responder *r, uint64_t now, uint32_t addr, uint16_t port, const uint8_t *data, size_t len,
		    struct ike_out *out)
{
	struct responder_in in = { .now = now, .addr = addr, .port = port, .data = data, .len = len, .out = out };

	expire_sas(r, now);
	if (data && len > 0)
		input_datagram(r, &in);
}
