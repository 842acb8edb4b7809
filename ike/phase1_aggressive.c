/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aggressive mode (RFC 2409 5.4): one function for each message that comes in.  The group cannot be negotiated: all
 * transforms that are offered have the group of the first one.
 */
#include "ike/phase1_answers.h"

int aggressive_start(struct phase1 *p, struct phase1_reply *reply, struct ike_diag *diag)
{
	struct dh *dh;
	int r = phase1_offer(p, reply);

	(void)diag;
	p->chosen.group = p->params.proposals[0].group;
	if (r == 0)
		r = phase1_answers_value(p->answers, p->chosen.group, &dh);
	if (r < 0)
		return r;
	phase1_use_value(p, dh, &p->answers->nonce);
	phase1_write_ke_nonce(p, reply);
	phase1_write_id(p, reply);
	return 0;
}

int aggressive_1(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	struct phase1_choice choice;
	int r = phase1_choose(p, in, &choice, diag);

	if (r == 0)
		r = phase1_take_ke_nonce(p, in, diag);
	if (r == 0)
		r = phase1_take_id(p, in, diag);
	if (r == 0)
		r = phase1_make_ke_nonce(p);
	if (r == 0)
		r = phase1_derive(p, diag);
	if (r < 0)
		return r;
	phase1_reply_begin(p, reply);
	phase1_sa_echo(&reply->m, &choice);
	phase1_write_ke_nonce(p, reply);
	phase1_write_id(p, reply);
	phase1_write_vendor(p, reply);
	p->expects = 3;
	return phase1_write_hash(p, reply);
}

int aggressive_2(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	int r = phase1_take_answer(p, in, diag);

	if (r == 0)
		r = phase1_take_ke_nonce(p, in, diag);
	if (r == 0)
		r = phase1_take_id(p, in, diag);
	if (r == 0)
		r = phase1_derive(p, diag);
	if (r == 0)
		r = phase1_verify(p, in, diag);
	if (r < 0)
		return r;
	phase1_reply_begin(p, reply);
	reply->seal = true;
	phase1_finish(p);
	return phase1_write_hash(p, reply);
}

int aggressive_3(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	int r = phase1_verify(p, in, diag);

	(void)reply;
	if (r == 0)
		phase1_finish(p);
	return r;
}
