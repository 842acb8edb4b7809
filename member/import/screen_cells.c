/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/screen_cells.h"

#include <ctype.h>
#include <stdlib.h>

#define LINE_MAX_OCTETS 4096 /* so that a hostile line costs no more than its square */
#define COLUMNS 8192
#define TAB 8

#define BELL 0x07
#define ESCAPE 0x1b
#define PARAMETER_NONE 0

struct cell {
	char octets[4];
	uint8_t n;
	uint16_t pass; /* how many carriage returns came before it */
};

struct screen {
	size_t n, column, most; /* MOST cells were used at some time */
	uint16_t pass;
	const char *why;
	struct cell cells[COLUMNS]; /* the first N are set */
};

static const char other_place[] =
	"the terminal was sent a sequence whose effect on the text is not known: export with '| no-more'";

bool cells_needed(const char *p, const char *end)
{
	for (; p < end; p++)
		if ((unsigned char)*p < 0x20 && *p != '\t' && *p != '\0')
			return true;
	return false;
}

static void put_cell(struct screen *s, const char *p, size_t n)
{
	if (s->column >= COLUMNS) {
		s->why = "the line is longer than a terminal's";
		return;
	}
	while (s->n < s->column)
		s->cells[s->n++] = (struct cell){ .octets = " ", .n = 1, .pass = s->pass };
	s->cells[s->column] = (struct cell){ .n = (uint8_t)n, .pass = s->pass };
	memcpy(s->cells[s->column].octets, p, n);
	s->column++;
	if (s->n < s->column)
		s->n = s->column;
	if (s->most < s->n)
		s->most = s->n;
}

/* The octets of the character at P. */
static size_t character_length(const char *p, const char *end)
{
	uint8_t first = (uint8_t)*p;
	size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;

	if (n > (size_t)(end - p))
		return 1;
	for (size_t i = 1; i < n; i++)
		if (((uint8_t)p[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

static void move_cursor(struct screen *s, size_t column)
{
	if (column >= COLUMNS)
		s->why = other_place;
	else
		s->column = column;
}

/* "ESC [ parameters final": what stays within the line is done, what changes no text is passed over. */
static void do_control(struct screen *s, const char *parameters, size_t n, char final)
{
	bool is_private = n > 0 && !isdigit((unsigned char)*parameters) && *parameters != ';';
	size_t value = 0;

	for (size_t i = 0; i < n && isdigit((unsigned char)parameters[i]) && value < COLUMNS; i++)
		value = value * 10 + (size_t)(parameters[i] - '0');
	switch (is_private ? 'm' : final) {
	case 'm': /* colours, and private modes */
		break;
	case 'J': /* what is below the line was never printed */
	case 'K':
		if (value == 2 && final == 'K')
			s->n = 0;
		else if (value != PARAMETER_NONE)
			s->why = other_place;
		else if (s->n > s->column)
			s->n = s->column;
		break;
	case 'C':
		move_cursor(s, s->column + (value > 0 ? value : 1));
		break;
	case 'D':
		value = value > 0 ? value : 1;
		s->column -= value < s->column ? value : s->column;
		break;
	case 'G':
		move_cursor(s, value > 0 ? value - 1 : 0);
		break;
	default:
		s->why = other_place;
		break;
	}
}

/* At ESC; where it ends. */
static const char *do_escape(struct screen *s, const char *p, const char *end)
{
	const char *q = ++p;

	if (p == end) {
		s->why = other_place;
		return end;
	}
	switch (*p) {
	case '[':
		for (q = p + 1; q < end && (uint8_t)*q >= 0x20 && (uint8_t)*q < 0x40;)
			q++;
		if (q == end || (uint8_t)*q < 0x40 || (uint8_t)*q > 0x7e) {
			s->why = other_place;
			return q;
		}
		do_control(s, p + 1, (size_t)(q - p - 1), *q);
		return q + 1;
	case ']': /* a title: up to BEL or ESC \ */
		while (q < end && *q != BELL && *q != ESCAPE)
			q++;
		if (q < end && *q == ESCAPE && q + 1 < end && q[1] == '\\')
			return q + 2;
		if (q == end || *q == ESCAPE)
			s->why = other_place;
		return q < end ? q + 1 : end;
	case '(': /* a set of characters; B is ASCII */
	case ')':
		if (p + 1 == end || p[1] != 'B')
			s->why = other_place;
		return p + 1 < end ? p + 2 : end;
	case '=': /* the keypad's modes */
	case '>':
		return p + 1;
	default:
		s->why = other_place;
		return p + 1;
	}
}

static const char *take_sequence(struct screen *s, const char *p, const char *end)
{
	size_t n;

	switch (*p) {
	case '\r':
		s->column = 0;
		s->pass++;
		return p + 1;
	case '\b':
		s->column -= s->column > 0;
		return p + 1;
	case '\t':
		move_cursor(s, (s->column / TAB + 1) * TAB);
		return p + 1;
	case BELL:
		return p + 1;
	case ESCAPE:
		return do_escape(s, p, end);
	default:
		break;
	}
	if (iscntrl((unsigned char)*p)) {
		s->why = "a control character stands in the line whose effect is not known";
		return p + 1;
	}
	n = character_length(p, end);
	put_cell(s, p, n);
	return p + n;
}

/* The text behind a carriage return was shorter than the text before it: the line shows parts of two lines. */
static bool is_mixed(const struct screen *s)
{
	const struct cell *first = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (s->cells[i].octets[0] == ' ')
			continue;
		if (first && first->pass != s->cells[i].pass)
			return true;
		first = &s->cells[i];
	}
	return false;
}

int cells_show(struct cells *ret, const char *p, const char *end)
{
	struct screen *s;

	if (end - p > LINE_MAX_OCTETS) {
		*ret = (struct cells){ .why = "a line with control characters is longer than 4096 octets; it is left "
					      "out" };
		return 0;
	}
	s = malloc(sizeof(*s)); /* the cells are many, and most lines are short */
	if (!s)
		return -ENOMEM;
	memset(s, 0, offsetof(struct screen, cells));
	while (p < end)
		p = take_sequence(s, p, end);
	if (!s->why && is_mixed(s))
		s->why = "one text was written over a part of another: export with '| no-more', on a wider terminal";
	while (s->n > 0 && s->cells[s->n - 1].octets[0] == ' ') /* what took a pager's mark away */
		s->n--;
	ret->text = malloc(4 * s->n + 1);
	ret->len = 0;
	ret->why = s->why;
	for (size_t i = 0; ret->text && i < s->n; i++) {
		memcpy(ret->text + ret->len, s->cells[i].octets, s->cells[i].n);
		ret->len += s->cells[i].n;
	}
	explicit_bzero(s->cells, s->most * sizeof(*s->cells));
	free(s);
	return ret->text ? 0 : -ENOMEM;
}

void cells_free(struct cells *c)
{
	if (c->text)
		explicit_bzero(c->text, c->len);
	free(c->text);
	*c = (struct cells){ 0 };
}
