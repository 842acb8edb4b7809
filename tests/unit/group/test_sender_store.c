/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sender ids and what was used of them (RFC 6407 3.5, RFC 6054): verdicts one by one, and the text of the file. */
#include "member/group/sender_store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sender_owner vpn = { .name = "vpn", .group = 7, .local = 0x0a000001 };
static const struct sender_owner other = { .name = "other", .group = 8, .local = 0x0a000001 };
static const struct sender_sa sa = { 0x0a000001, 0x1000 }, sa2 = { 0x0a000001, 0x1001 };
static struct sender_key key, key2;
static struct sender_store *store;
static int disk_error;
static unsigned writes;

static int on_write(void *ctx, const struct sender_store *s)
{
	(void)ctx;
	(void)s;
	writes++;
	return disk_error;
}

static void make(size_t max_uses)
{
	const struct sender_store_env env = { .write = on_write, .max_uses = max_uses };

	sender_store_free(store);
	store = NULL;
	disk_error = 0;
	memset(&key, 1, sizeof(key));
	memset(&key2, 2, sizeof(key2));
	ck_assert_int_eq(sender_store_new(&store, &env), 0);
	writes = 0;
}

static void begin(void)
{
	make(0);
}

static void end(void)
{
	sender_store_free(store);
	store = NULL;
}

static void give(const struct sender_owner *o, uint8_t bits, size_t n, uint32_t first, uint32_t second)
{
	const struct sender_ids ids = { .bits = bits, .n = n, .ids = { first, second } };

	ck_assert_int_eq(sender_store_set_ids(store, o, &ids), disk_error);
}

static enum sender_verdict choose(const struct sender_key *k, const struct sender_sa *s, struct sender *ret)
{
	return sender_store_choose(store, &vpn, k, s, ret);
}

static enum sender_verdict take(const struct sender_key *k, const struct sender_sa *s, uint8_t bits, uint32_t prefix)
{
	const struct sender wanted = { .bits = bits, .id = sender_id_of(bits, prefix) };

	return sender_store_take(store, &vpn, k, s, &wanted, prefix, 17, 1000, 100);
}

START_TEST(an_id_is_chosen_and_a_prefix_taken)
{
	struct sender w;

	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_NO_ID);
	ck_assert_uint_eq(w.bits, 0);
	give(&vpn, 8, 2, 0x12, 0x34);
	ck_assert_uint_eq(writes, 1);
	give(&vpn, 8, 2, 0x12, 0x34); /* the same again is not written */
	ck_assert_uint_eq(writes, 1);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES);
	ck_assert(w.bits == 8 && w.id == 0x12 && !w.has_prefix);
	ck_assert_int_eq(take(&key, &sa, 8, 0x13abcdef), SENDER_NO_ID); /* an id of nobody here */
	ck_assert_int_eq(sender_store_take(store, &vpn, &key, &sa, &w, 0x13abcdef, 1, 1000, 100), SENDER_NOT_OURS);
	ck_assert_uint_eq(writes, 1);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12abcdef), SENDER_YES);
	ck_assert_uint_eq(writes, 2);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES);
	ck_assert(w.has_prefix && w.prefix == 0x12abcdef && w.id == 0x12 && w.tries == 17);
	ck_assert_int_eq(choose(NULL, &sa, &w), SENDER_YES); /* after a restart the key is in the kernel alone */
	ck_assert(w.has_prefix && w.prefix == 0x12abcdef);
	ck_assert_int_eq(choose(NULL, &sa2, &w), SENDER_NO_ID);
	ck_assert_int_eq(choose(&key2, &sa, &w), SENDER_YES); /* the SPI has another key now */
	ck_assert(!w.has_prefix && w.id == 0x12);
	ck_assert_int_eq(sender_store_choose(store, &other, &key, &sa2, &w), SENDER_NO_ID);
}
END_TEST

