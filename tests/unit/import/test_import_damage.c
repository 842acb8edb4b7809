/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every file under tests/configs, and set lines made of it, damaged as terminals, pagers, mail, word processors and
 * hands damage text, goes through import: what is complete is right, and all else says so.  Run from the root of the
 * tree.
 */
#include "tests/unit/support/import_damages.h"

#include "member/import/import.h"

#include <check.h>
#include <stdlib.h>

#define SEEDS 6 /* more with GVPN_SEEDS */
#define TEXTS_MAX 48

struct text {
	char *name, *at;
	size_t len;
	unsigned kind;
	char *truth; /* what import makes of it undamaged */
	int r;
};

struct outcome {
	char *result, *report;
	int r;
};

static const char *const maps[] = { "ge-0/0/0=lan0", "ge-0/0/1=wan0", "xe-0/0/1=wan1", "xe-0/0/2=lan1",
				    "lan0=lan0",     "lan1=lan1",     "wan0=wan0",     "wan1=wan1",
				    "lab0=lab0",     "mx0.7=mx0",     "eth0=eth0",     "mx0.0=mx0" };
static struct text texts[TEXTS_MAX];
static size_t n_texts;

static void outcome_free(struct outcome *o)
{
	free(o->result);
	free(o->report);
}

static struct outcome import(const char *text, size_t len)
{
	const struct import_options options = { .maps = maps, .n_maps = ARRAY_SIZE(maps) };
	struct outcome o = { 0 };
	size_t size;
	FILE *out = open_memstream(&o.result, &size), *report = open_memstream(&o.report, &size);

	ck_assert(out && report);
	o.r = import_run(out, report, "text", text, len, &options);
	fclose(out);
	fclose(report);
	return o;
}

/* --- the texts --- */

static void add(const char *name, char *at, size_t len, unsigned kind)
{
	struct outcome o = import(at, len);

	ck_assert_uint_lt(n_texts, TEXTS_MAX);
	ck_assert_msg(o.r >= 0, "%s: %s", name, o.report);
	texts[n_texts++] = (struct text){ strdup(name), at, len, kind, strdup(o.result), o.r };
	outcome_free(&o);
}

/* The set lines that import prints, as the device prints them; and with what is inactive. */
static void add_set_lines(const char *name, const char *result)
{
	static const char off[] = "deactivate security group-vpn member ipsec vpn A fail-open rule phones\n"
				  "deactivate security group-vpn member ipsec vpn A exclude rule management\n";
	bool has_rules = strstr(result, "vpn A fail-open rule phones") != NULL;
	char *at, path[256];
	size_t len;
	FILE *f = open_memstream(&at, &len);

	fputs("set version 21.4R3-S5.4\nset system host-name srx1\n", f);
	fputs(strchr(result, '\n') + 1, f); /* without the comment */
	if (has_rules)
		fputs(off, f);
	fclose(f);
	snprintf(path, sizeof(path), "set lines of %s", name);
	add(path, at, len, DAMAGE_SET);
}

static void read_folder(const char *folder)
{
	char path[512], name[160];
	FILE *list;

	snprintf(path, sizeof(path), "ls -d %s/*.*", folder);
	list = popen(path, "r");
	ck_assert_ptr_nonnull(list);
	while (fgets(path, sizeof(path), list)) {
		size_t len;
		char *at = calloc(1, 65536);
		FILE *f;

		path[strcspn(path, "\n")] = '\0';
		f = fopen(path, "r");
		ck_assert_msg(f && at, "%s", path);
		len = fread(at, 1, 65536, f);
		fclose(f);
		snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
		add(name, at, len,
		    strstr(path, ".txt")   ? DAMAGE_GUIDE
		    : strstr(path, "-set") ? DAMAGE_SET
					   : DAMAGE_BRACES);
		if (texts[n_texts - 1].r == 0 && !strstr(path, "-set"))
			add_set_lines(name, texts[n_texts - 1].truth);
	}
	ck_assert_int_eq(pclose(list), 0);
}

static void setup(void)
{
	read_folder("tests/configs");
	read_folder("tests/configs/guide");
	ck_assert_uint_ge(n_texts, 17);
}

static void teardown(void)
{
	for (size_t i = 0; i < n_texts; i++) {
		free(texts[i].name);
		free(texts[i].at);
		free(texts[i].truth);
	}
	n_texts = 0;
}

/* --- what is right --- */

