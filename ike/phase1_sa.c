/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/phase1_sa.h"

#define TRANSFORM_KEY_IKE 1

enum { /* RFC 2409 appendix A, RFC 3602 5 */
       ATTR_ENCRYPTION = 1,
       ATTR_HASH = 2,
       ATTR_AUTHENTICATION = 3,
       ATTR_GROUP = 4,
       ATTR_LIFE_TYPE = 11,
       ATTR_LIFE_DURATION = 12,
       ATTR_KEY_LENGTH = 14,
       ENCRYPTION_AES_CBC = 7,
       AUTHENTICATION_PSK = 1,
       LIFE_SECONDS = 1,
       LIFE_KILOBYTES = 2,
};

/* Opens the SA payload and its one proposal, leaves the writer at the place of the first transform. */
static struct chain open_proposal(struct message *m, struct chain *sa, uint32_t doi, uint32_t situation, uint8_t number,
				  uint8_t transforms)
{
	struct chain proposal = { .next_at = CHAIN_IMPLIED };

	*sa = m->chain;
	chain_begin(sa, &m->w, PAYLOAD_SA);
	write_u32(&m->w, doi);
	write_u32(&m->w, situation);
	chain_begin(&proposal, &m->w, PAYLOAD_PROPOSAL);
	write_u8(&m->w, number);
	write_u8(&m->w, ISAKMP_PROTOCOL_ISAKMP);
	write_u8(&m->w, 0); /* SPI size: the cookies are the SPI */
	write_u8(&m->w, transforms);
	return proposal;
}

static void close_proposal(struct message *m, struct chain *sa, struct chain *proposal)
{
	chain_end(proposal, &m->w);
	chain_end(sa, &m->w);
	m->chain = *sa;
}

static void write_transform(struct writer *w, struct chain *transforms, uint8_t number, const struct ike_proposal *p)
{
	chain_begin(transforms, w, PAYLOAD_TRANSFORM);
	write_u8(w, number);
	write_u8(w, TRANSFORM_KEY_IKE);
	write_u16(w, 0);
	write_attribute_basic(w, ATTR_ENCRYPTION, ENCRYPTION_AES_CBC);
	write_attribute_basic(w, ATTR_KEY_LENGTH, (uint16_t)(cipher_key_len(p->cipher) * 8));
	write_attribute_basic(w, ATTR_HASH, (uint16_t)p->hash);
	write_attribute_basic(w, ATTR_GROUP, (uint16_t)p->group);
	write_attribute_basic(w, ATTR_AUTHENTICATION, AUTHENTICATION_PSK);
	write_attribute_basic(w, ATTR_LIFE_TYPE, LIFE_SECONDS);
	write_attribute_u32(w, ATTR_LIFE_DURATION, p->lifetime_seconds);
	chain_end(transforms, w);
}

void phase1_sa_offer(struct message *m, uint32_t doi, uint32_t situation, const struct ike_proposal *proposals,
		     size_t n)
{
	struct chain sa, transforms = { .next_at = CHAIN_IMPLIED };
	struct chain proposal = open_proposal(m, &sa, doi, situation, 1, (uint8_t)n);

	for (size_t i = 0; i < n; i++)
		write_transform(&m->w, &transforms, (uint8_t)(i + 1), &proposals[i]);
	close_proposal(m, &sa, &proposal);
}

void phase1_sa_echo(struct message *m, const struct phase1_choice *choice)
{
	struct chain sa, transforms = { .next_at = CHAIN_IMPLIED };
	struct chain proposal = open_proposal(m, &sa, choice->doi, choice->situation, choice->proposal_number, 1);

	chain_begin(&transforms, &m->w, PAYLOAD_TRANSFORM);
	write_bytes(&m->w, choice->transform.data, choice->transform.len);
	chain_end(&transforms, &m->w);
	close_proposal(m, &sa, &proposal);
}

struct transform {
	uint8_t number;
	uint32_t encryption, hash, authentication, group, key_bits;
	uint32_t life_type, life_seconds;
	bool unknown; /* has an attribute that is not known here, or one of them twice */
};

