/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/device_key.h"

/*
 * The text is made of 65 letters in four families.  The first letter is drawn at random, and as many random letters
 * follow as its family says.  Then each octet of the key is written in mixed radix, by weights that change with the
 * octet's place, and each of its digits as the distance from the letter before, less one.
 */
static const char *const families[] = { "QzF3n6/9CAtpu0O", "B1IREhcSyrleKvMW8LXx", "7N-dVbwsY2g4oaJZGUDj",
					"iHkq.mPf5T" };
#define LETTERS 65
#define WEIGHTS 7

static const struct {
	unsigned n, weight[4];
} places[WEIGHTS] = {
	{ 3, { 1, 4, 32 } }, { 3, { 1, 16, 32 } },     { 3, { 1, 8, 32 } },  { 2, { 1, 64 } },
	{ 2, { 1, 32 } },    { 4, { 1, 4, 16, 128 } }, { 3, { 1, 32, 64 } },
};

/* The number of a letter; *RANDOM: how many random letters follow one that stands first.  -EINVAL. */
static int number_of_letter(char letter, unsigned *random)
{
	int before = 0;

	for (size_t i = 0; letter && i < ARRAY_SIZE(families); i++) {
		const char *at = strchr(families[i], letter);

		if (at) {
			*random = (unsigned)(ARRAY_SIZE(families) - 1 - i);
			return before + (int)(at - families[i]);
		}
		before += (int)strlen(families[i]);
	}
	return -EINVAL;
}

/* One octet, at **P; moves *P and *BEFORE, the number of the letter before. */
static int read_octet(const char **p, int *before, size_t place)
{
	const unsigned n = places[place].n;
	unsigned digits[4], value = 0, rest, unused;

	for (unsigned i = 0; i < n; i++) {
		int at = number_of_letter(**p, &unused);

		if (at < 0 || at == *before)
			return -EINVAL;
		digits[i] = (unsigned)(at - *before + LETTERS) % LETTERS - 1;
		value += digits[i] * places[place].weight[i];
		*before = at;
		*p += 1;
	}
	/* The device writes each octet in one way. */
	rest = value;
	for (unsigned i = n; i-- > 0; rest %= places[place].weight[i])
		if (rest / places[place].weight[i] != digits[i])
			return -EINVAL;
	return value > 0 && value <= UINT8_MAX ? (int)value : -EINVAL;
}

ssize_t import_secret_reveal(uint8_t *ret, size_t max, const char *text)
{
	unsigned random = 0, unused;
	const char *p = text;
	size_t n = 0;
	int before;

	if (strncmp(p, "$9$", 3) != 0)
		return -EINVAL;
	p += 3;
	before = number_of_letter(*p, &random);
	if (before < 0)
		return before;
	for (p++; random > 0; random--, p++)
		if (number_of_letter(*p, &unused) < 0)
			return -EINVAL;
	/* The random letters are none of the distances: the first is from the very first letter. */
	while (*p) {
		int c = read_octet(&p, &before, n % WEIGHTS);

		if (c < 0)
			return c;
		if (n == max)
			return -E2BIG;
		ret[n++] = (uint8_t)c;
	}
	return n > 0 ? (ssize_t)n : -EINVAL;
}