START_TEST(one_sa_at_a_time)
{
	struct sender w;
	int r;

	give(&vpn, 8, 2, 0x12, 0x34);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_YES);
	ck_assert_int_eq(take(&key, &sa2, 8, 0x12000002), SENDER_BUSY);
	ck_assert_int_eq(choose(&key, &sa2, &w), SENDER_YES);
	ck_assert_uint_eq(w.id, 0x34);
	ck_assert_int_eq(take(&key2, &sa2, 8, 0x12000001),
			 SENDER_YES); /* another key: the same id, as RFC 6407 3.5 has it */
	ck_assert(sender_store_release(store, &sa, &r) && r == 0);
	ck_assert(!sender_store_release(store, &sa, &r));
	ck_assert_int_eq(take(&key, &sa2, 8, 0x12000001), SENDER_USED);
	ck_assert_int_eq(take(&key, &sa2, 8, 0x12000002), SENDER_YES);
	ck_assert_int_eq(choose(&key2, &sa2, &w), SENDER_YES); /* it gave up what it held under the other key */
	ck_assert(!w.has_prefix);
}
END_TEST

START_TEST(a_used_up_sequence)
{
	struct sender w;
	int r;

	give(&vpn, 8, 1, 0x12, 0);
	ck_assert(!sender_store_spend(store, &sa, &r));
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_YES);
	ck_assert(sender_store_spend(store, &sa, &r) && r == 0);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_SPENT);
	ck_assert_uint_eq(w.bits, 0);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000002), SENDER_SPENT);
	ck_assert_int_eq(choose(&key2, &sa, &w), SENDER_YES); /* under another key it goes on */
	give(&vpn, 8, 1, 0x13, 0);                            /* registered again */
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES);
	ck_assert_uint_eq(w.id, 0x13);
	give(&vpn, 8, 2, 0x12, 0x14); /* the server gives the old one again */
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES);
	ck_assert_uint_eq(w.id, 0x14);
}
END_TEST

/* RFC 6054 3: all ids of an SA have one length.  Wider ones than can be found are refused. */
START_TEST(widths)
{
	struct sender w;

	give(&vpn, 8, 1, 0x12, 0);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_YES);
	give(&vpn, 12, 1, 0x345, 0);
	ck_assert_int_eq(choose(&key, &sa2, &w), SENDER_WIDTH);
	ck_assert_int_eq(take(&key, &sa2, 12, 0x34500000), SENDER_WIDTH);
	ck_assert_int_eq(choose(&key2, &sa2, &w), SENDER_YES);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES); /* what runs goes on */
	ck_assert(w.has_prefix && w.bits == 8);
	give(&vpn, SENDER_BITS_SEARCHED, 1, 0x1234, 0);
	ck_assert_int_eq(choose(&key2, &sa2, &w), SENDER_YES);
	give(&vpn, SENDER_BITS_SEARCHED + 1, 1, 0x1234, 0);
	ck_assert_int_eq(choose(&key2, &sa2, &w), SENDER_TOO_WIDE);
	give(&vpn, 32, 1, UINT32_MAX, 0);
	ck_assert_int_eq(choose(&key2, &sa2, &w), SENDER_TOO_WIDE);
	ck_assert_int_eq(take(&key2, &sa2, 32, UINT32_MAX), SENDER_TOO_WIDE);
}
END_TEST

/* Without ids no SA begins to send.  One that sends goes on: its id is this member's as long as the key lives. */
START_TEST(without_ids)
{
	struct sender w;

	give(&vpn, 8, 1, 0x12, 0);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_YES);
	give(&vpn, 8, 0, 0, 0);
	ck_assert_ptr_null(sender_store_ids(store, &vpn));
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES);
	ck_assert(w.has_prefix && w.prefix == 0x12000001);
	ck_assert_int_eq(choose(&key2, &sa2, &w), SENDER_NO_ID);
	ck_assert_int_eq(choose(&key2, &sa, &w), SENDER_NO_ID);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000002), SENDER_NO_ID);
	give(&vpn, 8, 1, 0x13, 0);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES);
	ck_assert(w.has_prefix && w.id == 0x12);
}
END_TEST