static int take_attribute(struct transform *t, const struct attribute *a)
{
	uint32_t *field = NULL, value;
	int r = attribute_u32(a, &value);

	switch (a->type) {
	case ATTR_ENCRYPTION:
		field = &t->encryption;
		break;
	case ATTR_HASH:
		field = &t->hash;
		break;
	case ATTR_AUTHENTICATION:
		field = &t->authentication;
		break;
	case ATTR_GROUP:
		field = &t->group;
		break;
	case ATTR_KEY_LENGTH:
		field = &t->key_bits;
		break;
	case ATTR_LIFE_TYPE:
		t->life_type = value;
		return r;
	case ATTR_LIFE_DURATION:
		if (t->life_type == LIFE_SECONDS)
			t->life_seconds = value;
		else if (t->life_type != LIFE_KILOBYTES)
			t->unknown = true;
		t->life_type = 0;
		return r;
	default:
		t->unknown = true;
		return 0;
	}
	if (r == 0 && *field != 0)
		t->unknown = true;
	*field = value;
	return r;
}

static int read_transform(struct transform *ret, struct reader body, struct ike_diag *diag)
{
	struct transform t = { .number = read_u8(&body) };
	uint8_t id = read_u8(&body);
	struct attribute a;
	int r;

	(void)read_u16(&body); /* RESERVED2 */
	if (body.failed)
		return diag_fail(diag, -EBADMSG, CAUSE_TRANSFORM_SHORT);
	while ((r = attribute_next(&body, &a)) > 0) {
		r = take_attribute(&t, &a);
		if (r < 0)
			return diag_fail(diag, -EBADMSG, CAUSE_TRANSFORM_NUMBER, t.number, a.type);
	}
	if (r < 0)
		return diag_fail(diag, -EBADMSG, CAUSE_TRANSFORM_LENGTH, t.number);
	if (id != TRANSFORM_KEY_IKE || t.authentication != AUTHENTICATION_PSK || t.encryption != ENCRYPTION_AES_CBC)
		t.unknown = true;
	*ret = t;
	return 0;
}

static bool transform_is(const struct transform *t, const struct ike_proposal *p)
{
	return !t->unknown && t->hash == (uint32_t)p->hash && t->group == (uint32_t)p->group &&
	       cipher_cbc(t->key_bits) == p->cipher;
}

struct proposal {
	uint8_t number, transforms;
	struct payload_walk walk; /* at the first transform */
};

static int read_proposal(struct proposal *ret, struct payload *p, struct ike_diag *diag)
{
	struct proposal o = { .number = read_u8(&p->body) };
	uint8_t protocol = read_u8(&p->body), spi_size = read_u8(&p->body);

	o.transforms = read_u8(&p->body);
	(void)read_bytes(&p->body, spi_size); /* RFC 2408 3.5: of any length, not used */
	if (p->body.failed || protocol != ISAKMP_PROTOCOL_ISAKMP)
		return diag_fail(diag, -EBADMSG, CAUSE_PROPOSAL_PROTOCOL, o.number);
	o.walk = (struct payload_walk){ .rest = p->body, .next = PAYLOAD_TRANSFORM };
	*ret = o;
	return 0;
}

/* The next transform of a proposal: 1, 0 at its end, -EBADMSG. */
static int next_transform(struct proposal *p, struct transform *ret, struct chunk *ret_body, struct ike_diag *diag)
{
	struct payload t;
	int r = payload_next(&p->walk, &t, diag);

	if (r < 0)
		return r;
	if (r == 0)
		return p->walk.rest.left > 0 ? diag_fail(diag, -EBADMSG, CAUSE_TRANSFORM_TRAILER) : 0;
	if (t.type != PAYLOAD_TRANSFORM)
		return diag_fail(diag, -EBADMSG, CAUSE_TRANSFORM_TYPE, t.type);
	*ret_body = (struct chunk){ t.body.at, t.body.left };
	r = read_transform(ret, t.body, diag);
	return r < 0 ? r : 1;
}

static int read_sa(struct reader *body, uint32_t *ret_doi, uint32_t *ret_situation, struct ike_diag *diag)
{
	*ret_doi = read_u32(body);
	*ret_situation = read_u32(body);
	return body->failed ? diag_fail(diag, -EBADMSG, CAUSE_SA_SHORT) : 0;
}

static int match_answer(struct ike_proposal *ret, const struct transform *t, const struct ike_proposal *proposals,
			size_t n, struct ike_diag *diag)
{
	bool offered = false;

	/* Proposals may differ in their lifetimes only: the number tells which it is. */
	for (size_t i = 0; i < n; i++) {
		if (!transform_is(t, &proposals[i]))
			continue;
		offered = true;
		if (t->number != i + 1 && t->number != 1)
			continue;
		*ret = proposals[i];
		if (t->life_seconds > 0 && t->life_seconds < ret->lifetime_seconds)
			ret->lifetime_seconds = t->life_seconds;
		return 0;
	}
	if (offered)
		return diag_fail(diag, -ENOENT, CAUSE_ANSWER_NUMBER, t->number);
	return diag_fail(diag, -ENOENT, CAUSE_ANSWER_NOT_OFFERED, t->encryption, t->key_bits, t->hash, t->group,
			 t->authentication);
}