static bool has_line(const char *text, const char *end, const char *line, size_t len)
{
	for (const char *p = text; p < end;) {
		size_t n = strcspn(p, "\n");

		if (n == len && memcmp(p, line, len) == 0)
			return true;
		p += n + (p[n] == '\n');
	}
	return false;
}

/* The next line of TEXT from *P on that is no comment and has not been there before. */
static bool next_line(const char *text, const char **p, const char **line, size_t *len)
{
	while (**p) {
		*line = *p;
		*len = strcspn(*p, "\n");
		*p += *len + ((*p)[*len] == '\n');
		if (**line != '#' && !has_line(text, *line, *line, *len))
			return true;
	}
	return false;
}

static bool is_same(const char *a, const char *b)
{
	const char *p = a, *q = b, *line_a, *line_b;
	size_t len_a, len_b;

	for (;;) {
		bool more_a = next_line(a, &p, &line_a, &len_a), more_b = next_line(b, &q, &line_b, &len_b);

		if (!more_a || !more_b)
			return more_a == more_b;
		if (len_a != len_b || memcmp(line_a, line_b, len_a) != 0)
			return false;
	}
}

/* Every line of A is one of B. */
static bool is_part(const char *a, const char *b)
{
	const char *p = a, *line;
	size_t len;

	while (next_line(a, &p, &line, &len))
		if (!has_line(b, b + strlen(b), line, len))
			return false;
	return true;
}

static void check(const struct text *t, const struct damage *d, unsigned seed, const char *damaged,
		  const struct outcome *o)
{
	bool says_complete = strstr(o->report, "\ncomplete: ") || strncmp(o->report, "complete: ", 10) == 0;
	bool says_not = strstr(o->report, "\nincomplete: ") || strncmp(o->report, "incomplete: ", 12) == 0;
	bool right = is_same(o->result, t->truth);

#define HOLD(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fprintf(stderr, "--- damaged\n%s\n--- result %d\n%s--- truth\n%s--- report\n%s\n", damaged,    \
				o->r, o->result, t->truth, o->report);                                                 \
		ck_assert_msg((condition), "%s, %s, seed %u: not so: " #condition, t->name, d->name, seed);            \
	} while (0)
	HOLD(strstr(o->report, "ABC123") == NULL);
	HOLD(strstr(o->report, "\\\"key") == NULL);
	HOLD(strstr(o->report, "00ff10Aa") == NULL);
	if (o->r == 0) {
		HOLD(says_complete && !says_not);
		if (d->is == DAMAGE_WITHOUT_TRACE)
			HOLD(is_part(o->result, t->truth));
		else
			HOLD(right);
		HOLD(d->is != DAMAGE_NEVER_COMPLETE);
	} else if (o->r == 1) {
		HOLD(says_not && !says_complete);
	} else {
		HOLD(o->result[0] == '\0' && o->report[0] != '\0');
	}
	if (d->is == DAMAGE_READ)
		HOLD(o->r == t->r && right);
#undef HOLD
}

START_TEST(damage)
{
	const struct damage *d = &import_damages[_i];
	const char *more = getenv("GVPN_SEEDS");
	unsigned seeds = more ? (unsigned)strtoul(more, NULL, 10) : SEEDS;
	unsigned complete = 0, incomplete = 0, refused = 0;

	for (size_t i = 0; i < n_texts; i++) {
		char *before = NULL;

		for (unsigned seed = 1; seed <= seeds && (d->kinds & texts[i].kind); seed++) {
			size_t len;
			char *damaged = import_damage(d, texts[i].at, texts[i].len, seed, &len);
			bool same = len == texts[i].len && memcmp(damaged, texts[i].at, len) == 0;
			struct outcome o;

			if (same || (before && strcmp(before, damaged) == 0)) {
				free(damaged);
				continue;
			}
			o = import(damaged, len);
			check(&texts[i], d, seed, damaged, &o);
			complete += o.r == 0;
			incomplete += o.r == 1;
			refused += o.r < 0;
			outcome_free(&o);
			free(before);
			before = damaged;
		}
		free(before);
	}
	ck_assert_msg(complete + incomplete + refused > 0, "%s changed no text", d->name);
	printf("%-58s complete and right %4u, incomplete %4u, refused %4u\n", d->name, complete, incomplete, refused);
	fflush(stdout);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import_damage");
	TCase *t = tcase_create("damages");
	SRunner *r;

	tcase_set_timeout(t, 600);
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, damage, 0, (int)import_damages_n);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