START_TEST(what_is_not_written_is_not_used)
{
	struct sender w;
	int r;

	give(&vpn, 8, 1, 0x12, 0);
	disk_error = -ENOSPC;
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_NOT_WRITTEN);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_YES);
	ck_assert(!w.has_prefix);
	disk_error = 0;
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_USED); /* the disk may have it */
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000002), SENDER_YES);
	disk_error = -EIO;
	ck_assert(sender_store_spend(store, &sa, &r));
	ck_assert_int_eq(r, -EIO);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_SPENT);
	give(&vpn, 8, 1, 0x13, 0); /* the ids are held all the same */
	ck_assert_uint_eq(sender_store_ids(store, &vpn)->ids[0], 0x13);
}
END_TEST

START_TEST(room)
{
	struct sender_key k = { { 0 } };
	const struct sender wanted = { .bits = 8, .id = 0x12 };
	int r;

	make(4);
	give(&vpn, 8, 1, 0x12, 0);
	for (uint8_t i = 1; i <= 4; i++) {
		k.octets[0] = i;
		ck_assert_int_eq(sender_store_take(store, &vpn, &k, &sa, &wanted, 0x12000000u + i, 1, 100u * i, 50),
				 SENDER_YES);
	}
	k.octets[0] = 5;
	ck_assert_int_eq(sender_store_take(store, &vpn, &k, &sa2, &wanted, 0x12000005, 1, 500, 99), SENDER_FULL);
	ck_assert_int_eq(sender_store_take(store, &vpn, &k, &sa2, &wanted, 0x12000005, 1, 500, 100), SENDER_YES);
	ck_assert_uint_eq(sender_store_uses(store), 4);
	ck_assert_uint_eq(sender_store_use(store, 0)->prefix, 0x12000002);
	k.octets[0] = 6; /* all have ended; those that are held stay */
	ck_assert_int_eq(sender_store_take(store, &vpn, &k, &sa2, &wanted, 0x12000006, 1, 600, 9999), SENDER_YES);
	ck_assert_uint_eq(sender_store_use(store, 0)->prefix, 0x12000003);
	ck_assert(sender_store_release(store, &sa, &r));
	ck_assert(sender_store_release(store, &sa2, &r));
	ck_assert_int_eq(take(&k, &sa2, 8, 0x12000006), SENDER_USED);
	ck_assert_int_eq(take(&k, &sa2, 8, 0x12000007), SENDER_FULL); /* at 100 nothing has ended */
	end();
}
END_TEST

START_TEST(a_full_store_fits_its_file)
{
	struct sender_key k = { { 0 } };
	const struct sender wanted = { .bits = 16, .id = 0xffff };
	struct sender_store *copy;
	char *text;

	give(&vpn, 16, 1, 0xffff, 0);
	for (uint32_t i = 0; i < SENDER_USES_MAX; i++) {
		const struct sender_sa s = { UINT32_MAX, UINT32_MAX - i };

		memcpy(k.octets, &i, sizeof(i));
		ck_assert_int_eq(sender_store_take(store, &vpn, &k, &s, &wanted, UINT32_MAX, UINT32_MAX, INT64_MAX, 1),
				 SENDER_YES);
	}
	ck_assert_int_eq(take(&k, &sa, 16, 0xffff0000), SENDER_BUSY);
	memset(&k, 0xee, sizeof(k));
	ck_assert_int_eq(take(&k, &sa, 16, 0xffff0000), SENDER_FULL);
	text = sender_store_text(store);
	ck_assert_uint_le(strlen(text), SENDER_FILE_MAX);
	ck_assert_int_eq(sender_store_new(&copy, &(struct sender_store_env){ 0 }), 0);
	ck_assert_int_eq(sender_store_read(copy, text), 0);
	ck_assert_uint_eq(sender_store_uses(copy), SENDER_USES_MAX);
	text = realloc(text, SENDER_FILE_MAX + 2);
	memset(text + strlen(text), ' ', SENDER_FILE_MAX + 1 - strlen(text)); /* spaces would be harmless */
	text[SENDER_FILE_MAX + 1] = '\0';
	sender_store_free(copy);
	ck_assert_int_eq(sender_store_new(&copy, &(struct sender_store_env){ 0 }), 0);
	ck_assert_int_eq(sender_store_read(copy, text), -EINVAL);
	sender_store_free(copy);
	free(text);
}
END_TEST

