/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/printable.h"

#include <stdlib.h>

/* The character at TEXT and its octets (RFC 3629); 0 octets: no UTF-8.  Stops at the zero that ends TEXT. */
static size_t decode_character(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80             ? 1
		   : (p[0] & 0xe0) == 0xc0 ? 2
		   : (p[0] & 0xf0) == 0xe0 ? 3
		   : (p[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t c;

	if (n == 0)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

size_t printable_bad(const char *text, size_t *next)
{
	uint32_t c = 0;
	size_t n = decode_character(text, &c);
	bool bad = n == 0 || c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
		   (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);

	if (n == 0)
		n = 1;
	if (next)
		*next = n;
	return bad ? n : 0;
}

void printable_put(FILE *out, const char *text)
{
	size_t n;

	for (; *text; text += n) {
		bool bad = printable_bad(text, &n) > 0;

		for (size_t i = 0; i < n; i++)
			fputc(bad ? '?' : text[i], out);
	}
}

void printable_put_lines(FILE *out, const char *text, size_t len)
{
	for (const char *end = text + len; text < end;) {
		const char *eol = memchr(text, '\n', (size_t)(end - text)), *stop = eol ? eol : end;
		char *line = strndup(text, (size_t)(stop - text));

		if (line)
			printable_put(out, line);
		explicit_bzero(line, line ? strlen(line) : 0);
		free(line);
		if (eol)
			fputc('\n', out);
		text = eol ? eol + 1 : end;
	}
}
