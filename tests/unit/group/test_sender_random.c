/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random lives of a member with counter modes against a slow model: registrations with fresh ids, with the same ids
 * again, with ids of another width and without, rekeys, searches, ends of sequences, SAs that are lost, restarts,
 * reboots and crashes before and after each write.  The model keeps every (key, prefix) that ever sent, and must never
 * see one twice, whatever the store has forgotten.
 *
 * SENDER_SEED= and SENDER_ROUNDS= choose other lives.
 */
#include "member/group/sender_store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#define ROUNDS 20000 /* several times as slow, and fewer lives show faults of memory */
#else
#define ROUNDS 100000
#endif
#define STEPS 60
#define KEYS 6 /* that the server may give in one life, before all of them have ended and are made anew */
#define SAS 3  /* SPIs of one VPN */
#define MODEL_MAX 4096
#define ROOM 12 /* uses that the store has room for */

static uint64_t random_state;

static uint32_t draw(uint32_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % bound;
}

/* --- the model: what the network has seen, and what the server has given --- */

struct sent { /* an SA sent with it */
	unsigned key;
	uint32_t prefix;
	uint8_t bits;
	bool spent;
};

struct live { /* an SA in the kernel that sends */
	bool there;
	unsigned key;
	uint32_t prefix;
	uint8_t bits;
};

struct life {
	struct sent sent[MODEL_MAX];
	size_t n_sent;
	struct live live[2][SAS]; /* by VPN */
	struct sender_ids ids[2]; /* that the server gave, and the member took */
	unsigned key_of[2][SAS];
	unsigned first_key; /* of the keys that live now */
	uint64_t ends;      /* of these keys */
	uint64_t now;
	uint32_t next_id; /* of a server that behaves */
	char *disk;
	enum { DISK_WORKS, DISK_FAILS, DISK_DIES_BEFORE, DISK_DIES_AFTER } disk_does;
	bool crashed, disk_is_good; /* this whole life */
	struct sender_store *store;
};

static struct life life;
static unsigned long n_taken, n_used, n_crashes, n_refused, n_full;

static struct sender_owner owner_of(unsigned vpn)
{
	return (struct sender_owner){ .name = { (char)('a' + vpn) }, .group = 1, .local = 0x0a000001 };
}

static struct sender_key key_of(unsigned key)
{
	struct sender_key k = { { 0 } };

	memcpy(k.octets, &key, sizeof(key));
	return k;
}

static struct sender_sa sa_of(unsigned vpn, unsigned i)
{
	return (struct sender_sa){ 0x0a000001, 0x1000 * (vpn + 1) + i };
}

static int on_write(void *ctx, const struct sender_store *s)
{
	char *text = sender_store_text(s);

	(void)ctx;
	ck_assert_ptr_nonnull(text);
	if (life.crashed || life.disk_does == DISK_FAILS || life.disk_does == DISK_DIES_BEFORE) {
		life.crashed |= life.disk_does == DISK_DIES_BEFORE;
		free(text);
		return -EIO;
	}
	free(life.disk);
	life.disk = text;
	life.crashed |= life.disk_does == DISK_DIES_AFTER;
	return 0;
}

static bool on_key_lives(void *ctx, const struct sender_key *key)
{
	unsigned k;

	(void)ctx;
	memcpy(&k, key->octets, sizeof(k));
	return k >= life.first_key;
}

static const struct sender_store_env env = { .write = on_write, .key_lives = on_key_lives, .max_uses = ROOM };

/* The daemon is gone, and comes back with what the disk has. */
static void restart(void)
{
	sender_store_free(life.store);
	life.crashed = false;
	life.disk_does = DISK_WORKS;
	ck_assert_int_eq(sender_store_new(&life.store, &env), 0);
	if (life.disk)
		ck_assert_int_eq(sender_store_read(life.store, life.disk), 0);
}

static bool sent_before(unsigned key, uint32_t prefix)
{
	for (size_t i = 0; i < life.n_sent; i++)
		if (life.sent[i].key == key && life.sent[i].prefix == prefix)
			return true;
	return false;
}

static bool id_is_spent(unsigned key, uint8_t bits, uint32_t id)
{
	for (size_t i = 0; i < life.n_sent; i++)
		if (life.sent[i].key == key && life.sent[i].spent && sender_id_of(bits, life.sent[i].prefix) == id)
			return true;
	return false;
}

static bool other_width(unsigned key, uint8_t bits)
{
	for (size_t i = 0; i < life.n_sent; i++)
		if (life.sent[i].key == key && life.sent[i].bits != bits)
			return true;
	return false;
}

/* Another SA that sends with the id under the key. */
static bool id_is_busy(unsigned key, uint8_t bits, uint32_t id, unsigned vpn, unsigned sa)
{
	for (unsigned v = 0; v < 2; v++)
		for (unsigned i = 0; i < SAS; i++) {
			const struct live *l = &life.live[v][i];

			if (l->there && l->key == key && (v != vpn || i != sa) && sender_id_of(bits, l->prefix) == id)
				return true;
		}
	return false;
}

