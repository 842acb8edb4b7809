/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays the corpus of each fuzz target, and a bounded number of changes of every input.  The changes follow from the
 * input and a fixed seed, so that what fails once fails again; a crash names the input and the number of the change.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/gvpn.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX 16384
#define CHANGES 1500 /* of each input */

static const struct target {
	const char *name;
	int (*run)(const uint8_t *data, size_t len);
} targets[] = { { "wire", fuzz_wire }, { "push", fuzz_push }, { "config", fuzz_config }, { "import", fuzz_import } };

static const struct target *running;
static char input_name[512];
static unsigned change_number;

static uint32_t draw(uint32_t *state)
{
	*state ^= *state << 13; /* xorshift */
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* In an allocation of exactly its length, so that the sanitizer sees what reads beyond it. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, data, len);
	ck_assert_int_eq(running->run(exact, len), 0);
	free(exact);
}

static size_t move(uint8_t *data, size_t len, size_t to, size_t from, size_t n)
{
	memmove(data + to, data + from, n);
	return len + to - from;
}

/* One change; the new length. */
static size_t change(uint8_t *data, size_t len, uint32_t *state)
{
	static const uint8_t edges[] = { 0, 1, 2, 4, 8, 15, 16, 20, 0x7f, 0x80, 0xfe, 0xff, '{', '}', ';', '"' };
	size_t at = len > 0 ? draw(state) % len : 0, n = 1 + draw(state) % 8, from;

	if (len < 16)
		return len;
	switch (draw(state) % 6) {
	case 0:
		data[at] ^= (uint8_t)(1u << draw(state) % 8);
		break;
	case 1:
		data[at] = edges[draw(state) % sizeof(edges)];
		break;
	case 2: /* octets go */
		n = n < len - at ? n : len - at;
		return move(data, len, at, at + n, len - at - n);
	case 3: /* some come twice */
		if (len + n > INPUT_MAX || at + n > len)
			break;
		return move(data, len, at + n, at, len - at);
	case 4: /* some replace others */
		from = draw(state) % len;
		n = n < len - at ? n : len - at;
		n = n < len - from ? n : len - from;
		memmove(data + at, data + from, n);
		break;
	case 5: /* cut, seldom */
		return draw(state) % 8 == 0 ? at : len;
	}
	return len;
}

static void replay(const uint8_t *input, size_t len)
{
	static uint8_t changed[INPUT_MAX];
	uint32_t state = 0x67647031;

	run(input, len);
	for (change_number = 1; change_number <= CHANGES; change_number++) {
		size_t n = len;

		memcpy(changed, input, len);
		for (uint32_t i = 1 + draw(&state) % 4; i > 0; i--)
			n = change(changed, n, &state);
		run(changed, n);
	}
}

/* abort() by a target, the sanitizer's end, a crash: says what was fed, and ends as it would have. */
static void tell(int signal_number)
{
	char text[640];
	int n = snprintf(text, sizeof(text), "%s: change %u of %s\n", running->name, change_number, input_name);

	(void)!write(STDERR_FILENO, text, (size_t)n);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

START_TEST(corpus)
{
	static uint8_t input[INPUT_MAX];
	const char *tests = getenv("GVPN_TESTS");
	unsigned inputs = 0;
	struct dirent *e;
	char path[256];
	DIR *dir;

	running = &targets[_i];
	signal(SIGABRT, tell);
	signal(SIGSEGV, tell);
	snprintf(path, sizeof(path), "%s/fuzz/corpus/%s", tests ? tests : "tests", running->name);
	dir = opendir(path);
	ck_assert_msg(dir != NULL, "%s: cannot be read (run from the project's root, or set GVPN_TESTS)", path);
	while ((e = readdir(dir))) {
		size_t len;
		FILE *f;

		if (e->d_name[0] == '.')
			continue;
		snprintf(input_name, sizeof(input_name), "%s/%s", path, e->d_name);
		f = fopen(input_name, "rbe");
		ck_assert_msg(f != NULL, "%s", input_name);
		len = fread(input, 1, sizeof(input), f);
		fclose(f);
		ck_assert_msg(len < sizeof(input), "%s is too long", input_name);
		replay(input, len);
		inputs++;
	}
	closedir(dir);
	ck_assert_uint_gt(inputs, 0);
	printf("%s: %u inputs and %u changes of each\n", running->name, inputs, CHANGES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuzz");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, corpus, 0, ARRAY_SIZE(targets));
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
