/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Main mode (RFC 2409 5.4): what happens when message N comes in.  For message 2 see phase1_initiator.c. */
#include "ike/phase1_state.h"

int main_1(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	struct phase1_choice choice;
	int r = phase1_choose(p, in, &choice, diag);

	if (r < 0)
		return r;
	phase1_reply_begin(p, reply);
	phase1_sa_echo(&reply->m, &choice);
	phase1_write_vendor(p, reply);
	p->expects = 3;
	return 0;
}

int main_3(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	int r = phase1_take_ke_nonce(p, in, diag);

	if (r == 0)
		r = phase1_make_ke_nonce(p);
	if (r == 0)
		r = phase1_derive(p, diag);
	if (r < 0)
		return r;
	phase1_reply_begin(p, reply);
	phase1_write_ke_nonce(p, reply);
	p->expects = 5;
	return 0;
}

int main_4(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	int r = phase1_take_ke_nonce(p, in, diag);

	if (r == 0)
		r = phase1_derive(p, diag);
	if (r < 0)
		return r;
	phase1_reply_begin(p, reply);
	phase1_write_id(p, reply);
	reply->seal = true;
	p->expects = 6;
	return phase1_write_hash(p, reply);
}

int main_5(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	int r = phase1_take_id(p, in, diag);

	if (r == 0)
		r = phase1_verify(p, in, diag);
	if (r < 0)
		return r;
	phase1_reply_begin(p, reply);
	phase1_write_id(p, reply);
	reply->seal = true;
	phase1_finish(p);
	return phase1_write_hash(p, reply);
}

int main_6(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag)
{
	int r = phase1_take_id(p, in, diag);

	(void)reply;
	if (r == 0)
		r = phase1_verify(p, in, diag);
	if (r == 0)
		phase1_finish(p);
	return r;
}
