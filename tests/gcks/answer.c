/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/answer.h"

#include "ike/diag.h"
#include "ike/message.h"
#include "tests/gcks/config_schema.h"

#include <stdlib.h>

#define HEADER_LEN 28 /* RFC 2408 3.1 */
#define NO_PROPOSAL_CHOSEN 14

void gcks_answer_refuse(const uint8_t *data, size_t len, uint32_t addr, uint16_t port, struct ike_out *out)
{
	static const uint8_t none[ISAKMP_COOKIE_LEN];
	uint8_t *refusal = NULL;
	size_t refusal_len = 0;

	if (len < HEADER_LEN || memcmp(data + ISAKMP_COOKIE_LEN, none, sizeof(none)) != 0)
		return;
	if (clear_notify(data, none, NO_PROPOSAL_CHOSEN, &refusal, &refusal_len) < 0)
		return;
	(void)!out_datagram_copy(out, refusal, refusal_len, addr, port);
	free(refusal);
}

void gcks_answer_garble(struct ike_out *out, size_t *count, gcks_random_fn random, void *ctx)
{
	for (size_t i = 0; i < out->n_datagrams; i++) {
		struct ike_datagram *d = &out->datagrams[i];
		size_t from = (*count)++ % 2 == 1 && d->len > HEADER_LEN ? HEADER_LEN : 0;

		if (random(ctx, d->data + from, d->len - from) < 0)
			memset(d->data + from, 0xff, d->len - from);
	}
}

int gcks_answer_command(const struct operation *op, FILE *out, struct gcks_error *err)
{
	const struct statement_choice *c = gcks_answers;

	while (c->name != NULL && (op->n_words != 1 || strcmp(op->words[0], c->name) != 0))
		c++;
	if (c->name == NULL) {
		return gcks_fail(
			err, -EINVAL,
			"answer %.40s: \"normal\", \"silence\", \"garbage\", \"refusal\" or \"denial\" is expected",
			op->n_words > 0 ? op->words[0] : "(nothing)");
	}
	gcks_server_set_answer(op->server, (enum gcks_answer)c->value);
	fprintf(out, "members are answered with %s from now on\n", c->name);
	return 0;
}