START_TEST(a_store_that_is_not_believed)
{
	struct sender w;

	sender_store_distrust(store);
	give(&vpn, 8, 1, 0x12, 0);
	ck_assert_int_eq(choose(&key, &sa, &w), SENDER_DISTRUSTED);
	ck_assert_uint_eq(w.bits, 0);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_DISTRUSTED);
	ck_assert_uint_eq(writes, 0); /* the file stays for whoever looks at it */
}
END_TEST

static bool is_sa2(void *ctx, const struct sender_sa *s)
{
	(void)ctx;
	return s->spi == sa2.spi;
}

START_TEST(swept)
{
	struct sender w;

	give(&vpn, 8, 1, 0x12, 0);
	ck_assert_int_eq(take(&key, &sa, 8, 0x12000001), SENDER_YES);
	ck_assert_int_eq(take(&key2, &sa2, 8, 0x12000001), SENDER_YES);
	writes = 0;
	ck_assert_int_eq(sender_store_sweep(store, is_sa2, NULL), 0);
	ck_assert_uint_eq(writes, 1);
	ck_assert_int_eq(sender_store_sweep(store, is_sa2, NULL), 0);
	ck_assert_uint_eq(writes, 1);
	ck_assert(choose(&key, &sa, &w) == SENDER_YES && !w.has_prefix);
	ck_assert(choose(&key2, &sa2, &w) == SENDER_YES && w.has_prefix);
}
END_TEST

START_TEST(owners)
{
	for (uint32_t i = 0; i <= CONFIG_VPNS_MAX; i++) {
		struct sender_owner o = { .group = i };

		snprintf(o.name, sizeof(o.name), "v%u", i);
		give(&o, 8, 1, 1, 0);
	}
	ck_assert_ptr_null(sender_store_ids(store, &(struct sender_owner){ .name = "v0" }));
	ck_assert_ptr_nonnull(sender_store_ids(store, &(struct sender_owner){ .name = "v1", .group = 1 }));
	ck_assert_ptr_null(sender_store_ids(store, &(struct sender_owner){ .name = "v1", .group = 2 }));
	ck_assert_ptr_null(sender_store_ids(store, &(struct sender_owner){ .name = "v1", .group = 1, .local = 1 }));
}
END_TEST

/* --- the text --- */

#define KEY "00112233445566778899aabbccddeeff"
#define USE(more)                                                                                                      \
	"{\"key\":\"" KEY "\",\"bits\":8,\"prefix\":305419896,\"tries\":3,\"ends\":99,\"spent\":false" more "}"
#define USE2 "{\"key\":\"" KEY "\",\"bits\":8,\"prefix\":305419897,\"tries\":3,\"ends\":99,\"spent\":true}"
#define VPN "{\"name\":\"a\",\"group\":1,\"local\":2,\"bits\":8,\"ids\":[255,0]}"
#define FILE_OF(vpns, uses) "{\"format\":1,\"vpns\":[" vpns "],\"uses\":[" uses "]}"

START_TEST(text_and_back)
{
	static const char *const texts[] = {
		FILE_OF("", ""),
		FILE_OF(VPN, ""),
		FILE_OF(VPN, USE("") "," USE2),
		FILE_OF("", USE(",\"local\":167772161,\"spi\":4096")),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *text;

		begin();
		ck_assert_msg(sender_store_read(store, texts[i]) == 0, "%s", texts[i]);
		text = sender_store_text(store);
		ck_assert_str_eq(text, texts[i]);
		free(text);
		end();
	}
	begin();
}
END_TEST

