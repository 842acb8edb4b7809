/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_seq.h"

int gdoi_seq_read(uint32_t *ret, struct reader body, struct ike_diag *diag)
{
	uint32_t seq = read_u32(&body);

	if (body.failed || body.left > 0)
		return diag_fail(diag, -EBADMSG, CAUSE_SEQ_LENGTH);
	*ret = seq;
	return 0;
}

void gdoi_seq_write(struct writer *w, struct chain *c, uint32_t seq)
{
	chain_begin(c, w, PAYLOAD_SEQ);
	write_u32(w, seq);
	chain_end(c, w);
}
