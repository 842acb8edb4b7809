/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to the text of a configuration between the device and a file; each follows from its seed alone. */
#ifndef TESTS_UNIT_SUPPORT_IMPORT_DAMAGES_H
#define TESTS_UNIT_SUPPORT_IMPORT_DAMAGES_H

#include "lib/gvpn.h"

#include <stdio.h>

#define DAMAGE_BRACES 1u
#define DAMAGE_SET 2u
#define DAMAGE_GUIDE 4u
#define DAMAGE_ALL 7u

enum damage_is {
	DAMAGE_ANY,            /* complete and right, or not complete */
	DAMAGE_READ,           /* read as if there were none */
	DAMAGE_NEVER_COMPLETE, /* something that decides is not to be seen */
	DAMAGE_WITHOUT_TRACE,  /* whole statements went, and nothing shows it: what is left is right */
};

struct damage {
	const char *name;
	unsigned kinds; /* of texts, to which it can happen */
	enum damage_is is;
	void (*run)(FILE *out, const char *text, size_t len, uint32_t *random);
};

extern const struct damage import_damages[];
extern const size_t import_damages_n;

/* The caller frees it. */
char *import_damage(const struct damage *d, const char *text, size_t len, unsigned seed, size_t *ret_len);

#endif