START_TEST(hostile_texts)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"1",
		FILE_OF("", "") "x",
		FILE_OF("", "") "{}",
		"{\"format\":2,\"vpns\":[],\"uses\":[]}",
		"{\"format\":0,\"vpns\":[],\"uses\":[]}",
		"{\"vpns\":[],\"uses\":[]}",
		"{\"format\":1,\"uses\":[]}",
		"{\"format\":1,\"vpns\":[]}",
		"{\"format\":1,\"vpns\":{},\"uses\":[]}",
		FILE_OF("null", ""),
		FILE_OF("", "null"),
		FILE_OF("", "7"),
		FILE_OF(VPN "," VPN, ""),         /* one VPN twice */
		FILE_OF("", USE("") "," USE("")), /* one prefix twice */
		FILE_OF("", USE(",\"local\":1")), /* half a holder */
		FILE_OF("", USE(",\"spi\":1")),
		FILE_OF("", USE(",\"local\":1,\"spi\":4294967296")),
		FILE_OF("", USE(",\"local\":-1,\"spi\":1")),
		FILE_OF("", USE(",\"local\":\"1\",\"spi\":1")),
		FILE_OF("", USE(",\"local\":1,\"spi\":1") ",{\"key\":\"" KEY "\",\"bits\":8,\"prefix\":1,\"tries\":3,"
							  "\"ends\":99,\"spent\":false,"
							  "\"local\":1,\"spi\":1}"), /* one SA holds two */
		FILE_OF("", "{\"key\":\"" KEY
			    "\",\"bits\":8,\"prefix\":1,\"tries\":3,\"ends\":99,\"spent\":true,\"local\":1,"
			    "\"spi\":1}"), /* spent, and held */
		FILE_OF("", "{\"key\":\"" KEY "\",\"bits\":0,\"prefix\":1,\"tries\":3,\"ends\":99,\"spent\":false}"),
		FILE_OF("", "{\"key\":\"" KEY "\",\"bits\":33,\"prefix\":1,\"tries\":3,\"ends\":99,\"spent\":false}"),
		FILE_OF("", "{\"key\":\"" KEY
			    "\",\"bits\":8,\"prefix\":4294967296,\"tries\":3,\"ends\":99,\"spent\":false}"),
		FILE_OF("", "{\"key\":\"" KEY "\",\"bits\":8,\"prefix\":1,\"tries\":3,\"ends\":-1,\"spent\":false}"),
		FILE_OF("", "{\"key\":\"" KEY "\",\"bits\":8,\"prefix\":1,\"tries\":3,\"ends\":99,\"spent\":0}"),
		FILE_OF("", "{\"key\":\"" KEY "\",\"bits\":8,\"prefix\":1,\"tries\":3,\"ends\":99}"),
		FILE_OF("", "{\"key\":\"" KEY "0\",\"bits\":8,\"prefix\":1,\"tries\":3,\"ends\":99,\"spent\":false}"),
		FILE_OF("", "{\"key\":\"0011\",\"bits\":8,\"prefix\":1,\"tries\":3,\"ends\":99,\"spent\":false}"),
		FILE_OF("",
			"{\"key\":\"0011223344556677889900AABBCCDDEE\",\"bits\":8,\"prefix\":1,\"tries\":3,\"ends\":99,"
			"\"spent\":false}"),
		FILE_OF("", "{\"key\":\"00112233445566778899aabbccdd\\u0000f\",\"bits\":8,\"prefix\":1,\"tries\":3,"
			    "\"ends\":99,"
			    "\"spent\":false}"),
		FILE_OF("{\"name\":\"\",\"group\":1,\"local\":2,\"bits\":8,\"ids\":[1]}", ""),
		FILE_OF("{\"name\":\"a\\u0000b\",\"group\":1,\"local\":2,\"bits\":8,\"ids\":[1]}", ""),
		FILE_OF("{\"name\":\"0123456789012345678901234567890123456789012345678901234567890123\",\"group\":1,"
			"\"local\":2,"
			"\"bits\":8,\"ids\":[1]}",
			""),
		FILE_OF("{\"name\":\"a\",\"group\":4294967296,\"local\":2,\"bits\":8,\"ids\":[1]}", ""),
		FILE_OF("{\"name\":\"a\",\"group\":1,\"local\":2,\"bits\":8,\"ids\":[]}", ""),
		FILE_OF("{\"name\":\"a\",\"group\":1,\"local\":2,\"bits\":8,\"ids\":[256]}", ""),
		FILE_OF("{\"name\":\"a\",\"group\":1,\"local\":2,\"bits\":32,\"ids\":[4294967296]}", ""),
		FILE_OF("{\"name\":\"a\",\"group\":1,\"local\":2,\"bits\":8,\"ids\":[\"1\"]}", ""),
		FILE_OF("{\"name\":\"a\",\"group\":1,\"local\":2,\"bits\":8,\"ids\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,"
			"14,15,16]}",
			""),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		ck_assert_msg(sender_store_read(store, texts[i]) == -EINVAL, "%s", texts[i]);
		ck_assert_uint_eq(sender_store_uses(store), 0);
	}
	ck_assert_int_eq(sender_store_read(store, FILE_OF(VPN, USE(""))), 0); /* the tests are about one fault each */
}
END_TEST

