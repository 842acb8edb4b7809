/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of every record (record_table.c). */
#ifndef MEMBER_LOG_RECORD_TABLE_H
#define MEMBER_LOG_RECORD_TABLE_H

#include "member/log/event.h"
#include "member/log/log.h"
#include "member/log/record_id.h"

struct record_row {
	enum event event;
	enum log_level level;
	const char *words; /* %1 to %9: the arguments; no other percent sign */
};

/* Never NULL. */
const struct record_row *record_row(enum record_id id);

#endif