/* The first packet of an SA leaves: this is what must never happen twice. */
static void sends(unsigned vpn, unsigned sa, unsigned key, uint8_t bits, uint32_t prefix)
{
	ck_assert_msg(!sent_before(key, prefix), "key %u prefix %08x twice", key, prefix);
	ck_assert_msg(!id_is_busy(key, bits, sender_id_of(bits, prefix), vpn, sa), "one id, two SAs");
	ck_assert_msg(!id_is_spent(key, bits, sender_id_of(bits, prefix)), "an id that is spent");
	ck_assert_msg(!other_width(key, bits), "two widths under one key");
	ck_assert_uint_lt(life.n_sent, MODEL_MAX);
	life.sent[life.n_sent++] = (struct sent){ key, prefix, bits, false };
	life.live[vpn][sa] = (struct live){ true, key, prefix, bits };
	n_taken++;
}

/* --- what happens --- */

static void registers(unsigned vpn)
{
	struct sender_ids ids = { .bits = 4, .n = 1 + draw(2) };
	struct sender_owner owner = owner_of(vpn);

	switch (draw(16)) {
	case 0:
		ids.n = 0;
		break;
	case 1: /* the same as before */
		ids = life.ids[vpn];
		break;
	case 2:
		ids.bits = 6;
		break;
	case 3: /* the other VPN's: the server does what it must not */
		ids = life.ids[!vpn];
		break;
	default:
		break;
	}
	for (size_t i = 0; i < ids.n && ids.n > 0 && ids.ids[0] == 0; i++)
		ids.ids[ids.n - 1 - i] = 1 + life.next_id++ % 14;
	if (ids.n == 2 && ids.ids[0] == ids.ids[1])
		ids.n = 1;
	(void)!sender_store_set_ids(life.store, &owner, &ids);
	if (!life.crashed)
		life.ids[vpn] = ids;
}

static bool on_is_live(void *ctx, const struct sender_sa *sa)
{
	(void)ctx;
	for (unsigned v = 0; v < 2; v++)
		for (unsigned i = 0; i < SAS; i++) {
			struct sender_sa s = sa_of(v, i);

			if (life.live[v][i].there && s.spi == sa->spi && s.local == sa->local)
				return true;
		}
	return false;
}

/* The keys have ended; the SAs of the kernel with them. */
static void keys_end(void)
{
	life.now = life.ends + 1;
	life.ends = life.now + 1000;
	life.first_key += KEYS;
	memset(life.live, 0, sizeof(life.live));
	for (unsigned v = 0; v < 2; v++)
		for (unsigned i = 0; i < SAS; i++)
			life.key_of[v][i] = life.first_key + draw(KEYS);
	(void)!sender_store_sweep(life.store, on_is_live, NULL);
}

static void rekeys(unsigned vpn, unsigned sa)
{
	life.live[vpn][sa].there = false;
	life.key_of[vpn][sa] = life.first_key + draw(KEYS);
	(void)!sender_store_sweep(life.store, on_is_live, NULL);
}

/* What the store has to choose: the first id of the registration that may be used. */
static enum sender_verdict model_choose(unsigned vpn, unsigned sa, unsigned key, uint32_t *ret_id)
{
	const struct sender_ids *ids = &life.ids[vpn];
	enum sender_verdict v = SENDER_NO_ID;

	if (ids->n > 0 && other_width(key, ids->bits))
		return SENDER_WIDTH;
	for (size_t i = 0; i < ids->n; i++) {
		v = id_is_spent(key, ids->bits, ids->ids[i])           ? SENDER_SPENT
		    : id_is_busy(key, ids->bits, ids->ids[i], vpn, sa) ? SENDER_BUSY
								       : SENDER_YES;
		*ret_id = ids->ids[i];
		if (v == SENDER_YES)
			break;
	}
	return v;
}

/*
 * Where the disk always works, the store knows no more than the model, and must not refuse what may be sent.  A spent
 * id and a busy one may both be the reason, when a use is both for different SAs.
 */
static void check_choice(unsigned vpn, unsigned sa, unsigned key, enum sender_verdict v, const struct sender *wanted)
{
	uint32_t id = 0;
	enum sender_verdict expected = model_choose(vpn, sa, key, &id);

	if (life.live[vpn][sa].there && life.live[vpn][sa].key == key) {
		ck_assert_int_eq(v, SENDER_YES);
		ck_assert(wanted->has_prefix && wanted->prefix == life.live[vpn][sa].prefix);
		return;
	}
	if (expected == SENDER_YES || v == SENDER_YES || expected == SENDER_WIDTH || expected == SENDER_NO_ID)
		ck_assert_msg(v == expected, "verdict %d, the model says %d", v, expected);
	if (v == SENDER_YES)
		ck_assert_uint_eq(wanted->id, id);
}