/* Every octet of a good text changed: it is refused, or says something that is in bounds. */
START_TEST(changed_texts)
{
	char text[] = FILE_OF(VPN, USE(",\"local\":167772161,\"spi\":4096") "," USE2);
	unsigned refused = 0;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (unsigned flip = 1; flip < 256; flip += 6) {
			text[i] ^= (char)flip;
			begin();
			if (sender_store_read(store, text) < 0) {
				refused++;
				ck_assert_uint_eq(sender_store_uses(store), 0);
			}
			for (size_t u = 0; u < sender_store_uses(store); u++)
				ck_assert_uint_le(sender_store_use(store, u)->bits, 32);
			text[i] ^= (char)flip;
		}
	printf("%u of %zu changed files refused\n", refused, (sizeof(text) - 1) * 43);
	ck_assert_uint_gt(refused, (sizeof(text) - 1) * 20);
}
END_TEST

START_TEST(fingerprints)
{
	struct tek t = { .cipher = CIPHER_AES_GCM_128, .key = { .len = 20 } }, gmac = t;
	struct sender_key a, b;

	ck_assert_int_eq(sender_key_of(&a, &t), 0);
	gmac.cipher = CIPHER_AES_GMAC_128; /* under one key GCM and GMAC must not share IVs either */
	ck_assert_int_eq(sender_key_of(&b, &gmac), 0);
	ck_assert_int_eq(memcmp(&a, &b, sizeof(a)), 0);
	t.key.data[19] ^= 1;
	ck_assert_int_eq(sender_key_of(&b, &t), 0);
	ck_assert_int_ne(memcmp(&a, &b, sizeof(a)), 0);
	ck_assert_int_ne(memcmp(&b, t.key.data, sizeof(b)), 0);
	t.key.len = 0;
	ck_assert_int_eq(sender_key_of(&b, &t), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sender store");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, an_id_is_chosen_and_a_prefix_taken);
	tcase_add_test(t, one_sa_at_a_time);
	tcase_add_test(t, a_used_up_sequence);
	tcase_add_test(t, widths);
	tcase_add_test(t, without_ids);
	tcase_add_test(t, what_is_not_written_is_not_used);
	tcase_add_test(t, room);
	tcase_add_test(t, a_full_store_fits_its_file);
	tcase_add_test(t, a_store_that_is_not_believed);
	tcase_add_test(t, swept);
	tcase_add_test(t, owners);
	tcase_add_test(t, text_and_back);
	tcase_add_test(t, hostile_texts);
	tcase_add_test(t, changed_texts);
	tcase_add_test(t, fingerprints);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