int phase1_sa_answer(struct ike_proposal *ret, struct reader body, uint32_t doi, const struct ike_proposal *proposals,
		     size_t n, struct ike_diag *diag)
{
	uint32_t got_doi, situation;
	struct payload_walk walk;
	struct proposal proposal;
	struct transform t, other;
	struct payload p;
	struct chunk raw;
	int r = read_sa(&body, &got_doi, &situation, diag);

	if (r < 0)
		return r;
	if (got_doi != doi)
		return diag_fail(diag, got_doi == IKE_DOI_IPSEC && doi == IKE_DOI_GDOI ? -EPROTONOSUPPORT : -EBADMSG,
				 CAUSE_ANSWER_DOI, got_doi, doi);
	walk = (struct payload_walk){ .rest = body, .next = PAYLOAD_PROPOSAL };
	r = payload_next(&walk, &p, diag);
	if (r < 0)
		return r;
	if (walk.next != PAYLOAD_NONE || walk.rest.left > 0)
		return diag_fail(diag, -EBADMSG, CAUSE_ANSWER_PROPOSALS);
	r = read_proposal(&proposal, &p, diag);
	if (r < 0)
		return r;
	r = next_transform(&proposal, &t, &raw, diag);
	if (r == 0)
		return diag_fail(diag, -EBADMSG, CAUSE_ANSWER_EMPTY);
	if (r > 0)
		r = next_transform(&proposal, &other, &raw, diag);
	if (r > 0)
		return diag_fail(diag, -EBADMSG, CAUSE_ANSWER_TRANSFORMS);
	return r < 0 ? r : match_answer(ret, &t, proposals, n, diag);
}

/* The first transform of one proposal that is ours: 1, 0 for none, -EBADMSG. */
static int choose_transform(struct phase1_choice *ret, struct proposal *offered, const struct ike_proposal *proposals,
			    size_t n, struct ike_diag *diag)
{
	struct transform t;
	struct chunk raw;
	bool chosen = false;
	size_t count = 0;
	int r;

	while ((r = next_transform(offered, &t, &raw, diag)) > 0) {
		if (++count > PHASE1_TRANSFORMS_MAX)
			return diag_fail(diag, -EBADMSG, CAUSE_TRANSFORMS_TOO_MANY, PHASE1_TRANSFORMS_MAX);
		for (size_t i = 0; i < n && !chosen; i++) {
			chosen = transform_is(&t, &proposals[i]);
			if (!chosen)
				continue;
			ret->proposal = proposals[i];
			ret->proposal_number = offered->number;
			ret->transform = raw;
			if (t.life_seconds > 0 && t.life_seconds < proposals[i].lifetime_seconds)
				ret->proposal.lifetime_seconds = t.life_seconds;
		}
	}
	if (r == 0 && count != offered->transforms)
		return diag_fail(diag, -EBADMSG, CAUSE_TRANSFORMS_COUNT, offered->transforms, count);
	return r < 0 ? r : chosen;
}

int phase1_sa_choose(struct phase1_choice *ret, struct reader body, const struct ike_proposal *proposals, size_t n,
		     struct ike_diag *diag)
{
	struct phase1_choice choice = { 0 };
	struct payload_walk walk;
	struct proposal offered;
	struct payload p;
	int r = read_sa(&body, &choice.doi, &choice.situation, diag), chosen = 0;

	if (r < 0)
		return r;
	walk = (struct payload_walk){ .rest = body, .next = PAYLOAD_PROPOSAL };
	while (chosen == 0 && (r = payload_next(&walk, &p, diag)) > 0) {
		if (p.type != PAYLOAD_PROPOSAL)
			return diag_fail(diag, -EBADMSG, CAUSE_PROPOSAL_TYPE, p.type);
		r = read_proposal(&offered, &p, diag);
		if (r < 0)
			return r;
		chosen = choose_transform(&choice, &offered, proposals, n, diag);
	}
	if (chosen < 0 || r < 0)
		return chosen < 0 ? chosen : r;
	if (chosen == 0)
		return diag_fail(diag, -ENOENT, CAUSE_NO_PROPOSAL_CHOSEN);
	*ret = choice;
	return 0;
}
