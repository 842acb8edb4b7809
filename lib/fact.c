/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/fact.h"

#include <inttypes.h>
#include <stdio.h>

/* One conversion of the words: "%08x", "%zu". */
struct conversion {
	const char *begins, *ends; /* the words before it, and those behind it */
	int width;
	bool size; /* of a size_t */
	char type;
};

static bool next_conversion(struct conversion *ret, const char *words)
{
	const char *c = strchr(words, '%');

	if (!c)
		return false;
	*ret = (struct conversion){ .begins = c++ };
	while (*c >= '0' && *c <= '9')
		ret->width = ret->width * 10 + (*c++ - '0');
	if (*c == 'z') {
		ret->size = true;
		c++;
	}
	ret->type = *c;
	ret->ends = c + 1;
	return *c != '\0';
}

static uint64_t take_text(struct fact *f, const char *text)
{
	size_t at = f->text_len, n = at;

	if (!text)
		text = "";
	for (; *text && n + 1 < sizeof(f->text); text++)
		f->text[n++] = *text >= 0x20 && *text < 0x7f ? *text : '?';
	if (n + 1 < sizeof(f->text))
		f->text_len = (uint16_t)(n + 1); /* its zero is there */
	else
		f->text_len = (uint16_t)n;
	return at;
}

void fact_take(struct fact *ret, const char *words, va_list ap)
{
	struct conversion c;

	*ret = (struct fact){ 0 };
	for (; ret->n < FACT_ARGS_MAX && next_conversion(&c, words); words = c.ends) {
		uint64_t *number = &ret->number[ret->n++];

		if (c.type == 's')
			*number = take_text(ret, va_arg(ap, const char *));
		else if (c.size)
			*number = va_arg(ap, size_t);
		else if (c.type == 'd')
			*number = (uint64_t)(int64_t)va_arg(ap, int);
		else
			*number = va_arg(ap, unsigned);
	}
}

static void append_text(char *ret, size_t size, const char *text, size_t len)
{
	size_t used = strlen(ret), room = size - used - 1;

	if (len > room)
		len = room;
	memcpy(ret + used, text, len);
	ret[used + len] = '\0';
}

const char *fact_format(const struct fact *f, const char *words, char *ret, size_t size)
{
	struct conversion c;
	char digits[24];

	ret[0] = '\0';
	for (size_t i = 0; i < f->n && next_conversion(&c, words); i++, words = c.ends) {
		append_text(ret, size, words, (size_t)(c.begins - words));
		if (c.type == 's') {
			const char *text = f->text + f->number[i];

			append_text(ret, size, text, strlen(text));
			continue;
		}
		if (c.type == 'x')
			snprintf(digits, sizeof(digits), "%0*" PRIx64, c.width, f->number[i]);
		else if (c.type == 'd')
			snprintf(digits, sizeof(digits), "%" PRId64, (int64_t)f->number[i]);
		else
			snprintf(digits, sizeof(digits), "%" PRIu64, f->number[i]);
		append_text(ret, size, digits, strlen(digits));
	}
	append_text(ret, size, words, strlen(words));
	return ret;
}

bool fact_equal(const struct fact *a, const struct fact *b)
{
	return a->n == b->n && a->text_len == b->text_len && memcmp(a->number, b->number, sizeof(a->number)) == 0 &&
	       memcmp(a->text, b->text, a->text_len) == 0;
}
