/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/interfaces.h"

#include <ctype.h>

/* NAME with its unit; one without has unit 0. */
static void with_unit(char *ret, size_t size, const char *name, size_t len, const char *unit)
{
	bool has = memchr(name, '.', len) != NULL;

	snprintf(ret, size, "%.*s%s%s", (int)len, name, has ? "" : ".", has ? "" : unit);
}

static const char *map_here(const char *map)
{
	return strchr(map, '=') + 1;
}

static void device_name(char ret[static 128], const char *map)
{
	with_unit(ret, 128, map, strcspn(map, "="), "0");
}

/* The number of the map for NAME; SIZE_MAX: none. */
static size_t find_map(const struct import_options *o, const char *name, const char *unit)
{
	char want[128], have[128];

	with_unit(want, sizeof(want), name, strlen(name), unit ? unit : "0");
	for (size_t i = 0; i < o->n_maps; i++) {
		device_name(have, o->maps[i]);
		if (strcmp(have, want) == 0)
			return i;
	}
	return SIZE_MAX;
}

static bool is_map(const char *map)
{
	const char *equals = strchr(map, '=');
	size_t n = equals ? strlen(equals + 1) : 0;

	return equals && equals != map && n > 0 && n < GVPN_IFNAME_MAX && !strpbrk(equals + 1, "/ \t\n\"{}[];#\\");
}

int import_maps_check(const struct import_options *o, FILE *report)
{
	if (o->n_maps > IMPORT_MAPS_MAX) {
		fprintf(report, "more than %d --map\n", IMPORT_MAPS_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < o->n_maps; i++) {
		char name[128];

		if (!is_map(o->maps[i])) {
			fprintf(report, "--map %s: expected JUNOS=LINUX, such as ge-0/0/1.0=wan0\n", o->maps[i]);
			return -EINVAL;
		}
		device_name(name, o->maps[i]);
		size_t first = find_map(o, name, NULL);
		if (first != i) {
			fprintf(report, "--map %s: %s is given too; expected each interface of the device once\n",
				o->maps[i], o->maps[first]);
			return -EINVAL;
		}
	}
	return 0;
}

static void note_unmapped(struct import_interfaces *i, const char *name, const char *unit)
{
	char whole[128];
	size_t n = strlen(i->unmapped);

	snprintf(whole, sizeof(whole), "%s%s%s", name, unit ? "." : "", unit ? unit : "");
	for (const char *p = whole; *p; p++)
		if (!isgraph((unsigned char)*p))
			return; /* the configuration's own reader says what is wrong with it */
	for (const char *at = i->unmapped; (at = strstr(at, whole)); at++)
		if ((at == i->unmapped || at[-1] == ' ') && strchr(",", at[strlen(whole)]))
			return;
	if (n + strlen(whole) + 3 > sizeof(i->unmapped))
		return;
	snprintf(i->unmapped + n, sizeof(i->unmapped) - n, "%s%s", n > 0 ? ", " : "", whole);
}

const char *import_interface_find(const struct import_interfaces *i, const char *name, const char *unit)
{
	size_t at = find_map(i->options, name, unit);

	return at == SIZE_MAX ? NULL : map_here(i->options->maps[at]);
}

const char *import_interface_take(struct import_interfaces *i, const char *name, const char *unit)
{
	size_t at = find_map(i->options, name, unit);

	if (at == SIZE_MAX) {
		note_unmapped(i, name, unit);
		return NULL;
	}
	i->used[at] = true;
	return map_here(i->options->maps[at]);
}

void import_interfaces_warn(const struct import_interfaces *i, FILE *report)
{
	const struct import_options *o = i->options;

	for (size_t n = 0; n < o->n_maps; n++) {
		if (!i->used[n]) {
			fprintf(report, "warning: --map %s: nothing that is kept names this interface\n", o->maps[n]);
			continue;
		}
		for (size_t before = 0; before < n; before++)
			if (i->used[before] && strcmp(map_here(o->maps[before]), map_here(o->maps[n])) == 0)
				fprintf(report, "warning: --map %s: %s names the same interface of this host\n",
					o->maps[n], o->maps[before]);
	}
}

bool import_interfaces_missing(const struct import_interfaces *i, FILE *report)
{
	int first = (int)strcspn(i->unmapped, ",");

	if (!i->unmapped[0])
		return false;
	fprintf(report,
		"incomplete: say which interfaces of this host these are, with --map %.*s=NAME: %s; --map %.*s=%.*s "
		"keeps a name that is this host's already\n",
		first, i->unmapped, i->unmapped, first, i->unmapped, first, i->unmapped);
	return true;
}