/* The kernel makes SAs until one has the id; the others were seen by nobody. */
static void searches(unsigned vpn, unsigned sa)
{
	struct sender_owner owner = owner_of(vpn);
	unsigned key = life.key_of[vpn][sa];
	struct sender_key k = key_of(key);
	struct sender_sa s = sa_of(vpn, sa);
	struct sender wanted;
	enum sender_verdict v;
	uint32_t prefix;

	v = sender_store_choose(life.store, &owner, &k, &s, &wanted);
	if (life.disk_is_good)
		check_choice(vpn, sa, key, v, &wanted);
	if (v != SENDER_YES) {
		n_refused++;
		return;
	}
	if (wanted.has_prefix && life.live[vpn][sa].there) { /* as after a restart: nothing is to be done */
		ck_assert_uint_eq(wanted.prefix, life.live[vpn][sa].prefix);
		ck_assert_uint_eq(key, life.live[vpn][sa].key);
		return;
	}
	if (wanted.has_prefix) { /* the SA that holds it is not there */
		int r;

		ck_assert(sender_store_release(life.store, &s, &r));
		return;
	}
	life.live[vpn][sa].there = false; /* DELSA */
	for (unsigned i = 0; i < 6; i++) {
		prefix = sender_first_prefix(wanted.bits, wanted.id) | draw(4);
		v = sender_store_take(life.store, &owner, &k, &s, &wanted, prefix, i + 1, life.ends, life.now);
		if (life.crashed)
			return;
		if (v == SENDER_YES)
			sends(vpn, sa, key, wanted.bits, prefix);
		n_full += v == SENDER_FULL;
		n_used += v == SENDER_USED;
		if (v != SENDER_USED)
			return;
	}
}

static void sequence_ends(unsigned vpn, unsigned sa)
{
	struct live *l = &life.live[vpn][sa];
	struct sender_sa s = sa_of(vpn, sa);
	int r;

	if (!l->there)
		return;
	l->there = false; /* the kernel stops by itself */
	(void)sender_store_spend(life.store, &s, &r);
	if (r < 0 || life.crashed) /* not on the disk: the prefix is used all the same, and the id may go on */
		return;
	for (size_t i = 0; i < life.n_sent; i++)
		if (life.sent[i].key == l->key && life.sent[i].prefix == l->prefix)
			life.sent[i].spent = true;
}

static void sa_is_lost(unsigned vpn, unsigned sa)
{
	struct sender_sa s = sa_of(vpn, sa);
	int r;

	life.live[vpn][sa].there = false;
	(void)sender_store_release(life.store, &s, &r);
}

static void step(void)
{
	unsigned vpn = draw(2), sa = draw(SAS), what = draw(100);

	if (!life.disk_is_good && draw(12) == 0)
		life.disk_does = draw(2) ? DISK_FAILS : draw(2) ? DISK_DIES_BEFORE : DISK_DIES_AFTER;
	if (what < 10)
		registers(vpn);
	else if (what < 20)
		rekeys(vpn, sa);
	else if (what < 75)
		searches(vpn, sa);
	else if (what < 80)
		sequence_ends(vpn, sa);
	else if (what < 85)
		sa_is_lost(vpn, sa);
	else if (what < 87)
		keys_end();
	else if (what < 90)
		life.now += draw(2) ? draw(2000) : 0; /* the wall clock is set forward */
	else if (what < 93)
		restart();
	else if (what < 95) { /* the host starts anew */
		memset(life.live, 0, sizeof(life.live));
		restart();
		(void)!sender_store_sweep(life.store, on_is_live, NULL);
	}
	if (life.crashed) {
		n_crashes++;
		restart();
	}
	life.disk_does = DISK_WORKS;
}

static void one_life(uint64_t seed)
{
	random_state = seed * 2654435761u + 88172645463325252u;
	memset(&life, 0, sizeof(life));
	life.now = 1000000;
	life.ends = life.now + 1000;
	life.disk_is_good = seed % 3 == 0;
	restart();
	registers(0);
	registers(1);
	for (unsigned i = 0; i < STEPS; i++)
		step();
	sender_store_free(life.store);
	free(life.disk);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

START_TEST(no_key_and_prefix_twice)
{
	uint64_t first = number_of("SENDER_SEED", 1), n = number_of("SENDER_ROUNDS", ROUNDS);

	for (uint64_t seed = first; seed < first + n; seed++)
		one_life(seed);
	printf("%lu lives: %lu SAs sent, %lu prefixes came again and were refused, %lu times no id was free, %lu times "
	       "there was no room, %lu crashes\n",
	       (unsigned long)n, n_taken, n_used, n_refused, n_full, n_crashes);
	ck_assert_uint_gt(n_taken, n);
	ck_assert_uint_gt(n_used, n / 10);
	ck_assert_uint_gt(n_crashes, n / 10);
	ck_assert_uint_gt(n_full, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sender ids, random lives");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_test(t, no_key_and_prefix_twice);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
