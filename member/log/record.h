/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thing that happened, as facts: an id, the arguments that its words need, and what the line is about.  The rooms
 * make records and pass them on; the daemon alone makes words of them (record_words()), when it writes to the journal,
 * the terminal or the bus.  member/log/record_table.c has the words of every id, its event and its level.
 *
 * Arguments are copied into the record: a record points at nothing, and may be copied and kept.
 */
#ifndef MEMBER_LOG_RECORD_H
#define MEMBER_LOG_RECORD_H

#include "lib/gvpn.h"
#include "member/api/group_state.h"
#include "member/log/event.h"
#include "member/log/log.h"
#include "member/log/record_id.h"

#define RECORD_ARGS_MAX 24   /* with those of the clauses */
#define RECORD_TEXT_MAX 1024 /* the words of a record, with the zero at their end; longer ones are cut */

enum record_kind {
	RECORD_IS_ADDRESS,
	RECORD_IS_SPI, /* 8 hex digits */
	RECORD_IS_SELECTOR,
	RECORD_IS_NUMBER,
	RECORD_IS_STATE, /* of a group */
	RECORD_IS_EVENT, /* its name */
	RECORD_IS_TEXT,  /* a peer's, the kernel's, or of another part of gvpn */
	RECORD_IS_CLAUSE /* another id's words, with the arguments that follow */
};

struct record;

/* Made by the functions below. */
struct record_arg {
	enum record_kind kind;
	union {
		uint32_t address; /* or an SPI */
		uint64_t number;
		struct selector selector;
		enum group_state state;
		enum event event;
		struct {
			const char *at; /* not in a record: there it is FIRST octet of its texts */
			size_t first, max;
		} text;
		struct {
			const struct record *record; /* not in a record */
			enum record_id id;
			size_t first; /* the clause's %1 is this argument */
			size_t max;   /* octets of its words; the rest is cut off */
		} clause;
	};
};

struct record {
	enum record_id id;
	/* From the table, unless the maker sets others. */
	enum log_level level;
	enum event event;
	uint32_t server, spi; /* what the line is about; 0: none */
	struct record_arg args[RECORD_ARGS_MAX];
	size_t n_args;
	char texts[RECORD_TEXT_MAX];
	size_t n_texts; /* octets */
};

static inline struct record_arg record_address(uint32_t address)
{
	return (struct record_arg){ .kind = RECORD_IS_ADDRESS, .address = address };
}

static inline struct record_arg record_spi(uint32_t spi)
{
	return (struct record_arg){ .kind = RECORD_IS_SPI, .address = spi };
}

static inline struct record_arg record_selector(const struct selector *sel)
{
	return (struct record_arg){ .kind = RECORD_IS_SELECTOR, .selector = *sel };
}

static inline struct record_arg record_number(uint64_t number)
{
	return (struct record_arg){ .kind = RECORD_IS_NUMBER, .number = number };
}

/* The seconds that MS come to; a part of a second counts as one. */
static inline struct record_arg record_seconds(uint64_t ms)
{
	return record_number((ms + 999) / 1000);
}

static inline struct record_arg record_state(enum group_state state)
{
	return (struct record_arg){ .kind = RECORD_IS_STATE, .state = state };
}

static inline struct record_arg record_event(enum event event)
{
	return (struct record_arg){ .kind = RECORD_IS_EVENT, .event = event };
}

/* At most MAX octets of TEXT. */
static inline struct record_arg record_text_part(const char *text, size_t max)
{
	return (struct record_arg){ .kind = RECORD_IS_TEXT, .text = { .at = text, .max = max } };
}

static inline struct record_arg record_text(const char *text)
{
	return record_text_part(text, SIZE_MAX);
}

/* The words of ID, which has no arguments. */
static inline struct record_arg record_phrase(enum record_id id)
{
	return (struct record_arg){ .kind = RECORD_IS_CLAUSE, .clause = { .id = id, .max = SIZE_MAX } };
}

/* At most MAX octets of the words of RECORD. */
static inline struct record_arg record_clause_part(const struct record *record, size_t max)
{
	return (struct record_arg){ .kind = RECORD_IS_CLAUSE,
				    .clause = { .record = record, .id = record->id, .max = max } };
}

static inline struct record_arg record_clause(const struct record *record)
{
	return record_clause_part(record, SIZE_MAX);
}

/* The record of ID with N arguments, %1 first; RECORD may be none of the clauses. */
void record_make(struct record *record, enum record_id id, const struct record_arg *args, size_t n);
#define record_set(record, id, ...)                                                                                    \
	record_make((record), (id), (const struct record_arg[]){ __VA_ARGS__ },                                        \
		    sizeof((const struct record_arg[]){ __VA_ARGS__ }) / sizeof(struct record_arg))
/* The words; returns RET. */
const char *record_words(const struct record *record, char ret[static RECORD_TEXT_MAX]);

/* Writes the words to the log; VPN and GROUP: what the line is about, NULL and 0 for none. */
void record_log(struct log *log, const char *vpn, uint32_t group, const struct record *record);
#define record_say(log, id, ...)                                                                                       \
	do {                                                                                                           \
		struct record say_;                                                                                    \
		record_set(&say_, (id), __VA_ARGS__);                                                                  \
		record_log((log), NULL, 0, &say_);                                                                     \
	} while (0)

#endif
