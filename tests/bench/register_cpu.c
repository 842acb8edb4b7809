/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a registration and a push cost the member, beside what OpenSSL alone needs for the same: to be run under
 * callgrind, which counts the instructions of one measured_*() function (tests/bench/register-cpu).  Each is run once
 * before without being counted, so that what is made once in a process (the library's tables) is not in the figure.
 *
 * Main mode with group 14, SHA-256 and AES-256; a KEK whose pushes RSA of 2048 bits signs, the server's key being the
 * same all the time; each registration brings a new KEK.
 */
#include "tests/unit/support/ike_pair.h"

#include "ike/crypto.h"
#include "ike/push.h"
#include "ike/signature.h"
#include "tests/unit/support/push_craft.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

static struct pair pair;
static struct signature_checked checked;
static EVP_PKEY *server_key;
static struct rekey_sa *sa;

static void die_unless(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "register_cpu: %s failed\n", what);
	exit(1);
}

/* --- the member --- */

enum member_does { START, STEP, TAKE_KEK, TAKE_PUSH };
struct member_call {
	enum member_does what;
	const uint8_t *data;
	size_t len;
	struct ike_out out;
	struct push push;
};

static void member(struct member_call *c)
{
	struct ike_cause cause;

	switch (c->what) {
	case START:
		die_unless(pull_new(&pair.pull, &pair.params, pair.now, &c->out) == 0, "pull_new");
		break;
	case STEP:
		pull_step(pair.pull, pair.now, c->data, c->len, &c->out);
		break;
	case TAKE_KEK:
		rekey_sa_free(sa);
		die_unless(rekey_sa_new(&sa, &pull_download(pair.pull)->kek, false, false, &checked, &cause) == 0,
			   "the KEK");
		break;
	case TAKE_PUSH:
		die_unless(rekey_sa_receive(sa, c->data, c->len, &c->push, &c->out) == PUSH_ACCEPTED, "the push");
		die_unless(rekey_sa_acknowledge(sa, PAIR_MEMBER, &c->out) == 0, "the acknowledgement");
		break;
	}
}

NOINLINE static void measured_register(struct member_call *c)
{
	member(c);
}

NOINLINE static void measured_push(struct member_call *c)
{
	member(c);
}

static int on_peer(void *ctx, uint32_t addr, struct responder_peer *ret)
{
	(void)ctx;
	(void)addr;
	*ret = pair.peer;
	return 0;
}

static int on_pull(void *ctx, void *tag, uint32_t addr, uint32_t group, struct download *ret)
{
	(void)ctx;
	(void)tag;
	(void)addr;
	(void)group;
	*ret = pair.offered;
	return 0;
}

static void registration(void (*measured)(struct member_call *))
{
	struct responder_ops ops = { .peer = on_peer, .pull = on_pull };
	struct member_call c = { .what = START };
	struct responder *server;

	die_unless(responder_new(&server, &ops, PAIR_SERVER) == 0, "responder_new");
	craft_kek(&pair.offered.kek, CIPHER_AES_CBC_256, SIG_RSA, SIG_HASH_SHA256, server_key);
	pair.offered.kek.ack_type = KEK_ACK_SHA256;
	die_unless(crypto_random(pair.offered.kek.spi, KEK_SPI_LEN) == 0, "random");
	pair.offered.has_kek = pair.offered.has_seq = true;
	pull_free(pair.pull);
	measured(&c);
	while (pull_state(pair.pull) == PULL_RUNNING) {
		struct ike_out answer = { 0 };

		die_unless(c.out.n_datagrams > 0, "the registration");
		responder_step(server, pair.now, PAIR_MEMBER, 848, c.out.datagrams[0].data, c.out.datagrams[0].len,
			       &answer);
		ike_out_clear(&c.out);
		die_unless(answer.n_datagrams == 1, "the server's answer");
		c = (struct member_call){ .what = STEP,
					  .data = answer.datagrams[0].data,
					  .len = answer.datagrams[0].len };
		measured(&c);
		ike_out_clear(&answer);
	}
	ike_out_clear(&c.out);
	die_unless(pull_state(pair.pull) == PULL_DONE, "the registration");
	c = (struct member_call){ .what = TAKE_KEK };
	measured(&c);
	responder_free(server);
}

static void push(uint32_t seq, void (*measured)(struct member_call *))
{
	static struct push what;
	struct member_call c = { .what = TAKE_PUSH };
	struct kek kek = *rekey_sa_kek(sa);
	uint8_t *data;

	what = (struct push){ .seq = seq, .has_policy = true };
	what.download.teks[what.download.n_teks++] = pair.offered.teks[0];
	data = craft_from_server(&kek, server_key, &what, &c.len);
	c.data = data;
	measured(&c);
	ike_out_clear(&c.out);
	free(data);
}

/* --- the crypto library alone --- */

static EVP_PKEY *generate(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("group", (char *)"modp_2048", 0),
				OSSL_PARAM_construct_end() };
	EVP_PKEY *key = NULL;

	die_unless(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
			   EVP_PKEY_generate(ctx, &key) == 1,
		   "EVP_PKEY_generate");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Two operations of group 14: a value of our own, and the secret with the peer's. */
static void two_operations(EVP_PKEY *peer)
{
	EVP_PKEY *own = generate();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	uint8_t secret[256];
	size_t len = sizeof(secret);

	die_unless(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
			   EVP_PKEY_derive(ctx, secret, &len) == 1,
		   "EVP_PKEY_derive");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
}

NOINLINE static void measured_group_14(EVP_PKEY *peer)
{
	two_operations(peer);
}

static uint8_t signature[256];
static size_t signature_len_made = sizeof(signature);

static void verification(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	die_unless(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA2-256", NULL, NULL, server_key, NULL) == 1 &&
			   EVP_DigestVerify(ctx, signature, sizeof(signature), (const uint8_t *)"push", 4) == 1,
		   "EVP_DigestVerify");
	EVP_MD_CTX_free(ctx);
}

NOINLINE static void measured_rsa(void)
{
	verification();
}

/* The helpers of the unit tests want to run inside of a test. */
START_TEST(all)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *peer = generate();

	server_key = craft_pair("2048");
	die_unless(EVP_DigestSignInit_ex(ctx, NULL, "SHA2-256", NULL, NULL, server_key, NULL) == 1 &&
			   EVP_DigestSign(ctx, signature, &signature_len_made, (const uint8_t *)"push", 4) == 1,
		   "EVP_DigestSign");
	EVP_MD_CTX_free(ctx);
	pair_init(&pair);
	pair.params.proposals[0] = (struct ike_proposal){ IKE_SHA256, IKE_MODP2048, CIPHER_AES_CBC_256, 3600 };
	pair.peer.proposals[0] = pair.params.proposals[0];
	registration(member);
	registration(measured_register);
	push(1, member);
	push(2, measured_push);
	two_operations(peer);
	measured_group_14(peer);
	verification();
	measured_rsa();
	EVP_PKEY_free(peer);
	EVP_PKEY_free(server_key);
	rekey_sa_free(sa);
	pair_free(&pair);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("register-cpu");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, all);
	suite_add_tcase(suite, tc);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_MINIMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
